"""Facts that concern any lane alike: devices, pictures, answers of the board, and a restart.

Nothing moves because of any of them (design.md, "Safety of the arm"): a device that comes back, a board that answers
and a daemon that starts only change what is known.
"""

from controller.domain import arm, door_lock
from controller.domain.events import EventType
from controller.domain.facts import BarrierAnswer, DeviceState, PictureFailed, PictureTaken
from controller.domain.rules import LaneRules
from controller.domain.state import Door, Inputs
from controller.domain.steps import BACK_PATIENCE
from controller.domain.terms import Arm, BarrierOrder, LaneKind, LaneMode, OrderOutcome
from controller.domain.turn import Turn, changed

ONLINE = "online"
ALARMS = {"tamper": "tamper", "insecure": "insecure"}
"""Conditions that are alarms of their own; every other but online is a lost device."""


def device_state(turn: Turn, fact: DeviceState) -> None:
    """A device changed its condition; the same condition twice is one."""
    was = turn.devices.get(fact.device, "")
    if was == fact.condition:
        return
    turn.devices = {**turn.devices, fact.device: fact.condition}
    back = fact.condition == ONLINE
    body = {
        "device": fact.device,
        "device_kind": fact.device_kind,
        "condition": fact.condition,
        "detail": fact.detail,
    }
    type_ = EventType.DEVICE_BACK if back else EventType.DEVICE_LOST
    turn.record(type_, f"{fact.device_kind}:{fact.device}", None, body)
    for kind in ("device_lost", *ALARMS.values()):
        if back or kind != ALARMS.get(fact.condition, "device_lost"):
            turn.clear_alarm(kind, fact.device)
    if not back:
        turn.raise_alarm(ALARMS.get(fact.condition, "device_lost"), fact.condition, fact.device)


def picture_taken(turn: Turn, fact: PictureTaken) -> None:
    """A picture is on disk: it belongs to its passage, the newest decision's picture first."""
    body = {
        "role": fact.role,
        "sha256": fact.sha256,
        "width": fact.width,
        "height": fact.height,
        "camera": fact.camera,
    }
    passage = turn.find(fact.passage)
    turn.record_of(fact.passage, EventType.PICTURE_TAKEN, f"camera:{fact.camera}", body)
    if passage is not None and (not passage.picture or fact.role == "incident"):
        turn.put(changed(passage, picture=fact.sha256))


def picture_failed(turn: Turn, fact: PictureFailed) -> None:
    """No picture: the passage goes on without."""
    what = [{"name": f"picture_{fact.role}", "value": fact.detail}]
    turn.record_of(fact.passage, EventType.LANE_OBSERVED, f"camera:{fact.camera}", {"what": what})


def barrier_answer(turn: Turn, fact: BarrierAnswer) -> None:
    """What became of an order to the board. One whose outcome is not known waits for the inputs."""
    body = {
        "order_id": fact.order_id,
        "order": fact.order.value,
        "outcome": fact.outcome.value,
        "detail": fact.detail,
        "since_origin_us": fact.since_origin_us,
    }
    turn.record(EventType.BARRIER_ANSWERED, f"board:{turn.lane}", turn.find(turn.lift.passage), body)
    if turn.door is not None:
        door_lock.answered(turn, fact)
        return
    lift = turn.lift
    if fact.order_id != lift.order_id or fact.outcome is OrderOutcome.WRITTEN:
        return
    if fact.order is BarrierOrder.DOWN and fact.outcome is OrderOutcome.REFUSED:
        turn.lift = changed(lift, order=None, tries=lift.tries - 1)  # the driver saw something under it
        turn.stop_timer("close")
        if lift.want_down:
            turn.start_timer("delay", max(turn.rules.close_delay_ms, turn.rules.reverse_clear_ms))
        return
    turn.lift = changed(lift, unsure=True)
    if fact.order is BarrierOrder.UP:
        arm.up_was_lost(turn)
    elif fact.order is BarrierOrder.DOWN:
        arm.down_was_lost(turn)
    if fact.outcome is OrderOutcome.REFUSED:
        turn.raise_alarm("stuck_arm", f"the board refused {fact.order.value}: {fact.detail}")


def restart(turn: Turn) -> None:
    """The daemon came up: every input is unknown until read, passages in progress get their time again."""
    turn.inputs = Inputs()
    turn.arm = Arm.UNKNOWN
    if turn.rules.kind is LaneKind.FOOT:
        turn.door = changed(turn.door or Door(), **{name: getattr(Door(), name) for name in _DOOR_INPUTS})
    if turn.lift.order is not None:
        stays = turn.mode is LaneMode.FIRE  # nothing else is repeated because the box came back
        turn.lift = changed(turn.lift, unsure=True, retry=False, needed=stays and turn.lift.needed)
    turn.learning = turn.rules.kind is LaneKind.VEHICLE
    if turn.lift.want_down:
        arm.leave_up(turn)
    for passage in (turn.current, *turn.waiting):
        if passage is not None:
            turn.put(changed(passage, sight_lost=True))
    for name in tuple(turn.timers):
        if name in ("delay", "lock"):
            turn.stop_timer(name)  # the one starts again with the first clear scan, the other in a fire alone
        else:
            turn.start_timer(name, timer_ms(turn.rules, name))


_DOOR_INPUTS = ("door", "lock", "exit_button", "fire", "fault")


def timer_ms(rules: LaneRules, name: str) -> int:
    """How long a timer of that name runs when it is started again."""
    kind = name.partition(":")[0]
    table = {
        "open": rules.open_timeout_ms,
        "close": rules.close_timeout_ms,
        "held": rules.held_open_alarm_ms,
        "pass": rules.pass_timeout_ms,
        "wait": rules.pass_timeout_ms,
        "patience": rules.pass_timeout_ms,
        "grace": rules.reverse_clear_ms,
        "back": BACK_PATIENCE * rules.reverse_clear_ms,
        "evidence": rules.evidence_window_ms,
        "unlock": rules.unlock_ms,
    }
    return table.get(kind, max(rules.open_timeout_ms, rules.close_timeout_ms))
