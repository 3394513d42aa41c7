"""What the centre is told: results of true orders alone, lanes with the contract's members."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.app.outward import LogOutbox
from controller.domain.facts import CentreOrder
from tests.support.box import WirelessBox


@pytest.fixture
def box(tmp_path: Path) -> Iterator[WirelessBox]:
    running = WirelessBox(tmp_path)
    running.start()
    yield running
    running.close()


def order(box: WirelessBox, order_id: str, refusal: str = "") -> None:
    box.put(
        CentreOrder(
            id=box.new_id(),
            at=box.clock.utc_us(),
            lane="in",
            order_id=order_id,
            order="open",
            by="office",
            reason="asked by the office",
            issued_at=box.clock.utc_us(),
            expires_at=box.clock.utc_us() + 30_000_000,
            refusal=refusal,
        )
    )


def told(box: WirelessBox) -> list[tuple[str, str]]:
    outbox = LogOutbox(box.folder / "gate.db", box.clock)
    found = [(each.id, each.result) for each in outbox.order_results()]
    outbox._reader.close()
    return found


def test_f19_a_forged_order_has_no_result_and_takes_none_from_the_true_one_of_its_id(box: WirelessBox) -> None:
    order(box, "o-1", refusal="unsigned")
    assert told(box) == []
    order(box, "o-1")
    assert len(box.orders.openings()) == 1
    order(box, "o-1", refusal="bad_signature")
    assert told(box) == [], "the true one is still under way"
    box.scan(limit_up=True)
    assert told(box) == [("o-1", "done")]
    order(box, "o-1", refusal="retained")
    assert told(box) == [("o-1", "done")]
    order(box, "o-2", refusal="expired")
    assert told(box) == [("o-1", "done"), ("o-2", "expired")]


def test_a_lane_is_told_with_the_members_of_the_contract_and_a_time_as_text(box: WirelessBox) -> None:
    outbox = LogOutbox(box.folder / "gate.db", box.clock)
    (lane,) = outbox.lanes_now()
    outbox._reader.close()
    assert set(lane.state) == {"mode", "arm", "loops", "occupied", "fault", "updated_at"}
    assert str(lane.state["updated_at"]).endswith("Z")
