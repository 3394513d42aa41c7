"""A camera is aimed by the page alone: real browser, real page, real camera process beside a simulated camera."""

import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from controller.domain.terms import Role
from drivers.camera.aim import LOOK_NS, ON_NS
from simulator.wire.camera_server import CameraFault
from tests.browser.aimed import Aimed, aimed
from tests.browser.conftest import Gate
from tests.camera.support import Lane

PAGE = "/settings/cameras/cam-in"


@pytest.fixture
def camera(gate: Gate) -> Iterator[Aimed]:
    with aimed(gate.box) as made:
        yield made


def opened(gate: Gate, language: str = "en", size: tuple[int, int] = (1366, 768)) -> Page:
    page = gate.signed_in(Role.LEADER, language, size)
    page.goto(gate.base + PAGE)
    page.set_default_timeout(20_000)
    return page


def test_from_the_menu_to_a_plate_with_its_corners_its_weakest_character_and_what_to_do(
    gate: Gate, camera: Aimed
) -> None:
    camera.show("粤B12345")
    page = gate.signed_in(Role.LEADER)
    page.click("nav a[href='/settings/cameras']")
    page.click("a[href='/settings/cameras/cam-in']")
    expect(page.locator(".verdict")).to_contain_text("Well aimed", timeout=20_000)
    expect(page.locator(".quad-label")).to_contain_text("粤B12345 · weakest")
    expect(page.locator(".reading .plate")).to_have_attribute("aria-label", "粤B12345")
    expect(page.locator(".slots li")).to_have_count(7)
    expect(page.locator(".figures")).to_contain_text("1280×720")
    xs = [float(pair.split(",")[0]) for pair in (page.locator(".quad").get_attribute("points") or "").split()]
    assert 120 < max(xs) - min(xs) < 170
    camera.show("京A67890", distance_m=4.5, defocus_px=2.5)
    expect(page.locator(".check-bad")).to_contain_text(["Blurred"], timeout=20_000)
    assert camera.plates == [], "nothing of this is a reading of the lane"


def test_every_check_speaks_chinese_and_the_page_fits_a_telephone(gate: Gate, camera: Aimed) -> None:
    camera.show("粤B12345")
    page = opened(gate, "zh-CN", (390, 844))
    expect(page.locator(".verdict")).to_contain_text("已对准")
    expect(page.locator(".checks")).to_contain_text("够清晰")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_frozen_a_black_and_a_lost_camera_say_so_and_since_when_and_the_page_goes_on_when_it_is_back(
    gate: Gate, camera: Aimed
) -> None:
    camera.show("粤B12345")
    page = opened(gate)
    expect(page.locator(".quad")).to_have_count(1)
    for fault, words in (
        (CameraFault.FREEZE, "Picture frozen"),
        (CameraFault.BLACK, "Picture black"),
        (CameraFault.CUT, "Camera lost"),
    ):
        camera.lane.camera.set_fault(fault, True)
        expect(page.locator(".verdict")).to_contain_text(words, timeout=20_000)
        expect(page.locator(".stage-over")).to_contain_text("since")
        expect(page.locator(".quad")).to_have_count(0)
        camera.lane.camera.set_fault(fault, False)
        expect(page.locator(".verdict")).to_contain_text("Well aimed", timeout=30_000)


def test_where_motion_wakes_the_page_says_whether_the_substream_serves(gate: Gate) -> None:
    small = Lane("rtsp")
    small.camera.start()
    substream = small.camera.url.replace("stream1", "stream2")
    try:
        with aimed(gate.box, "rtsp", wake="motion", substream=substream) as camera:
            camera.show("粤B12345")
            page = opened(gate)
            line = page.locator(".check", has_text="Motion")
            expect(line).to_contain_text("the main stream rests")
            expect(page.locator(".verdict")).to_contain_text("Well aimed")
            small.camera.set_fault(CameraFault.CUT, True)
            expect(line).to_contain_text("The substream is of no use")
            expect(line).to_contain_text(substream)
            expect(page.locator(".verdict")).to_contain_text("Readable")
            small.camera.set_fault(CameraFault.CUT, False)
            expect(line).to_contain_text("the main stream rests")
    finally:
        small.camera.stop()


def test_closing_the_page_ends_the_reading(
    gate: Gate, camera: Aimed, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    page = opened(gate)
    view = gate.box.context.paths.previews / "cam-in.json"
    expect(page.locator(".check").first).to_be_visible()
    assert view.exists()
    page.close()
    time.sleep((ON_NS - LOOK_NS) / 1e9)
    eventually(lambda: not view.exists())


def test_a_page_that_nobody_looks_at_asks_for_nothing(gate: Gate, camera: Aimed) -> None:
    page = opened(gate)
    expect(page.locator(".check").first).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate("Object.defineProperty(document, 'hidden', { get: () => true })")
    page.wait_for_timeout(1500)
    asked.clear()
    page.wait_for_timeout(2000)
    assert asked == []


def test_after_a_quarter_of_an_hour_the_page_rests_until_somebody_goes_on(gate: Gate, camera: Aimed) -> None:
    page = opened(gate)
    expect(page.locator(".check").first).to_be_visible()
    page.evaluate("() => { aiming.begunAt -= 16 * 60000; }")
    expect(page.locator("#rest")).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(1500)
    assert asked == []
    page.click("#rest button")
    expect(page.locator("#rest")).to_be_hidden()
    page.wait_for_timeout(1500)
    assert asked


def test_a_box_that_does_not_answer_is_said_with_the_time_of_its_last_word(gate: Gate, camera: Aimed) -> None:
    page = opened(gate)
    expect(page.locator(".check").first).to_be_visible()
    gate.server.stop()
    page.evaluate("() => { aiming.heardAt -= 60000; }")
    expect(page.locator("#silent")).to_be_visible()
    expect(page.locator("#silent")).to_contain_text(":")


def test_a_camera_that_never_spoke_is_waited_for_in_words(gate: Gate) -> None:
    page = gate.signed_in(Role.LEADER)
    gate.box.context.paths.previews.mkdir()
    page.goto(gate.base + "/settings/cameras/cam-out")
    expect(page.locator(".verdict")).to_contain_text("Waiting for the first reading")


def test_on_a_telephone_the_menu_shows_the_page_that_is_open(gate: Gate) -> None:
    page = gate.signed_in(Role.LEADER, "en", (390, 844))
    page.goto(gate.base + "/settings/cameras")
    box = page.locator("nav [aria-current]").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
