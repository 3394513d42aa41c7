"""Orders from the centre: is this one signed, for us, in time? Judged here, carried out by the lane loop.

`sig` is base64url Ed25519 over the canonical JSON of the order without `sig` (contract, "orders"). Pure but for the
keys it is given. Nothing here opens anything.
"""

import base64
import binascii
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from controller.domain.canonical import NotCanonical, canonical_json
from controller.sync.messages import BadMessage, parse_object, text_of

ORDERS = frozenset({"open", "close", "lock", "unlock", "hold_open", "release"})
LONGEST_LIFE_US = 10 * 60 * 1_000_000
EARLY_US = 5 * 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedOrder:
    """An order and what speaks against it: `refusal` is empty when it may be carried out.

    Members that could not be read are empty or 0; `lane` is one of the box's only when `refusal` is not
    "unknown_lane" or "malformed". `detail` is for the log, never for acting.
    """

    id: str = ""
    lane: str = ""
    order: str = ""
    by: str = ""
    reason: str = ""
    issued_at: int = 0
    expires_at: int = 0
    refusal: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDesk:
    """What an order is judged against: whose box this is, its lanes, and the keys that may sign."""

    site: str
    box: str
    lanes: Collection[str]
    keys: Mapping[str, Ed25519PublicKey]


def judge_order(payload: bytes, *, retained: bool, desk: OrderDesk, now_us: int, clock_trusted: bool) -> JudgedOrder:
    """Judge one message from `orders`. Never raises; the first thing that is wrong is the refusal."""
    try:
        message = parse_object(payload)
        order = _read(message)
    except BadMessage as error:
        return JudgedOrder(refusal="malformed", detail=str(error))
    for check in (
        _retained_refusal(retained=retained),
        _signature_refusal(message, desk),
        _box_refusal(message, desk),
        _time_refusal(order, now_us, clock_trusted=clock_trusted),
        _lane_refusal(order, desk),
    ):
        if check[0]:
            return replace(order, refusal=check[0], detail=check[1])
    return order


def _read(message: Mapping[str, Any]) -> JudgedOrder:
    arguments = message.get("args", {})
    if not isinstance(arguments, Mapping):
        raise BadMessage(f"args: expected an object, got {type(arguments).__name__}")
    return JudgedOrder(
        id=text_of(message, "id", 64),
        lane=text_of(message, "lane", 32),
        order=text_of(message, "order", 32),
        by=text_of(message, "by", 64),
        reason=str(arguments.get("reason", ""))[:200],
        issued_at=utc_us(text_of(message, "issued_at", 40)),
        expires_at=utc_us(text_of(message, "expires_at", 40)),
    )


def _retained_refusal(*, retained: bool) -> tuple[str, str]:
    return ("retained", "orders are never retained; somebody left this one at the broker") if retained else ("", "")


def _box_refusal(message: Mapping[str, Any], desk: OrderDesk) -> tuple[str, str]:
    if (message.get("site"), message.get("box")) == (desk.site, desk.box):
        return "", ""
    return "wrong_box", f"for {str(message.get('site'))[:40]}/{str(message.get('box'))[:40]}"


def _time_refusal(order: JudgedOrder, now_us: int, *, clock_trusted: bool) -> tuple[str, str]:
    if not clock_trusted:
        return "clock_untrusted", "the time of this box cannot be relied on, so no order's time can be checked"
    if now_us > order.expires_at or order.expires_at - order.issued_at > LONGEST_LIFE_US:
        return "expired", f"expired {(now_us - order.expires_at) // 1_000_000} s ago, or valid for too long"
    if order.issued_at > now_us + EARLY_US:
        return "expired", f"issued {(order.issued_at - now_us) // 1_000_000} s in the future"
    return "", ""


def _lane_refusal(order: JudgedOrder, desk: OrderDesk) -> tuple[str, str]:
    if order.lane not in desk.lanes:
        return "unknown_lane", f"there is no lane {order.lane!r} here"
    if order.order not in ORDERS:
        return "unknown_order", f"order: expected one of {', '.join(sorted(ORDERS))}, got {order.order!r}"
    return "", ""


def _signature_refusal(message: Mapping[str, Any], desk: OrderDesk) -> tuple[str, str]:
    signature, key_id = message.get("sig"), message.get("key_id")
    if not isinstance(signature, str) or not signature:
        return "unsigned", "no sig"
    key = desk.keys.get(key_id) if isinstance(key_id, str) else None
    if key is None:
        return "unknown_key", f"no key {str(key_id)[:40]!r} is configured"
    unsigned = {name: value for name, value in message.items() if name != "sig"}
    try:
        raw = base64.b64decode(signature + "=" * (-len(signature) % 4), altchars=b"-_", validate=True)
        key.verify(raw, canonical_json(unsigned))
    except (InvalidSignature, binascii.Error, ValueError, NotCanonical):
        return "bad_signature", f"the signature does not fit key {key_id!r}"
    return "", ""


def utc_us(text: str) -> int:
    """UTC microseconds of an ISO 8601 text with an offset or Z. Raises BadMessage."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadMessage(f"expected a time such as 2026-01-31T08:00:00Z, got {text[:40]!r}") from None
    if moment.tzinfo is None:
        raise BadMessage(f"a time without an offset: {text[:40]!r}")
    passed = moment - datetime(1970, 1, 1, tzinfo=UTC)  # an offset at either end of all years has no UTC of its own
    return (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds
