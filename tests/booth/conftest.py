"""A booth page that is really served, and people who are really signed in."""

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from controller.booth.server import BoothServer
from controller.domain.terms import Role
from tests.booth.fakes import Box, view

PASSWORD = "a quiet night at the gate"
CSRF = re.compile(r'name="csrf" (?:value|content)="(\w+)"')


class Served:
    """The box, its page and its browsers."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self.server = BoothServer(box.context)
        self.server.start()
        self.desk = self.server.app.state.booth
        self.base = f"http://127.0.0.1:{self.server.port}"
        self._browsers: list[httpx.Client] = []

    def browser(self, **options: object) -> httpx.Client:
        made = httpx.Client(base_url=self.base, headers={"accept": "text/html"}, **options)
        self._browsers.append(made)
        return made

    def person(self, role: Role, name: str = "") -> httpx.Client:
        """A browser in which somebody of this role is signed in; changes carry the token of the page."""
        name = name or role.value
        if self.desk.people.find(name) is None:
            self.desk.people.add(name, role, PASSWORD, by="test", at=self.box.clock.utc_us())
        browser = self.browser()
        answer = self.sign_in(browser, name, PASSWORD)
        assert answer.status_code == 303, answer.text
        browser.headers["x-csrf-token"] = csrf(browser.get("/").text)
        return browser

    def sign_in(self, browser: httpx.Client, name: str, password: str) -> httpx.Response:
        token = csrf(browser.get("/sign-in").text)
        return browser.post("/sign-in", data={"csrf": token, "name": name, "password": password})

    def close(self) -> None:
        for browser in self._browsers:
            browser.close()
        self.server.stop()


def csrf(html: str) -> str:
    found = CSRF.search(html)
    assert found, html[:400]
    return found[1]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Starts pages; afterwards all are stopped and no thread of theirs is left."""
    before = set(threading.enumerate())
    started: list[Served] = []

    def start(**rules: object) -> Served:
        box = Box(tmp_path, **rules)
        box.reads.views = {"south-in": view(), "south-out": view()}
        started.append(Served(box))
        return started[-1]

    yield start
    for one in started:
        one.close()
    left = [thread for thread in threading.enumerate() if thread not in before and thread.name.startswith("booth")]
    assert not left, left


@pytest.fixture
def served(serve: Callable[..., Served]) -> Served:
    return serve()
