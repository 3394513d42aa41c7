"""A real Chromium before a really served booth page whose log is a real SQLite file."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from controller.booth.server import BoothServer
from controller.clock import SystemClock
from controller.domain.terms import Role
from tests.booth.fakes import view
from tests.booth.real_log import RealBox
from tests.browser.chromium import ARGUMENTS, CHROMIUM

PASSWORD = "a quiet night at the gate"


class Gate:
    """The box with its page, and the browser in front of it. `complaints` is what the browser's console says."""

    def __init__(self, folder: Path, browser: Browser) -> None:
        self.box = RealBox(folder, SystemClock())
        for plan in self.box.context.lanes:
            self.box.show(plan.id, view())
        self.server = BoothServer(self.box.context)
        self.server.start()
        self.desk = self.server.app.state.booth
        self.base = f"http://127.0.0.1:{self.server.port}"
        self.complaints: list[str] = []
        self._browser = browser

    def page(self, language: str = "en", size: tuple[int, int] = (1366, 768)) -> Page:
        context = self._browser.new_context(viewport={"width": size[0], "height": size[1]}, locale=language)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def signed_in(self, role: Role = Role.GUARD, language: str = "en", size: tuple[int, int] = (1366, 768)) -> Page:
        self.desk.people.add(role.value, role, PASSWORD, by="test", at=self.box.clock.utc_us())
        page = self.page(language, size)
        page.goto(self.base + "/sign-in")
        page.fill("input[name=name]", role.value)
        page.fill("input[name=password]", PASSWORD)
        page.click(".enter .press")
        page.wait_for_selector(".lane.chosen")  # the page takes keys from here on
        return page

    def close(self) -> None:
        for context in self._browser.contexts:
            context.close()
        self.server.stop()
        self.box.close()

    def _heard(self, message: ConsoleMessage) -> None:
        expected = ("404", "403", "ERR_")  # no picture yet, a refusal that is under test, a server that was stopped
        if message.type == "error" and not any(mark in message.text for mark in expected):
            self.complaints.append(message.text)


@pytest.fixture(scope="package")  # closed before another package opens one: only one may run in a process
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def gate(tmp_path: Path, browser: Browser) -> Iterator[Gate]:
    """The gate; afterwards the browser has had nothing to complain of, not even the content policy."""
    made = Gate(tmp_path, browser)
    yield made
    made.close()
    assert made.complaints == []


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Waits until something holds, at most ten seconds."""
    import time

    def wait(holds: Callable[[], bool]) -> None:
        until = time.monotonic() + 10
        while not holds():
            assert time.monotonic() < until, "did not come to hold within ten seconds"
            time.sleep(0.02)

    return wait
