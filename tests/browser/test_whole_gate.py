"""A whole gate before a real browser: real daemon, real wires, real broker, and a guard given the page just now."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.chaos.gate import CARD, Gate, Running, until

PASSWORD = "a quiet night at the gate"


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    made = Gate(tmp_path / "gate")
    yield made
    made.close()


@pytest.fixture
def daemon(gate: Gate) -> Iterator[Running]:
    running = gate.start()
    until(gate.is_ready, 30, "the daemon reads its board")
    yield running
    assert running.stop() == 0


def token(gate: Gate) -> tuple[str, str]:
    """The page's address and the one-time token, as the daemon printed them on its console."""
    words = gate.config.with_suffix(".log")
    until(lambda: "set-up with the token" in words.read_text(), 20, "the daemon prints the token")
    found = re.search(r"at (http://\S+/)set-up with the token (\S+)", words.read_text())
    assert found is not None
    return found.group(1), found.group(2)


def set_up(browser: Browser, gate: Gate, language: str) -> Page:
    """The first account, made with the token; the page is then the live one."""
    address, secret = token(gate)
    page = browser.new_context(viewport={"width": 1366, "height": 768}, locale=language).new_page()
    page.set_default_timeout(15_000)
    page.goto(address + "set-up")
    page.fill("input[name=token]", secret)
    page.fill("input[name=name]", "王磊")
    page.fill("input[name=password]", PASSWORD)
    page.fill("input[name=again]", PASSWORD)
    page.click(".enter .press")
    page.wait_for_selector(".lane.chosen")
    return page


@pytest.mark.parametrize(
    ("language", "admitted"), [("en", "Admitted"), ("zh-CN", "已放行")], ids=["English", "Chinese"]
)
def test_from_the_token_to_a_card_a_stranger_and_an_opening_by_hand(
    browser: Browser, gate: Gate, daemon: Running, language: str, admitted: str
) -> None:
    page = set_up(browser, gate, language)
    lane = page.locator(".lane").first
    gate.arm.loops(arming=True)
    until(lambda: gate.count("VehicleArrived") == 1, 10, "the vehicle is seen")
    gate.reader.present(CARD)
    expect(lane).to_contain_text(admitted)
    until(gate.arm.is_up, 10, "the arm rises for the card")
    for step in ({"closing": True}, {}):
        gate.arm.loops(**step)
        page.wait_for_timeout(150)
    until(lambda: gate.count("PassageCompleted") == 1 and not gate.arm.is_up(), 15, "the passage completes")

    gate.arm.loops(arming=True)
    until(lambda: gate.count("VehicleArrived") == 2, 10, "the next vehicle is seen")
    gate.reader.present("26:9:999")
    until(lambda: gate.count("AccessDenied") + gate.count("AccessReferred") == 1, 10, "a stranger's card is answered")
    assert not gate.arm.is_up()
    for key in ("1", "o", "1", "Enter"):
        page.keyboard.press(key)
        page.wait_for_timeout(200)
    until(gate.arm.is_up, 10, "the guard opens by hand, with a reason")
    assert gate.count("ManualOpening") == 1
    page.context.close()
