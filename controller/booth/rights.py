"""Who may do what: every route and every order with the least role that may use it. What is not listed is refused.

No code that asks may be put here, only the tables and the two questions to them. OWASP ASVS 5.0, 8.2 and 8.3.1.
"""

from enum import StrEnum, unique

from controller.booth.people import RANKS, Person
from controller.domain.guard_orders import CLEARS_WATCHED, EMERGENCY
from controller.domain.terms import Order, Role


@unique
class Access(StrEnum):
    """What a route asks for when it is not a role."""

    PUBLIC = "public"


Need = Access | Role

ROUTES: dict[tuple[str, str], Need] = {
    # the outside: nothing about anybody
    ("GET", "/healthz"): Access.PUBLIC,
    ("GET", "/readyz"): Access.PUBLIC,
    ("GET", "/metrics"): Access.PUBLIC,
    ("GET", "/sign-in"): Access.PUBLIC,
    ("POST", "/sign-in"): Access.PUBLIC,
    ("GET", "/set-up"): Access.PUBLIC,
    ("POST", "/set-up"): Access.PUBLIC,
    ("POST", "/preferences"): Access.PUBLIC,
    # pages
    ("GET", "/"): Role.GUARD,
    ("POST", "/sign-out"): Role.GUARD,
    ("GET", "/passages"): Role.GUARD,
    ("GET", "/passages/{passage}"): Role.GUARD,
    ("GET", "/inside"): Role.GUARD,
    ("GET", "/alarms"): Role.GUARD,
    ("GET", "/devices"): Role.GUARD,
    ("GET", "/people"): Role.SUPERVISOR,
    ("POST", "/people"): Role.SUPERVISOR,
    ("POST", "/people/{name}/end"): Role.SUPERVISOR,
    ("POST", "/people/{name}/codes"): Role.SUPERVISOR,
    ("GET", "/settings/cameras"): Role.LEADER,
    ("GET", "/settings/cameras/{camera}"): Role.LEADER,
    ("GET", "/settings/cameras/{camera}/view"): Role.LEADER,
    ("GET", "/docs"): Role.GUARD,
    # the interface for programs
    ("GET", "/api/v1/openapi.json"): Role.GUARD,
    ("GET", "/api/v1/live"): Role.GUARD,
    ("GET", "/api/v1/status"): Role.GUARD,
    ("GET", "/api/v1/lanes"): Role.GUARD,
    ("GET", "/api/v1/lanes/{lane}"): Role.GUARD,
    ("POST", "/api/v1/lanes/{lane}/orders"): Role.GUARD,
    ("GET", "/api/v1/orders/{order}"): Role.GUARD,
    ("GET", "/api/v1/passages"): Role.GUARD,
    ("GET", "/api/v1/passages/{passage}"): Role.GUARD,
    ("GET", "/api/v1/passages/{passage}/why"): Role.GUARD,
    ("GET", "/api/v1/alarms"): Role.GUARD,
    ("POST", "/api/v1/alarms/{alarm}/seen"): Role.GUARD,
    ("GET", "/api/v1/inside"): Role.GUARD,
    ("GET", "/api/v1/devices"): Role.GUARD,
    ("GET", "/api/v1/pictures/{sha256}"): Role.GUARD,
    ("GET", "/api/v1/cameras/{camera}/preview"): Role.GUARD,
}

ORDERS: dict[Order, Role] = {
    Order.OPEN: Role.GUARD,
    Order.CLOSE: Role.GUARD,
    Order.STOP: Role.GUARD,
    Order.REFUSE: Role.GUARD,
    Order.CORRECT_PLATE: Role.GUARD,
    Order.PULL_ASIDE: Role.GUARD,
    Order.LOCK: Role.GUARD,
    Order.UNLOCK: Role.GUARD,
    Order.HOLD_OPEN: Role.GUARD,
    Order.RELEASE: Role.GUARD,
    Order.STAFF: Role.GUARD,
    Order.UNSTAFF: Role.GUARD,
    Order.RESET_FIRE: Role.LEADER,
}

APPROVED_BY_LEADER: frozenset[Order] = frozenset({Order.HOLD_OPEN, Order.RELEASE})
"""Orders for which a guard needs a second person; a leader and above give them alone (R20)."""


def may(person: Person | None, need: Need) -> bool:
    """Whether this person (or nobody) may use what needs this."""
    if need is Access.PUBLIC:
        return True
    return person is not None and RANKS[person.role] >= RANKS[Role(need)]


def needs_approval(person: Person, order: Order, reason: str = "", *, watched: bool = False) -> bool:
    """Whether a second person has to agree; `watched`: the vehicle is on the watch list (R12)."""
    asked = order in APPROVED_BY_LEADER or (watched and order in CLEARS_WATCHED)
    return asked and reason != EMERGENCY and not person.ranks(Role.LEADER)
