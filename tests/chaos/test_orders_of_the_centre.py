"""Orders of the centre to a whole gate over a real broker: done when read back, and never twice (F19, F21)."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.chaos.gate import Gate, Running, until
from tests.support.centre import iso

STILL_S = 0.5


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    made = Gate(tmp_path / "gate")
    yield made
    made.close()


def started(gate: Gate) -> Running:
    """A daemon that reads its board and is known at the centre."""
    with gate.centre.changed:
        gate.centre.other.clear()
    running = gate.start()
    until(gate.is_ready, 30, "the daemon reads its board")
    until(
        lambda: any(name == "north/status" and told.get("online") for name, told, _ in gate.centre.other), 20, "online"
    )
    return running


def results(gate: Gate) -> list[tuple[str, str, str]]:
    return [
        (told["id"], told["result"], told["reason"])
        for name, told, _ in gate.centre.other
        if name == "north/orders/result"
    ]


def settled(gate: Gate) -> int:
    """How many results were told once no more come."""
    told = -1
    while told != len(results(gate)):
        told = len(results(gate))
        time.sleep(2 * STILL_S)
    return told


def test_a_signed_order_opens_is_told_done_when_the_arm_is_up_and_does_nothing_the_second_time(gate: Gate) -> None:
    running = started(gate)
    order = gate.centre.order("north", "in", "open")
    gate.centre.send("north", "orders", order)
    until(gate.arm.is_up, 10, "the arm rises for the centre")
    until(lambda: results(gate) == [(order["id"], "done", "")], 10, "the result is told")
    assert gate.arm.orders == ["up"]
    close = gate.centre.order("north", "in", "close")
    gate.centre.send("north", "orders", close)
    until(lambda: not gate.arm.is_up(), 10, "the arm falls for the centre")
    until(lambda: len(results(gate)) == 2, 10, "that result is told too")
    gate.arm.orders.clear()

    gate.centre.send("north", "orders", order)
    until(lambda: len(results(gate)) == 3, 10, "the stored result is sent again")
    assert results(gate)[-1] == (order["id"], "done", "")
    assert running.stop() == 0

    again = started(gate)
    both = {(each["id"], "done", "") for each in (order, close)}
    until(lambda: set(results(gate)) == both, 10, "a box that comes back tells the results of the last hour")
    told = settled(gate)  # at least two: a link that comes up twice tells them twice
    gate.centre.send("north", "orders", order)
    mine = (order["id"], "done", "")
    until(lambda: mine in results(gate)[told:], 10, "after a restart too only the result is sent")
    time.sleep(STILL_S)
    assert gate.arm.orders == []
    assert again.stop() == 0


def test_forged_foreign_unsigned_retained_and_expired_orders_move_nothing_and_leave_an_event(gate: Gate) -> None:
    running = started(gate)
    now = time.time()
    genuine = gate.centre.order("north", "in", "open")
    stranger = Ed25519PrivateKey.generate()
    unsigned = {name: value for name, value in genuine.items() if name != "sig"}
    wrong = [
        {**unsigned, "id": "unsigned"},
        gate.centre.signed({**unsigned, "id": "forged"}, stranger),
        {**genuine, "lane": "out", "id": genuine["id"]},
        gate.centre.order("north", "in", "open", id="foreign", box="south"),
        gate.centre.order("north", "in", "open", id="old", issued_at=iso(now - 120), expires_at=iso(now - 60)),
        gate.centre.order("north", "in", "open", id="early", issued_at=iso(now + 600), expires_at=iso(now + 630)),
    ]
    for order in wrong:
        gate.centre.send("north", "orders", order)
    gate.centre.send("north", "orders", b"\xff\x00 not an order")
    until(lambda: gate.count("OrderRefused") == len(wrong) + 1, 15, "every wrong order leaves an event")
    time.sleep(STILL_S)
    assert gate.arm.orders == []
    assert gate.count("AlarmRaised") >= 1

    gate.centre.send("north", "orders", genuine)
    until(gate.arm.is_up, 10, "the genuine order still opens, whoever used its number before")
    assert running.stop() == 0


def test_an_order_left_at_the_broker_does_nothing_to_a_box_that_comes_later(gate: Gate) -> None:
    gate.centre.send("north", "orders", gate.centre.order("north", "in", "open"), retain=True)
    time.sleep(STILL_S)
    running = started(gate)
    until(lambda: gate.count("OrderRefused") == 1, 10, "the retained order leaves an event")
    time.sleep(STILL_S)
    assert gate.arm.orders == []
    assert running.stop() == 0
