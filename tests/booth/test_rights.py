"""Who may do what: every route, every role, every order."""

import pytest
from fastapi.routing import APIRoute

from controller.booth.people import Person
from controller.booth.rights import ORDERS, ROUTES, Access, may, needs_approval
from controller.domain.terms import Order, Role
from tests.booth.conftest import Served

FILLED = {
    "passage": "p-1",
    "lane": "south-in",
    "order": "x",
    "alarm": "a",
    "name": "nobody",
    "sha256": "0" * 64,
    "camera": "cam-in",
}


def routes(served: Served) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    waiting = list(served.server.app.routes)
    while waiting:
        route = waiting.pop()
        if isinstance(route, APIRoute):
            found |= {(method, route.path) for method in route.methods}
        elif getattr(route, "original_router", None) is not None:
            waiting += route.original_router.routes
    return found


def test_every_route_of_the_app_stands_in_the_table_and_no_other(served: Served) -> None:
    assert routes(served) == set(ROUTES)


@pytest.mark.parametrize("role", [None, *Role])
def test_every_route_answers_only_whom_the_table_allows(served: Served, role: Role | None) -> None:
    browser = served.person(role) if role else served.browser()
    browser.headers["accept"] = "application/json"
    person = Person("x", role) if role else None
    for (method, path), need in ROUTES.items():
        if path in ("/api/v1/live", "/sign-out", "/sign-in", "/set-up", "/preferences"):
            continue
        answer = browser.request(method, path.format(**FILLED), headers={} if role else {"x-csrf-token": "none"})
        if may(person, need):
            assert answer.status_code not in (401,), (method, path, answer.text)
            assert "/problem:forbidden" not in answer.text, (method, path)
        else:
            assert answer.status_code == (403 if role else 401), (method, path, answer.status_code)
            assert answer.headers["content-type"] == "application/problem+json"


def test_the_stream_is_closed_to_who_is_not_signed_in(served: Served) -> None:
    assert served.browser().get("/api/v1/live", headers={"accept": "text/event-stream"}).status_code == 401


def test_every_order_has_its_role_and_only_a_leader_resets_the_fire(served: Served) -> None:
    assert set(ORDERS) == set(Order)
    order = {"order": "reset_fire", "reason": "drill", "key": "k" * 16}
    assert served.person(Role.GUARD).post("/api/v1/lanes/south-in/orders", json=order).status_code == 403
    assert served.person(Role.LEADER).post("/api/v1/lanes/south-in/orders", json=order).status_code == 200
    assert [taken.role for taken in served.box.inbox.taken] == [Role.LEADER]


def test_public_routes_are_few_and_known() -> None:
    public = {path for (_, path), need in ROUTES.items() if need is Access.PUBLIC}
    assert public == {"/healthz", "/readyz", "/metrics", "/sign-in", "/set-up", "/preferences"}


def test_a_guard_alone_cannot_hold_a_lane_open_and_a_leader_can() -> None:
    assert needs_approval(Person("g", Role.GUARD), Order.HOLD_OPEN)
    assert not needs_approval(Person("l", Role.LEADER), Order.HOLD_OPEN)
    assert not needs_approval(Person("g", Role.GUARD), Order.OPEN)
