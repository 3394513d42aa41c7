"""Signing in: no default account, tokens, sessions, cookies, delays that outlive a restart."""

from collections.abc import Callable

import pytest

from controller.booth.store import BoothStore
from controller.booth.tries import Source, Tries, delay_s, source_of
from controller.domain.terms import Role
from tests.booth.conftest import PASSWORD, Served, csrf

SECOND = 1_000_000
FAR = Source("203.0.113.9", False)
HERE = Source("127.0.0.1", True)


def test_there_is_no_account_before_the_set_up_and_the_token_makes_one_supervisor_once(served: Served) -> None:
    browser = served.browser()
    token = served.desk.setup.issue(served.box.clock.utc_us())
    assert served.sign_in(browser, "admin", "admin").status_code == 403
    form = {
        "csrf": csrf(browser.get("/set-up").text),
        "token": token,
        "name": "wang",
        "password": PASSWORD,
        "again": PASSWORD,
    }
    assert browser.post("/set-up", data={**form, "token": "not this one"}).status_code == 403
    assert browser.post("/set-up", data=form).status_code == 303
    assert served.desk.people.find("WANG").role is Role.SUPERVISOR
    assert served.browser().get("/set-up").headers["location"] == "/sign-in"
    assert served.desk.setup.issue(0) is None
    assert not served.desk.setup.fits(token)


def test_a_new_token_makes_the_older_one_void(served: Served) -> None:
    first, second = served.desk.setup.issue(1), served.desk.setup.issue(2)
    assert served.desk.setup.fits(second)
    assert not served.desk.setup.fits(first)


def test_neither_token_nor_session_nor_password_stands_in_the_database_in_clear(served: Served) -> None:
    token = served.desk.setup.issue(1)
    browser = served.person(Role.GUARD)
    stored = b"".join(path.read_bytes() for path in served.box.context.paths.booth_db.parent.glob("booth.db*"))
    for secret in (token, browser.cookies["gatehouse"], PASSWORD):
        assert secret.encode() not in stored
    assert b"$argon2id$" in stored


def test_the_session_is_new_at_sign_in_and_dead_on_the_server_at_sign_out(served: Served) -> None:
    browser = served.person(Role.GUARD)
    first = browser.cookies["gatehouse"]
    assert len(first) >= 43
    assert browser.post("/sign-out").status_code == 303
    thief = served.browser(cookies={"gatehouse": first})
    assert thief.get("/").headers["location"] == "/sign-in"


def test_signing_in_again_ends_the_session_that_was(served: Served) -> None:
    browser = served.person(Role.GUARD)
    old, token = browser.cookies["gatehouse"], browser.headers["x-csrf-token"]
    answer = browser.post("/sign-in", data={"csrf": token, "name": "guard", "password": PASSWORD})
    assert answer.status_code == 303
    assert browser.cookies["gatehouse"] != old
    assert served.browser(cookies={"gatehouse": old}).get("/").status_code == 303


@pytest.mark.parametrize(("minutes_idle", "alive"), [(29, True), (31, False)])
def test_a_session_dies_of_idling(serve: Callable[..., Served], minutes_idle: int, alive: bool) -> None:
    served = serve(idle_minutes=30, full_minutes=600)
    browser = served.person(Role.GUARD)
    served.box.clock.pass_s(minutes_idle * 60)
    assert (browser.get("/").status_code == 200) is alive


def test_a_session_dies_after_its_full_time_however_busy(serve: Callable[..., Served]) -> None:
    served = serve(idle_minutes=30, full_minutes=60)
    browser = served.person(Role.GUARD)
    for _ in range(3):
        served.box.clock.pass_s(19 * 60)
        assert browser.get("/").status_code == 200
    served.box.clock.pass_s(10 * 60)
    assert browser.get("/").status_code == 303


def test_an_ended_account_is_out_at_once(served: Served) -> None:
    browser = served.person(Role.GUARD)
    served.desk.people.end("guard", by="wang", at=0)
    assert browser.get("/").status_code == 303


def test_cookies_are_hidden_from_scripts_and_other_sites(served: Served) -> None:
    served.desk.people.add("li", Role.GUARD, PASSWORD, by="test", at=0)
    answer = served.sign_in(served.browser(), "li", PASSWORD)
    cookie = next(line for line in answer.headers.get_list("set-cookie") if line.startswith("gatehouse="))
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/" in cookie


def test_wrong_passwords_wait_longer_and_longer() -> None:
    assert [delay_s("source", count) for count in range(9)] == [0, 0, 0, 1, 2, 4, 8, 16, 32]
    assert delay_s("source", 1000) == 900
    assert delay_s("local", 1000) == 30


def test_guessing_from_afar_is_slowed_and_the_guard_at_the_booth_still_gets_in(served: Served) -> None:
    at = served.box.clock.utc_us()
    tries = served.desk.tries
    for _ in range(3):
        assert tries.begin(FAR, "guard", at) == 0
    assert tries.begin(FAR, "guard", at) == 1
    assert tries.begin(Source("198.51.100.1", False), "guard", at) == 1, "the account is slowed from everywhere afar"
    assert tries.begin(HERE, "guard", at) == 0
    served.person(Role.GUARD)


def test_the_counters_outlive_a_restart(served: Served) -> None:
    at = served.box.clock.utc_us()
    for step in range(5):
        served.desk.tries.begin(FAR, "guard", at + step * 60 * SECOND)
    again = BoothStore(served.box.context.paths.booth_db)
    assert Tries(again).begin(FAR, "guard", at + 4 * 60 * SECOND) == 4
    again.close()


def test_many_tries_at_once_do_not_slip_through_before_the_first_is_judged(served: Served) -> None:
    at = served.box.clock.utc_us()
    taken = [served.desk.tries.begin(FAR, "guard", at) for _ in range(10)]
    assert taken.count(0) == 3


def test_a_clock_that_went_back_locks_nobody_out_for_longer_than_the_delay(served: Served) -> None:
    at = served.box.clock.utc_us()
    for step in range(4):
        served.desk.tries.begin(FAR, "guard", at + step * 60 * SECOND)
    assert served.desk.tries.begin(FAR, "guard", at - 86_400 * SECOND) == 2


def test_the_page_answers_429_with_the_seconds_to_wait(served: Served) -> None:
    served.desk.people.add("li", Role.GUARD, PASSWORD, by="test", at=0)
    browser = served.browser()
    for _ in range(3):
        assert served.sign_in(browser, "li", "wrong").status_code == 403
    answer = served.sign_in(browser, "li", PASSWORD)
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "1"
    served.box.clock.pass_s(2)
    assert served.sign_in(browser, "li", PASSWORD).status_code == 303


def test_an_unknown_name_and_a_wrong_password_look_the_same(served: Served) -> None:
    served.desk.people.add("li", Role.GUARD, PASSWORD, by="test", at=0)
    wrong = served.sign_in(served.browser(), "li", "wrong")
    unknown = served.sign_in(served.browser(), "no", "wrong")
    strip = lambda answer: answer.text.replace("li", "").replace("no", "")  # noqa: E731
    assert wrong.status_code == unknown.status_code == 403
    assert len(strip(wrong)) == len(strip(unknown))


@pytest.mark.parametrize(
    ("address", "counted", "local"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("::ffff:127.0.0.1", "127.0.0.1", True),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64", False),
        ("10.0.0.7", "10.0.0.7", False),
    ],
)
def test_a_source_is_counted_by_its_network(address: str, counted: str, local: bool) -> None:
    assert source_of(address, ("127.0.0.1",)) == Source(counted, local)
