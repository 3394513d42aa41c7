"""The page: its answers to programs, and what a person sees and does there in a real browser."""

import httpx
import pytest
from playwright.sync_api import expect, sync_playwright

from simulator.app import Simulation
from simulator.config import load_config
from simulator.page.server import PageServer
from tests.simulator import sim_files

BROWSER = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


@pytest.fixture
def page_url(tmp_path):
    simulation = Simulation(load_config(sim_files.write(tmp_path)))
    server = PageServer(simulation, 0)
    simulation.open()
    simulation.start()
    server.start()
    yield server.url
    server.stop()
    simulation.stop()


def test_a_wish_that_cannot_be_carried_out_is_answered_in_words(page_url):
    wish = {"do": "vehicle", "box": "north", "lane": "in", "vehicle": "nobody"}
    answer = httpx.post(page_url + "api/act", json=wish)
    assert answer.status_code == 422
    assert answer.json()["title"] == "vehicle 'nobody' is not in the fleet"
    assert httpx.post(page_url + "api/act", json={"do": "vehicle", "box": "x"}).status_code == 422
    assert httpx.post(page_url + "api/act", json={**wish, "vehicle": "v1", "lane": "moon"}).status_code == 422


def test_a_page_from_elsewhere_may_not_act_nor_read(page_url):
    wish = {"do": "fire", "box": "north", "on": True}
    assert httpx.post(page_url + "api/act", json=wish, headers={"Origin": "http://evil.example"}).status_code == 403
    assert httpx.get(page_url + "api/state", headers={"Host": "evil.example"}).status_code == 400
    assert httpx.post(page_url + "api/act", json=wish).status_code == 200


def test_a_vehicle_cannot_be_in_two_lanes(page_url):
    wish = {"do": "vehicle", "box": "north", "lane": "in", "vehicle": "v1"}
    assert httpx.post(page_url + "api/act", json=wish).status_code == 200

    def is_there():
        lanes = httpx.get(page_url + "api/state").json()["lanes"]
        return any(one["id"] == "v1" for lane in lanes for one in lane["vehicles"])

    while not is_there():
        pass
    assert httpx.post(page_url + "api/act", json={**wish, "lane": "out"}).status_code == 422


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=BROWSER)
        yield opened
        opened.close()


def test_a_person_sends_a_vehicle_from_the_page_and_sees_it_come(page_url, browser):
    page = browser.new_page(viewport={"width": 1366, "height": 768}, locale="en-US")
    problems = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(page_url)
    expect(page.locator("#link")).to_have_text("Connected")
    expect(page.locator(".lane")).to_have_count(3)
    page.fill("#vehicle", "粤B12345")
    page.select_option("#card-kind", "none")
    page.click("#vehicle-form button.main")
    expect(page.locator("article[data-key='north/in'] .number")).to_have_text("粤B12345")
    expect(page.locator("#here")).to_contain_text("粤B12345")
    page.click("#press")
    expect(page.locator("article[data-key='north/in'] .where")).to_have_text("arm up", timeout=10_000)
    page.click("#fire")
    expect(page.locator("article[data-key='north/out'] .chip.fire")).to_be_visible()
    assert problems == []
    page.close()


def test_the_page_speaks_chinese_and_fits_a_small_screen(page_url, browser):
    page = browser.new_page(viewport={"width": 390, "height": 844}, locale="zh-CN", color_scheme="dark")
    page.goto(page_url)
    expect(page.locator("h1")).to_have_text("车场出入口沙盘")
    expect(page.locator(".lane")).to_have_count(3)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.click("article[data-key='north/foot']")
    expect(page.locator("#walker-form")).to_be_visible()
    expect(page.locator("#vehicle-form")).to_be_hidden()
    page.click("#language")
    expect(page.locator("h1")).to_have_text("Gate on a table")
    page.close()
