"""One state machine over lane and barrier: everything that can come at once, and what must hold all the same.

Invariants of the list of faults: never down on occupied or unknown; every opening has one recorded reason before it;
inside = in - out; forged, expired and replayed orders never open; a known card opens; nothing moves because something
came back; replaying the causes gives the same events and the same state.
"""

import itertools

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from controller.domain.decide import Decision, decide
from controller.domain.effects import MoveBarrier
from controller.domain.facts import BarrierAnswer, CentreOrder, ClockState, DeviceState, LinkState
from controller.domain.rules import LaneRules
from controller.domain.state import Phase, initial_state
from controller.domain.terms import BarrierOrder, LaneDirection, LaneMode, Order, OrderOutcome, Role, Side, Signal
from controller.domain.view import lane_view
from tests.domain.roadway import CAR, MOTORCYCLE, Roadway
from tests.domain.world import World, orders

LANES = ("in", "out")
SIDES = {"in": Side.ENTRY, "out": Side.EXIT}
GOOD_CARDS = ("26:1:1", "26:1:2", "26:1:3")
PLATES = {"26:1:1": "粤B11111", "26:1:2": "粤B22222", "26:1:3": "粤B33333"}
ENDS = (
    "PassageCompleted",
    "PassageTurnedAway",
    "PassageReversedOut",
    "PassageTailgated",
    "PassageForced",
    "PassageTimedOut",
    "PassageAbandoned",
)
WENT = ("PassageCompleted", "PassageTailgated", "PassageForced")
lanes = st.sampled_from(LANES)


class LaneMachine(RuleBasedStateMachine):
    """An entry and an exit with vehicles, cards, plates, people, a centre, faults and restarts."""

    @initialize()
    def begin(self) -> None:
        self.world = World(
            LaneRules(id="in", name="in", cameras=("c",)),
            LaneRules(id="out", name="out", direction=LaneDirection.EXIT, unregistered_exit="admit"),
        )
        for card, plate in PLATES.items():
            self.world.registry.add_vehicle(plate, group=card)
            self.world.registry.add_card(card, plate, group=card)
        self.world.registry.add_vehicle("粤B77777", group="other")
        self.roads = {lane: Roadway() for lane in LANES}
        self.sent: list[CentreOrder] = []
        self.backing: set[str] = set()
        self.stays = 0
        self.ended: set[str] = set()
        self.arrived: set[str] = set()
        self.seen = 0
        self.check(self.world.start(), still=True)
        for lane in LANES:
            self.scan(lane)

    # --- carrying out and checking ---------------------------------------------------------------------------------

    def check(self, decision: Decision, *, still: bool = False) -> Decision:
        """What must hold of every single decision; then the arms do as they are told."""
        for event in decision.events:
            if event.type.value in ("ManualOpening", "AccessGranted") and event.passage in self.backing:
                self.roads[str(event.lane)].ambiguous = True  # opened for the one that backs, or for the next?
        self._note_backing()
        recorded = [event.type.value for event in self.world.log]
        for effect in decision.effects:
            if not isinstance(effect, MoveBarrier):
                continue
            assert not still, "the arm moved though nobody asked"
            inputs = self.world.lane(effect.lane).inputs
            if effect.order is BarrierOrder.DOWN:
                assert inputs.closing is Signal.OFF and inputs.photocell is Signal.OFF, "down on occupied or unknown"
                assert self.world.lane(effect.lane).mode not in (LaneMode.FIRE, LaneMode.HELD_OPEN)
            mine = [e for e in decision.events if e.body.get("order_id") == effect.order_id]
            assert len(mine) == 1 and mine[0].type == "BarrierOrdered"
            if effect.order is BarrierOrder.UP:
                place = next(i for i, e in enumerate(self.world.log) if e is mine[0])
                assert mine[0].body["because"] in recorded[:place], "opened without a reason on record"
                assert mine[0].body["reason"]
            self.roads[effect.lane].obey(effect.order)
        return decision

    def _note_backing(self) -> None:
        currents = [self.world.lane(lane).current for lane in LANES]
        self.backing = {each.id for each in currents if each is not None and each.phase is Phase.BACKING}

    def scan(self, lane: str) -> Decision:
        return self.check(self.world.scan(lane, **self.roads[lane].inputs()))

    def ticks(self, ms: int) -> None:
        """Let time pass in steps of 200 ms: arms move, scans come, timers run out."""
        for _ in range(max(1, ms // 200)):
            before = len(self.world.causes)
            self.world.wait(200)
            for _, _, events in self.world.causes[before:]:
                self._obey_timer(events)
            for lane in LANES:
                was = self.roads[lane].inputs()
                self.roads[lane].tick()
                if self.roads[lane].inputs() != was:
                    self.scan(lane)

    def _obey_timer(self, events: tuple) -> None:
        for event in events:
            if event.type == "BarrierOrdered":
                lane = self.world.lane(event.lane)
                if event.body["order"] == "down":
                    assert lane.inputs.closing is Signal.OFF and lane.inputs.photocell is Signal.OFF
                self.roads[event.lane].obey(BarrierOrder(event.body["order"]))

    # --- vehicles --------------------------------------------------------------------------------------------------

    @rule(lane=lanes, length=st.sampled_from((CAR, CAR, MOTORCYCLE)), gap=st.sampled_from((1.6, 2.0, 4.0)))
    def vehicle_arrives(self, lane: str, length: float, gap: float) -> None:
        if len(self.roads[lane].vehicles) < 3:
            self.roads[lane].arrive(length, gap)
            self.scan(lane)

    @rule(lane=lanes, index=st.integers(0, 2), steps=st.integers(1, 20), force=st.sampled_from((False,) * 6 + (True,)))
    def vehicle_drives(self, lane: str, index: int, steps: int, force: bool) -> None:
        road = self.roads[lane]
        road.ambiguous = road.ambiguous or len(road.vehicles) > 1 or any(each.was_under for each in road.vehicles)
        self._drive(lane, index, steps, force=force)

    def _drive(self, lane: str, index: int, steps: int, *, force: bool) -> None:
        for _ in range(steps):
            road = self.roads[lane]
            if index >= len(road.vehicles):
                return
            was = road.inputs()
            road.forward(index, 0.4, force=force)
            if road.inputs() != was:
                self.scan(lane)
            self.ticks(200)

    @rule(lane=lanes, index=st.integers(0, 2), steps=st.integers(1, 12))
    def vehicle_backs(self, lane: str, index: int, steps: int) -> None:
        self._back(lane, index, steps, alone=False)

    def _back(self, lane: str, index: int, steps: int, *, alone: bool) -> None:
        for _ in range(steps):
            road = self.roads[lane]
            if index >= len(road.vehicles):
                return
            was = road.inputs()
            road.backward(index, 0.4, alone=alone)
            if road.inputs() != was:
                self.scan(lane)
            self.ticks(200)

    @rule(lane=lanes, card=st.sampled_from(GOOD_CARDS), metres=st.just(14))
    def resident_comes_and_passes(self, lane: str, card: str, metres: int) -> None:
        """A whole ordinary passage, so that the machine also reaches what comes after one."""
        if self.roads[lane].vehicles or self.roads[lane].lost or self.world.lane(lane).current is not None:
            return
        self.roads[lane].arrive(CAR, 1.6)
        self.scan(lane)
        self.good_card(lane, card)
        self.ticks(1_200)
        self._drive(lane, 0, 3 * metres, force=False)
        self.ticks(2_000)

    @rule(lane=lanes, cards=st.lists(st.sampled_from((*GOOD_CARDS, "26:9:9", "")), min_size=2, max_size=3))
    def queue_passes(self, lane: str, cards: list[str]) -> None:
        """A queue without patience: each drives on as soon as the one ahead lets it."""
        if self.roads[lane].vehicles or self.roads[lane].lost:
            return
        if any(one and one == other for one, other in itertools.pairwise(cards)):
            self.roads[lane].ambiguous = True  # one card for two cars without a gap looks like one that backed
        for card in cards:
            self.roads[lane].arrive(CAR, 1.6)
            self.scan(lane)
            if card:
                self.check(self.world.card(card, SIDES[lane], lane))
            self.ticks(400)
            self._queue_moves(lane, 20)

    def _queue_moves(self, lane: str, times: int) -> None:
        """All of a queue roll on together at 2 m/s, as near to each other as they dare."""
        road = self.roads[lane]
        for _ in range(times):
            for index in range(len(road.vehicles)):
                was = road.inputs()
                if index < len(road.vehicles):
                    road.forward(index, 0.4, force=False)
                if road.inputs() != was:
                    self.scan(lane)
            self.ticks(200)

    @rule(lane=lanes)
    def somebody_forces(self, lane: str) -> None:
        """Through, whatever the arm does."""
        if not self.roads[lane].vehicles:
            self.roads[lane].arrive(CAR, 1.6)
            self.scan(lane)
        self._drive(lane, 0, 60, force=True)

    @rule(lane=lanes, card=st.sampled_from(GOOD_CARDS), far=st.integers(1, 9))
    def resident_thinks_again(self, lane: str, card: str, far: int) -> None:
        """Opened, some way forward, and back out of the lane."""
        if self.roads[lane].vehicles:
            return
        self.roads[lane].arrive(CAR, 1.6)
        self.scan(lane)
        self.check(self.world.card(card, SIDES[lane], lane))
        self.ticks(1_000)
        self._drive(lane, 0, far, force=False)
        self._back(lane, 0, 60, alone=True)
        self.ticks(3_000)

    # --- credentials -----------------------------------------------------------------------------------------------

    @rule(lane=lanes, card=st.sampled_from(GOOD_CARDS))
    def good_card(self, lane: str, card: str) -> None:
        before = self.world.lane(lane)
        decision = self.check(self.world.card(card, SIDES[lane], lane))
        plain = before.mode is LaneMode.NORMAL and before.current is None and not before.waiting
        if plain:
            assert "AccessGranted" in [event.type.value for event in decision.events], "a known card opens"
            after = self.world.lane(lane)
            assert "up" in orders(decision) or after.arm.value == "up" or after.lift.order is not None

    @rule(lane=lanes)
    def unknown_card(self, lane: str) -> None:
        self.check(self.world.card("26:9:9", SIDES[lane], lane))

    @rule(lane=lanes, plate=st.sampled_from((*PLATES.values(), "粤B77777", "粤B55555", "粤B5?555")))
    def plate(self, lane: str, plate: str) -> None:
        self.check(self.world.plate(plate, side=SIDES[lane], lane=lane))

    @rule(lane=lanes)
    def plate_unseen(self, lane: str) -> None:
        self.never_opens(self.check(self.world.no_plate(side=SIDES[lane], lane=lane)))

    @rule(lane=lanes, plate=st.sampled_from((*PLATES.values(), "粤B77777")))
    def another_plate(self, lane: str, plate: str) -> None:
        self.check(self.world.plate(plate, side=SIDES[lane], lane=lane, another=True))

    # --- people and the centre -------------------------------------------------------------------------------------

    @rule(
        lane=lanes,
        order=st.sampled_from(Order),
        role=st.sampled_from(Role),
        reason=st.sampled_from(("why", "", "emergency")),
    )
    def person_orders(self, lane: str, order: Order, role: Role, reason: str) -> None:
        self.check(self.world.guard(order, role=role, lane=lane, reason=reason, plate="粤B11111"))

    @rule(lane=lanes)
    def slow_click(self, lane: str) -> None:
        decision = self.check(self.world.guard(Order.OPEN, lane=lane, passage="long-gone"))
        assert [event.type.value for event in decision.events] == ["OrderRefused"]

    @rule(lane=lanes, order=st.sampled_from(("open", "close", "lock", "unlock", "hold_open", "release", "dance")))
    def centre_orders(self, lane: str, order: str) -> None:
        self.check(self.world.centre(order, lane=lane))
        self.sent.append(self.world.causes[-1][0])  # type: ignore[arg-type]

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def replayed_order(self, data: st.DataObject) -> None:
        old = data.draw(st.sampled_from(self.sent))
        self.never_opens(self.world.centre(old.order, lane=old.lane, order_id=old.order_id))

    @rule(
        lane=lanes, why=st.sampled_from(("unsigned", "bad_signature", "expired", "retained", "wrong_box", "malformed"))
    )
    def bad_order(self, lane: str, why: str) -> None:
        self.never_opens(self.world.centre("open", lane=lane, refusal=why))

    @rule(lane=lanes)
    def late_order(self, lane: str) -> None:
        self.never_opens(self.world.centre("open", lane=lane, expires_at=self.world.at - 1))

    def never_opens(self, decision: Decision) -> None:
        assert orders(decision) == []
        assert "ManualOpening" not in [event.type.value for event in decision.events]

    # --- hardware --------------------------------------------------------------------------------------------------

    @rule(ms=st.sampled_from((200, 600, 2_400, 9_000, 31_000)))
    def time_passes(self, ms: int) -> None:
        if ms < 5_000:
            self.ticks(ms)
            return
        self.world.wait(ms)
        self.ticks(1_000)

    @rule(lane=lanes, on=st.booleans())
    def person_under_arm(self, lane: str, on: bool) -> None:
        self.roads[lane].person = on
        self.roads[lane].ambiguous = True  # who walks behind a car looks like the next one to the photocell
        self.scan(lane)

    @rule(lane=lanes, stuck=st.booleans())
    def motor_sticks(self, lane: str, stuck: bool) -> None:
        self.roads[lane].stuck = stuck

    @rule(lane=lanes, lost=st.booleans())
    def board_lost_or_back(self, lane: str, lost: bool) -> None:
        self.roads[lane].lost = lost
        condition = "lost" if lost else "online"
        device = DeviceState(**self.world.stamp(), lane=lane, device="b", device_kind="board", condition=condition)
        self.check(self.world.give(device), still=True)
        self.scan(lane)

    @rule(lane=lanes)
    def button_pressed(self, lane: str) -> None:
        for pressed in (True, False):
            self.roads[lane].button = pressed
            self.scan(lane)

    @rule(lane=lanes, outcome=st.sampled_from(OrderOutcome))
    def board_answers(self, lane: str, outcome: OrderOutcome) -> None:
        lift = self.world.lane(lane).lift
        if lift.order is not None:
            answer = BarrierAnswer(
                **self.world.stamp(), lane=lane, order_id=lift.order_id, order=lift.order, outcome=outcome
            )
            self.check(self.world.give(answer), still=True)

    @rule(lane=lanes)
    def fire_comes_and_goes(self, lane: str) -> None:
        if self.roads[lane].lost:
            return
        self.roads[lane].fire = True
        self.scan(lane)
        assert all(self.world.lane(each).mode is LaneMode.FIRE for each in LANES), "fire releases every lane"
        self.check(self.world.guard(Order.RESET_FIRE, role=Role.SUPERVISOR, lane=lane))
        assert self.world.lane(lane).mode is LaneMode.FIRE, "not reset while the signal is on"
        self.roads[lane].fire = False
        self.scan(lane)
        assert self.world.lane(lane).mode is LaneMode.FIRE, "stays until a person resets it"
        for each in LANES:
            self.check(self.world.guard(Order.RESET_FIRE, role=Role.LEADER, lane=each))

    # --- the box ---------------------------------------------------------------------------------------------------

    @rule(what=st.sampled_from(("restart", "clock", "link")), step_s=st.integers(-90_000, 90_000), good=st.booleans())
    def trouble_of_the_box(self, what: str, step_s: int, good: bool) -> None:
        if what == "restart":
            self._restart()
        elif what == "link":
            self.check(self.world.give(LinkState(**self.world.stamp(), alive=good)), still=True)
        else:
            self._clock_jumps(step_s * 1_000_000, trusted=good)

    def _restart(self) -> None:
        self.world.timers.clear()
        self.check(self.world.start(), still=True)
        for lane in LANES:
            self.scan(lane)

    def _clock_jumps(self, delta: int, *, trusted: bool) -> None:
        self.world.at += delta
        self.world.timers = {key: (token, due + delta) for key, (token, due) in self.world.timers.items()}
        stamp = self.world.stamp()
        self.check(self.world.give(ClockState(**stamp, trusted=trusted, step_us=delta)), still=True)

    # --- what holds always -----------------------------------------------------------------------------------------

    @invariant()
    def passages_are_kept_account_of(self) -> None:
        for event in self.world.log[self.seen :]:
            kind = event.type.value
            if kind == "VehicleArrived":
                assert event.passage not in self.arrived
                self.arrived.add(str(event.passage))
            elif kind in ENDS:
                assert event.passage not in self.ended, "a passage ended twice"
                self.ended.add(str(event.passage))
            elif kind == "StayOpened":
                self.stays += 1
            elif kind == "StayClosed":
                self.stays -= event.body["note"] != "no_entry_record"
                assert event.body["minutes"] >= 0
        self.seen = len(self.world.log)
        there = [p for lane in LANES for p in (self.world.lane(lane).current, *self.world.lane(lane).waiting) if p]
        assert {each.id for each in there} == self.arrived - self.ended
        assert self.stays == len(self.world.registry.stays), "inside = in - out"

    @invariant()
    def crossings_are_passages(self) -> None:
        for lane in LANES:
            road, state = self.roads[lane], self.world.lane(lane)
            busy = state.current is not None and state.current.phase in (
                Phase.CROSSING,
                Phase.CLEARING,
                Phase.INTRUDING,
            )
            if road.ambiguous or road.vehicles or busy or state.waiting:
                continue
            recorded = sum(1 for e in self.world.log if e.lane == lane and e.type.value in WENT)
            assert recorded == road.crossed, f"{recorded} passages recorded, {road.crossed} vehicles crossed"

    @invariant()
    def nothing_is_struck(self) -> None:
        assert not any(road.struck and not road.ambiguous for road in self.roads.values())

    @invariant()
    def every_state_can_be_drawn(self) -> None:
        for lane in LANES:
            lane_view(self.world.lane(lane))

    def teardown(self) -> None:
        """The log alone gives back every decision: the same events and the same state."""
        if not hasattr(self, "world"):
            return
        state = initial_state(self.world.rules)
        for fact, known, events in self.world.causes:
            decision = decide(state, fact, known, self.world.rules)
            assert decision.events == events
            state = decision.state
        assert state == self.world.state


QUICK = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,  # the same every time here; new ones every time in the long run
    suppress_health_check=list(HealthCheck),
)
LONG = settings(QUICK, max_examples=2_000, stateful_step_count=80, derandomize=False, print_blob=True)


def test_the_invariants_hold_whatever_comes() -> None:
    run_state_machine_as_test(LaneMachine, settings=QUICK)


@pytest.mark.soak
def test_the_invariants_hold_for_a_long_time() -> None:
    run_state_machine_as_test(LaneMachine, settings=LONG)
