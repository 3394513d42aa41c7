from simulator.physics.door import DoorModel, DoorSpec
from simulator.physics.happening import What
from simulator.physics.person import Walker, Way


def run(door, to_ms, on_card=None):
    changes, happened, last = [], [], door.inputs()
    while door.now_ms < to_ms:
        wake_ms = door.next_wake()
        door.advance(min(wake_ms if wake_ms is not None else to_ms, to_ms))
        for each in door.take_happenings():
            happened.append(each)
            if on_card and each.what is What.CARD_PRESENTED:
                on_card()
        inputs = door.inputs()
        changes += [(name, value) for name, value in inputs.items() if last[name] != value]
        last = inputs
    return changes, [each.what for each in happened]


def test_somebody_with_a_good_card_goes_through_and_the_door_falls_shut():
    door = DoorModel(DoorSpec(id="foot"))
    door.come(Walker(id="p1", card="26:1:7"))
    changes, happened = run(door, 30_000, on_card=lambda: door.relay("unlock", True))
    assert [each for each in changes if each[0] == "door"] == [("door", True), ("door", False)]
    expected = [What.PERSON_ARRIVED, What.CARD_PRESENTED, What.DOOR, What.PERSON_CROSSED, What.DOOR, What.PERSON_LEFT]
    assert happened == expected
    assert door.next_wake() is None


def test_somebody_who_is_not_let_in_leaves_and_the_door_stays_shut():
    door = DoorModel(DoorSpec(id="foot"))
    door.come(Walker(id="p1", card="26:1:7"))
    changes, happened = run(door, 30_000)
    assert changes == []
    assert happened[-1] is What.PERSON_LEFT and What.PERSON_CROSSED not in happened


def test_the_lock_holds_again_when_its_relay_opens():
    door = DoorModel(DoorSpec(id="foot"))
    door.relay("unlock", True)
    assert door.inputs()["lock_released"]
    door.relay("unlock", False)
    assert not door.inputs()["lock_released"]


def test_a_forced_door_opens_without_the_lock():
    door = DoorModel(DoorSpec(id="foot"))
    door.come(Walker(id="p1", way=Way.FORCE))
    changes, happened = run(door, 30_000)
    assert ("door", True) in changes and ("lock_released", True) not in changes
    assert What.PERSON_CROSSED in happened


def test_a_door_that_is_held_stays_open_as_long():
    door = DoorModel(DoorSpec(id="foot"))
    door.relay("unlock", True)
    door.come(Walker(id="p1", card="26:1:7", hold_ms=40_000))
    run(door, 30_000)
    assert door.inputs()["door"]
    run(door, 60_000)
    assert not door.inputs()["door"]


def test_the_exit_button_is_an_input_and_people_leave_by_it():
    door = DoorModel(DoorSpec(id="foot"))
    door.come(Walker(id="p1", way=Way.EXIT_BUTTON, direction="exit"))
    changes, _happened = run(door, 1_000)
    assert ("exit_button", True) in changes
    door.order("unlock")
    _changes, happened = run(door, 30_000)
    assert What.PERSON_CROSSED in happened


def test_people_go_one_at_a_time():
    door = DoorModel(DoorSpec(id="foot"))
    for number in (1, 2, 3):
        door.come(Walker(id=f"p{number}", card=f"26:1:{number}"))
    _changes, happened = run(door, 60_000, on_card=lambda: door.relay("unlock", True))
    assert happened.count(What.PERSON_CROSSED) == 3
    assert happened.count(What.DOOR) == 6
