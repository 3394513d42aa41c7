"""Orders of the centre: only a fresh, signed one for this box is without objection (F19, F21)."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from controller.sync.orders import JudgedOrder, OrderDesk, judge_order, utc_us
from tests.support.centre import Centre, iso

NOW_S = 1_780_000_000.0
KEY = Ed25519PrivateKey.generate()
CENTRE = Centre(site="jade", key=KEY)
DESK = OrderDesk(site="jade", box="north", lanes=("in", "out"), keys={"k1": KEY.public_key()})


def order(**changes: Any) -> dict[str, Any]:
    times = {"issued_at": iso(NOW_S), "expires_at": iso(NOW_S + 30)}
    return CENTRE.order("north", "in", "open", **{**times, **changes})


def judged(message: dict[str, Any] | bytes, *, retained: bool = False, clock_trusted: bool = True) -> JudgedOrder:
    payload = message if isinstance(message, bytes) else json.dumps(message).encode()
    return judge_order(payload, retained=retained, desk=DESK, now_us=int(NOW_S * 1e6), clock_trusted=clock_trusted)


def test_a_signed_and_fresh_order_for_this_box_has_no_objection() -> None:
    found = judged(order())
    assert (found.refusal, found.order, found.lane, found.by) == ("", "open", "in", "office")


@pytest.mark.parametrize(
    ("message", "refusal"),
    [
        ({**order(), "sig": ""}, "unsigned"),
        ({name: value for name, value in order().items() if name != "sig"}, "unsigned"),
        ({**order(), "lane": "out"}, "bad_signature"),
        ({**order(), "sig": "AAAA"}, "bad_signature"),
        ({**order(), "sig": "§§"}, "bad_signature"),
        ({**order(), "more": True}, "bad_signature"),
        (CENTRE.signed({**order(), "key_id": "k2"}), "unknown_key"),
        (order(box="south"), "wrong_box"),
        (order(site="ruby"), "wrong_box"),
        (order(expires_at=iso(NOW_S - 1), issued_at=iso(NOW_S - 60)), "expired"),
        (order(expires_at=iso(NOW_S + 86_400)), "expired"),
        (order(issued_at=iso(NOW_S + 600), expires_at=iso(NOW_S + 630)), "expired"),
        (order(lane="roof"), "unknown_lane"),
        (order(order="explode"), "unknown_order"),
        (order(issued_at="0001-01-01T00:00:00+14:00"), "expired"),
        (order(expires_at="9999-12-31T23:59:59-14:00"), "expired"),
        ({**order(), "issued_at": "0001-01-01T00:00:00+14:00"}, "bad_signature"),
        (order(issued_at="yesterday"), "malformed"),
        (order(issued_at="2026-01-01T00:00:00"), "malformed"),
        (order(args=[]), "malformed"),
        (b"{", "malformed"),
    ],
)
def test_an_order_that_is_not_right_is_refused_with_its_reason(message: dict[str, Any] | bytes, refusal: str) -> None:
    assert judged(message).refusal == refusal


def test_a_retained_order_is_refused_however_well_signed() -> None:
    assert judged(order(), retained=True).refusal == "retained"


def test_no_order_is_taken_while_the_clock_is_not_trusted() -> None:
    assert judged(order(), clock_trusted=False).refusal == "clock_untrusted"


def test_a_signature_by_another_key_under_our_key_id_is_refused() -> None:
    unsigned = {name: value for name, value in order().items() if name != "sig"}
    assert judged(CENTRE.signed(unsigned, Ed25519PrivateKey.generate())).refusal == "bad_signature"


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_no_flipped_byte_of_a_signed_order_passes_as_another_order(position: int, flip: int) -> None:
    payload = bytearray(json.dumps(order()).encode())
    payload[position % len(payload)] ^= flip
    found = judged(bytes(payload))
    assert found.refusal or (found.order, found.lane) == ("open", "in")


def test_a_time_with_an_offset_is_the_same_moment_as_in_utc() -> None:
    assert utc_us("2026-01-01T08:00:00+08:00") == utc_us("2026-01-01T00:00:00Z")
