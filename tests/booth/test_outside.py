"""What comes from outside: forged changes, hostile bytes, crowds of connections, and what every answer carries."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from controller.booth import connections
from controller.booth.headers import BODY_LIMIT
from controller.domain.terms import Role
from tests.booth.conftest import PASSWORD, Served

ORDER = {"order": "open", "reason": "resident_known", "key": "k" * 16}
OPEN = "/api/v1/lanes/south-in/orders"


@pytest.mark.parametrize("token", [b"", b"0" * 64, "不".encode()])
def test_a_change_without_the_pages_token_is_refused(served: Served, token: bytes) -> None:
    browser = served.person(Role.GUARD)
    del browser.headers["x-csrf-token"]
    answer = browser.post(OPEN, json=ORDER, headers=[(b"x-csrf-token", token)])
    assert answer.status_code == 403
    assert served.box.inbox.taken == []


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "https://evil.example"}]
)
def test_a_change_that_began_on_another_site_is_refused_even_with_the_token(
    served: Served, headers: dict[str, str]
) -> None:
    assert served.person(Role.GUARD).post(OPEN, json=ORDER, headers=headers).status_code == 403
    assert served.box.inbox.taken == []


def test_the_sign_in_form_of_another_browser_is_refused(served: Served) -> None:
    served.desk.people.add("li", Role.GUARD, PASSWORD, by="test", at=0)
    form = {"csrf": "0" * 64, "name": "li", "password": PASSWORD}
    assert served.browser().post("/sign-in", data=form).status_code == 403


def test_nothing_is_changed_by_get(served: Served) -> None:
    browser = served.person(Role.SUPERVISOR)
    for path in ("/sign-out", "/preferences", OPEN, "/people/guard/end", "/api/v1/alarms/x/seen"):
        assert browser.get(path).status_code in (404, 405), path
    assert browser.get("/").status_code == 200


def test_every_answer_forbids_what_is_not_ours(served: Served) -> None:
    browser = served.person(Role.GUARD)
    for path in ("/", "/passages", "/sign-in", "/api/v1/lanes", "/nothing", "/static/live.js", "/docs"):
        headers = browser.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "server" not in headers


def test_pages_are_not_kept_and_assets_are(served: Served) -> None:
    browser = served.person(Role.GUARD)
    assert browser.get("/").headers["cache-control"] == "no-store"
    assert "immutable" in browser.get("/static/live.css").headers["cache-control"]


def test_no_page_names_an_address_elsewhere_or_a_style_or_script_inline(served: Served) -> None:
    browser = served.person(Role.SUPERVISOR)
    for path in (
        "/",
        "/passages",
        "/inside",
        "/alarms",
        "/devices",
        "/people",
        "/docs",
        "/settings/cameras",
        "/settings/cameras/cam-in",
        "/nothing",
    ):
        html = browser.get(path).text
        assert "http://" not in html, path
        assert "https://" not in html, path
        assert " style=" not in html, path
        assert "<style" not in html, path
        assert " onclick=" not in html, path
        assert "<script>" not in html, path


def test_errors_are_problem_json_for_programs_and_a_page_for_people(served: Served) -> None:
    browser = served.person(Role.GUARD)
    for path, status in (("/api/v1/lanes/none", 404), ("/api/v1/passages?limit=0", 422), ("/api/v1/none", 404)):
        answer = browser.get(path, headers={"accept": "application/json"})
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        told = answer.json()
        assert {"type", "title", "status", "detail"} <= set(told)
        assert told["status"] == status
    assert "<html" in browser.get("/passages/none").text


def test_too_much_is_refused_with_and_without_a_length(served: Served) -> None:
    browser = served.person(Role.GUARD)
    assert browser.post(OPEN, content=b"x" * (BODY_LIMIT + 1)).status_code == 413
    parts = (b"x" * 16_384 for _ in range(8))
    answer = browser.post(OPEN, content=parts, headers={"content-type": "application/json"})
    assert 400 <= answer.status_code < 500


def test_a_picture_is_found_by_its_hash_alone(served: Served) -> None:
    browser = served.person(Role.GUARD)
    folder = served.box.context.paths.pictures / "2026-11-21"
    folder.mkdir(parents=True)
    (folder / ("a" * 64 + ".jpg")).write_bytes(b"jpeg")
    (served.box.context.paths.pictures.parent / "secret.jpg").write_bytes(b"secret")
    assert browser.get("/api/v1/pictures/" + "a" * 64).content == b"jpeg"
    for wrong in ("b" * 64, "A" * 64, "..%2f..%2fsecret", "a" * 63, "%00" * 8):
        assert browser.get(f"/api/v1/pictures/{wrong}").status_code in (404, 422), wrong


def test_a_preview_is_of_a_camera_of_this_box_and_fresh(served: Served) -> None:
    browser = served.person(Role.GUARD)
    assert browser.get("/api/v1/cameras/cam-in/preview").status_code == 404
    served.box.context.paths.previews.mkdir()
    path = served.box.context.paths.previews / "cam-in.jpg"
    path.write_bytes(b"frame")
    served.box.clock.at_us = path.stat().st_mtime_ns // 1000 + 1_000_000
    browser = served.person(Role.LEADER)
    assert browser.get("/api/v1/cameras/cam-in/preview").content == b"frame"
    served.box.clock.pass_s(11)
    assert browser.get("/api/v1/cameras/cam-in/preview").status_code == 404
    assert browser.get("/api/v1/cameras/..%2fbooth/preview").status_code == 404


def test_hostile_requests_made_from_our_own_description_never_give_a_5xx(served: Served) -> None:
    browser = served.person(Role.LEADER)
    headers = {"x-csrf-token": browser.headers["x-csrf-token"], "cookie": f"gatehouse={browser.cookies['gatehouse']}"}
    document = browser.get("/api/v1/openapi.json").json()
    document["paths"].pop("/api/v1/live")
    schema = schemathesis.openapi.from_dict(document)
    statuses: list[int] = []

    for found in schema.get_all_operations():
        operation = found.ok()

        @given(case=operation.as_strategy())
        @settings(max_examples=8, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        def attack(case: schemathesis.Case) -> None:
            answer = case.call(base_url=served.base, headers=headers)
            statuses.append(answer.status_code)
            assert answer.status_code < 500, (case.method, case.path, answer.text)

        attack()
    assert len(statuses) > 80


def test_a_slow_caller_is_sent_away_and_the_guard_is_served_meanwhile(
    serve: Callable[..., Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "ASK_WITHIN_S", 0.3)
    served = serve()
    slow = [socket.create_connection(("127.0.0.1", served.server.port)) for _ in range(20)]
    for one in slow:
        one.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
    assert served.browser().get("/healthz").status_code == 200
    for one in slow:
        one.settimeout(5)
        with contextlib.suppress(ConnectionResetError):
            assert one.recv(1) == b""
        one.close()


def test_five_hundred_idle_connections_leave_the_page_open_and_the_file_handles_few(served: Served) -> None:
    idle = []
    for _ in range(500):
        idle.append(socket.create_connection(("127.0.0.1", served.server.port)))
    assert served.browser().get("/healthz").status_code == 200
    time.sleep(0.2)
    assert len(served.server._server.server_state.connections) <= connections.MOST_ALL
    for one in idle:
        one.close()


def test_the_page_stops_in_less_than_five_seconds_with_live_pages_open(serve: Callable[..., Served]) -> None:
    served = serve()
    browser = served.person(Role.GUARD)
    opened = threading.Event()
    ended = threading.Event()

    def watch() -> None:
        with browser.stream("GET", "/api/v1/live", timeout=30) as stream:
            for line in stream.iter_lines():
                if line.startswith("data:"):
                    opened.set()
        ended.set()

    watcher = threading.Thread(target=watch)
    watcher.start()
    assert opened.wait(5)
    began = time.monotonic()
    served.server.stop()
    assert time.monotonic() - began < 5
    assert ended.wait(2)
    watcher.join()
