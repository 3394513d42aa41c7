import pytest

from simulator.physics.arm import Arm

STEP_S = 0.02


def drive(arm, order, seconds=5.0):
    """Order, then let time go by; the seconds until the arm rests."""
    arm.order(order)
    gone = 0.0
    while arm.is_moving and gone < seconds:
        arm.step(STEP_S)
        gone += STEP_S
    return gone


def test_an_arm_needs_its_time_to_rise_and_ends_on_its_limit_switch():
    arm = Arm()
    assert arm.limit_down and not arm.limit_up
    assert 1.3 < drive(arm, "up") < 2.2
    assert arm.limit_up and not arm.limit_down
    assert arm.position == "up"


def test_an_arm_has_mass_so_it_neither_starts_nor_stops_at_once():
    arm = Arm()
    arm.order("up")
    arm.step(STEP_S)
    first = arm.speed_deg_s
    for _ in range(25):
        arm.step(STEP_S)
    assert 0 < first < arm.speed_deg_s
    arm.order("hold")
    before = arm.angle_deg
    arm.step(STEP_S)
    assert arm.angle_deg > before


def test_an_arm_that_is_stopped_half_way_shows_neither_limit():
    arm = Arm()
    arm.order("up")
    for _ in range(40):
        arm.step(STEP_S)
    drive(arm, "hold")
    assert arm.position == "between"
    assert not arm.limit_up and not arm.limit_down


def test_a_falling_arm_that_is_told_to_rise_turns_round():
    arm = Arm()
    drive(arm, "up")
    arm.order("down")
    for _ in range(30):
        arm.step(STEP_S)
    assert arm.position == "falling"
    drive(arm, "up")
    assert arm.position == "up"
    assert arm.lifts == 2


def test_a_stuck_arm_does_not_move_and_its_switches_say_so():
    arm = Arm()
    arm.faults.stuck = True
    arm.order("up")
    for _ in range(200):
        arm.step(STEP_S)
    assert arm.angle_deg == 0 and arm.limit_down and not arm.limit_up
    assert not arm.is_moving


@pytest.mark.parametrize("name", ["limit_up", "limit_down"])
@pytest.mark.parametrize("value", [True, False])
def test_a_wrong_limit_switch_says_the_same_wherever_the_arm_is(name, value):
    arm = Arm()
    setattr(arm.faults, name, value)
    said = [getattr(arm, name)]
    drive(arm, "up")
    said.append(getattr(arm, name))
    assert said == [value, value]


def test_an_arm_blocks_a_car_when_low_and_not_when_high():
    arm = Arm()
    assert arm.blocks
    drive(arm, "up")
    assert not arm.blocks
