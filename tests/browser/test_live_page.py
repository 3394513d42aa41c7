"""What a guard does at the live page, in a real browser."""

from collections.abc import Callable
from itertools import product

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from controller.domain.events import EventType
from controller.domain.terms import Role
from tests.booth.fakes import NEAR, passing, view
from tests.browser.conftest import PASSWORD, Gate

Eventually = Callable[[Callable[[], bool]], None]


def lane(page: Page, number: int) -> object:
    return page.locator(f"#lane-{number}")


def refer(gate: Gate, passage: str = "p-1") -> None:
    """A misread plate waits on the entry."""
    started = gate.box.clock.utc_us()
    gate.box.show("south-in", view(passage=passing(id=passage, near=NEAR, started_at=started)))


def test_the_set_up_token_makes_the_first_supervisor_who_is_then_signed_in(gate: Gate) -> None:
    token = gate.desk.setup.issue(gate.box.clock.utc_us())
    page = gate.page()
    page.goto(gate.base + "/")
    page.get_by_role("link", name="First set-up").click()
    page.fill("input[name=token]", token)
    page.fill("input[name=name]", "王磊")
    page.fill("input[name=password]", PASSWORD)
    page.fill("input[name=again]", PASSWORD)
    page.click(".enter .press")
    expect(page.locator(".lane")).to_have_count(2)
    assert gate.desk.people.find("王磊").role is Role.SUPERVISOR


def test_a_lane_changes_before_the_guards_eyes_without_a_reload(gate: Gate) -> None:
    page = gate.signed_in()
    expect(page.locator("#lane-1 .headline")).to_contain_text("Free")
    gate.box.show(
        "south-in",
        view(
            arm="rising",
            passage=passing(
                phase="opening",
                verdict="grant",
                reason="pass_valid",
                plate="粤BD12345",
                plate_kind="nev_small",
                color="green",
                vehicle="v3",
            ),
        ),
    )
    expect(page.locator("#lane-1 .headline")).to_contain_text("Admitted")
    expect(page.locator("#lane-1 .why")).to_have_text("The pass is valid")
    expect(page.locator("#lane-1 .plate.ground-green")).to_have_attribute("aria-label", "粤BD12345")
    expect(page.locator("#lane-1 .owner")).to_contain_text("12-803")
    expect(page.locator("#lane-1 .arm")).to_contain_text("Arm rising")
    expect(page.locator("#lane-2 .headline")).to_contain_text("Free")


def test_a_referred_vehicle_stands_out_and_one_key_chooses_the_near_plate(gate: Gate, eventually: Eventually) -> None:
    page = gate.signed_in()
    refer(gate)
    expect(page.locator("#lane-1 .headline")).to_contain_text("Your decision")
    expect(page.locator("#lane-1 .near-one")).to_contain_text("7-1502")
    expect(page.locator("#lane-1 .near-one .plate .differs")).to_have_text("S")
    assert page.title().startswith("(1) ")
    page.keyboard.press("1")
    page.keyboard.press("a")
    expect(page.locator(".result-done")).to_contain_text("Correct plate")
    (order,) = gate.box.orders
    assert (order.order.value, order.plate, order.reason, order.passage) == (
        "correct_plate",
        "粤B1234S",
        "near_miss",
        "p-1",
    )
    events = gate.box.reader.passage_events("p-1")
    assert [event["type"] for event in events] == [EventType.PLATE_CORRECTED]


def test_a_character_that_the_camera_doubted_is_marked_on_the_lane_and_afterwards_in_its_story(gate: Gate) -> None:
    page = gate.signed_in()
    told = [{"position": 4, "char": "3", "margin": 117, "others": "8B"}]
    named = {"plate": "粤B12345", "plate_kind": "small", "color": "blue", "doubtful": told}
    seen = passing(id="p-1", reason="plate_doubtful", started_at=gate.box.clock.utc_us(), **named)
    gate.box.show("south-in", view(passage=seen))
    expect(page.locator("#lane-1 .plate.large .doubtful")).to_have_text("3")
    gate.box.passage(
        "south-in", EventType.ACCESS_REFERRED, "p-1", "rule:R6", side="entry", reason="plate_doubtful", **named
    )
    page.goto(f"{gate.base}/passages/p-1")
    expect(page.locator(".about .plate .doubtful")).to_have_text("3")
    expect(page.locator(".story")).to_contain_text("character 5 read 3, perhaps 8 or B")


def test_the_plate_is_shown_cut_out_of_its_picture_where_the_camera_saw_it(gate: Gate) -> None:
    page = gate.signed_in()
    shot = np.full((720, 1280, 3), 40, np.uint8)
    shot[360:400, 512:640] = (0, 200, 255)  # what the camera calls the plate
    name = gate.box.picture(cv2.imencode(".jpg", shot)[1].tobytes())
    box = [4000, 2812, 5000, 3125]
    seen = passing(picture=name, close_up={"picture": name, "box": box}, started_at=gate.box.clock.utc_us())
    gate.box.show("south-in", view(passage=seen))
    close_up = page.locator("#lane-1 .close-up")
    expect(close_up).to_be_visible()
    close_up.locator("image").evaluate("image => image.decode()")
    taken = cv2.imdecode(np.frombuffer(close_up.screenshot(), np.uint8), cv2.IMREAD_COLOR)
    height, width = taken.shape[:2]
    plate = taken[height // 3 : -height // 3, width // 6 : -width // 6].reshape(-1, 3).mean(axis=0)
    assert np.abs(plate - (0, 200, 255)).max() < 20, "it fills the close-up"
    edge = taken[height // 3 : -height // 3, 4 : width // 20].reshape(-1, 3).mean(axis=0)
    assert edge.max() < 90, "with a little of what is about it"


def shot_of(gate: Gate) -> str:
    """A picture of the least size that a camera writes."""
    return gate.box.picture(cv2.imencode(".jpg", np.full((720, 1280, 3), 40, np.uint8))[1].tobytes())


@pytest.mark.parametrize("size", [(1366, 768), (390, 844), (1024, 600)])
def test_the_close_up_does_not_lie_on_the_plate_in_the_picture(gate: Gate, size: tuple[int, int]) -> None:
    page, name = gate.signed_in(), shot_of(gate)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    boxes = ((4700, 700, 6200, 1100), (2600, 2900, 3600, 3500), (300, 300, 1500, 900), (8000, 4800, 9600, 5400))
    for number, (box, near) in enumerate(product(boxes, ([], NEAR))):
        close_up = {"picture": name, "box": list(box)}
        gate.box.show("south-in", view(passage=passing(id=f"p-{number}", picture=name, close_up=close_up, near=near)))
        expect(page.locator(f"#lane-1 .card[data-passage=p-{number}] .close-up")).to_be_visible()
        over = page.locator("#lane-1 .close-up").bounding_box()
        whole = page.locator("#lane-1 .picture img").bounding_box()
        assert over is not None
        assert whole is not None
        scale = min(whole["width"] / 10_000, whole["height"] / 5_625)  # as object-fit: contain lays the picture
        left, top = whole["x"] + whole["width"] / 2 - 5_000 * scale, whole["y"] + whole["height"] / 2 - 2_812.5 * scale
        x0, y0, x1, y1 = left + box[0] * scale, top + box[1] * scale, left + box[2] * scale, top + box[3] * scale
        wide = max(0.0, min(x1, over["x"] + over["width"]) - max(x0, over["x"]))
        tall = max(0.0, min(y1, over["y"] + over["height"]) - max(y0, over["y"]))
        assert wide * tall < 0.1 * (x1 - x0) * (y1 - y0), (box, bool(near))


def test_on_a_telephone_the_plate_stands_close_up_where_it_is_corrected(gate: Gate) -> None:
    page, name = gate.signed_in(), shot_of(gate)
    page.set_viewport_size({"width": 390, "height": 844})
    seen = passing(picture=name, close_up={"picture": name, "box": [4000, 3000, 5000, 3300]})
    gate.box.show("south-in", view(passage=seen))
    page.locator("#lane-1 [data-order=correct_plate]").click()
    expect(page.locator("dialog.order .near-look .close-up")).to_be_visible()
    expect(page.locator("dialog.order input[name=plate]")).to_be_in_viewport()


def test_a_picture_that_is_gone_has_no_close_up(gate: Gate) -> None:
    page = gate.signed_in()
    seen = passing(picture="f" * 64, close_up={"picture": "f" * 64, "box": [4000, 3000, 5000, 3300]})
    gate.box.show("south-in", view(passage=seen))
    expect(page.locator("#lane-1 .close-up")).to_be_attached()
    expect(page.locator("#lane-1 .close-up")).to_be_hidden()


def test_a_passage_s_page_keeps_what_its_plate_was_decided_by_until_another_is_typed(gate: Gate) -> None:
    page, entry = gate.signed_in(), "south-in"
    told = [{"position": 6, "char": "5", "margin": 40, "others": "S"}]
    named = {"plate": "粤B12345", "plate_kind": "small", "color": "blue", "side": "entry"}
    decided = {"picture": shot_of(gate), "plate_box": [4000, 3000, 5000, 3300], "doubtful": told}

    def seen() -> tuple[int, int]:
        page.goto(f"{gate.base}/passages/p-1")
        return page.locator(".shot .close-up").count(), page.locator(".about .doubtful").count()

    gate.box.passage(entry, EventType.ACCESS_REFERRED, "p-1", "rule:R6", reason="plate_doubtful", **named, **decided)
    assert seen() == (1, 1)
    gate.box.passage(entry, EventType.PICTURE_TAKEN, "p-1", "cam", role="decision", sha256=shot_of(gate))
    gate.box.passage(entry, EventType.ACCESS_DENIED, "p-1", "user:guard", side="entry", reason="refused_by_guard")
    assert seen() == (1, 1)
    gate.box.passage(entry, EventType.PLATE_CORRECTED, "p-1", "user:guard", was="粤B12345", plate="粤B92345")
    assert seen() == (0, 0)


def test_what_another_version_wrote_of_a_plate_never_takes_a_page_away(gate: Gate) -> None:
    page = gate.signed_in()
    odd = {"doubtful": [{"n": 1}, 7], "plate_box": ["a"], "plate": "粤B12345", "side": "entry"}
    gate.box.passage("south-in", EventType.ACCESS_REFERRED, "p-1", "rule:R6", reason="plate_doubtful", **odd)
    answer = page.goto(f"{gate.base}/passages/p-1")
    assert answer is not None
    assert answer.status == 200
    gate.box.show("south-in", view(passage=passing(doubtful=[{"n": 1}], close_up="x")))
    page.goto(gate.base + "/")
    expect(page.locator("#lane-1 .plate.large")).to_have_attribute("aria-label", "粤B12345")


def test_opening_by_hand_takes_a_reason_and_four_keys_and_stands_in_the_log(gate: Gate) -> None:
    page = gate.signed_in()
    refer(gate)
    expect(page.locator("#lane-1 .headline")).to_contain_text("Your decision")
    page.keyboard.press("1")
    page.keyboard.press("o")
    expect(page.locator("dialog.order h2")).to_contain_text("Open")
    expect(page.locator("dialog .give")).to_be_disabled()
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(page.locator(".result-done")).to_contain_text("Carried out: Open")
    expect(page.locator("#lane-1 .headline")).to_contain_text("Opened by hand")
    expect(page.locator("#lane-1 .why")).to_have_text("Visitor, host confirmed")
    (event,) = gate.box.reader.passage_events("p-1")
    assert (event["type"], event["actor"], event["body"]["reason"]) == (
        "ManualOpening",
        "user:guard",
        "visitor_confirmed",
    )


def test_other_is_no_reason_without_a_word_on_it(gate: Gate) -> None:
    page = gate.signed_in()
    refer(gate)
    expect(page.locator("#lane-1 .near-one")).to_be_visible()
    page.locator("#lane-1 .do-open").click()
    page.locator("[data-reason=other]").click()
    expect(page.locator("dialog .give")).to_be_disabled()
    page.keyboard.type("校车")
    page.keyboard.press("Enter")
    expect(page.locator(".result-done")).to_be_visible()
    (order,) = gate.box.orders
    assert order.remark.clear == "校车"
    assert gate.box.reader.text_of_digest(order.remark.digest) == "校车"


def test_pressing_enter_twice_gives_one_order(gate: Gate) -> None:
    page = gate.signed_in()
    refer(gate)
    expect(page.locator("#lane-1 .near-one")).to_be_visible()
    page.locator("#lane-1 .do-open").click()
    page.keyboard.press("1")
    enter = "new KeyboardEvent('keydown', {key: 'Enter', bubbles: true})"
    form = "document.querySelector('dialog form')"
    page.evaluate(f"() => {{ for (let n = 0; n < 5; n++) {form}.dispatchEvent({enter}); }}")
    expect(page.locator(".result-done")).to_be_visible()
    assert len(gate.box.orders) == 1


def test_a_slow_click_cannot_open_for_the_next_vehicle(gate: Gate) -> None:
    page = gate.signed_in()
    refer(gate, "p-1")
    expect(page.locator("#lane-1 .near-one")).to_be_visible()
    page.locator("#lane-1 .do-open").click()
    refer(gate, "p-2")
    expect(page.locator("dialog .changed")).to_be_visible()
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.locator(".result-refused")).to_be_visible()
    assert gate.box.orders[0].passage == "p-1"
    assert gate.box.reader.order_result(gate.box.orders[0].id)["reason"] == "other_passage"


def test_a_guard_holds_a_lane_open_only_with_a_leader_and_a_code_works_once(gate: Gate) -> None:
    gate.desk.people.add("班长", Role.LEADER, PASSWORD, by="test", at=0)
    (code,) = gate.desk.people.make_codes("班长", 1, by="test", at=0)
    page = gate.signed_in()
    for attempt in ("done", "wrong"):
        page.keyboard.press("2")
        page.keyboard.press("h")
        page.keyboard.press("2")
        expect(page.locator("dialog .approval")).to_be_visible()
        page.fill("#order-approver", "班长")
        page.fill("#order-secret", code)
        page.keyboard.press("Enter")
        if attempt == "done":
            expect(page.locator(".result-done")).to_be_visible()
        else:
            expect(page.locator("dialog .wrong")).to_contain_text("wrong")
    (order,) = gate.box.orders
    assert (order.user, order.approver, order.role) == ("guard", "班长", Role.LEADER)


def test_an_emergency_asks_nobody_first(gate: Gate) -> None:
    page = gate.signed_in()
    page.keyboard.press("h")
    page.keyboard.press("1")
    expect(page.locator("dialog .approval")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.locator(".result-done")).to_be_visible()
    assert gate.box.orders[0].reason == "emergency"


def test_chinese_and_english_are_one_click_apart(gate: Gate) -> None:
    page = gate.signed_in(language="zh-CN")
    refer(gate)
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(page.locator("#lane-1 .headline")).to_contain_text("请您决定")
    expect(page.locator("#lane-1 .do-open")).to_contain_text("放行")
    page.get_by_role("button", name="English").click()
    expect(page.locator("#lane-1 .headline")).to_contain_text("Your decision")
    page.get_by_role("button", name="繁體中文").click()
    expect(page.locator("#lane-1 .headline")).to_contain_text("請您決定")


def test_focus_and_open_menus_survive_what_happens_on_the_lane(gate: Gate) -> None:
    page = gate.signed_in()
    page.locator("#lane-1 .more summary").click()
    page.locator("#lane-1 .more .do-lock").focus()
    gate.box.show("south-in", view(arm="up"))
    expect(page.locator("#lane-1 .arm")).to_contain_text("Arm up")
    expect(page.locator("#lane-1 .more .do-lock")).to_be_focused()


def test_an_alarm_stands_on_top_until_somebody_has_seen_it(gate: Gate) -> None:
    page = gate.signed_in()
    gate.box.passage("south-out", EventType.ALARM_RAISED, "", "rule:R12", alarm="forced:south-out", kind="forced")
    expect(page.locator(".alarm")).to_contain_text("Forced passage")
    page.locator(".alarm input").fill("photographed, police called")
    page.locator(".alarm button").click()
    expect(page.locator(".alarm")).to_have_count(0)
    page.goto(gate.base + "/alarms")
    expect(page.locator("table")).to_contain_text("seen by guard")
    expect(page.locator("table")).to_contain_text("photographed, police called")


def test_the_page_says_since_when_it_is_stale(gate: Gate) -> None:
    page = gate.signed_in()
    expect(page.locator("#stale")).to_be_hidden()
    gate.server.stop()
    page.evaluate("() => { gate.heardAt -= 60000; }")
    expect(page.locator("#stale")).to_be_visible()
    expect(page.locator("#stale")).to_contain_text(":")
    expect(page.locator("body.is-stale")).to_have_count(1)


def test_the_page_fits_a_telephone_without_scrolling_sideways(gate: Gate) -> None:
    page = gate.signed_in(size=(390, 844))
    refer(gate)
    expect(page.locator("#lane-1 .near-one")).to_be_visible()
    for path in ("/", "/passages", "/inside", "/alarms", "/devices"):
        page.goto(gate.base + path)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390, (path, wide)


def test_every_key_of_the_list_is_a_button_on_some_lane_or_a_page_key(gate: Gate) -> None:
    page = gate.signed_in(Role.LEADER)
    page.keyboard.press("?")
    expect(page.locator("dialog.keys")).to_be_visible()
    keys = set(page.locator("dialog.keys kbd").all_inner_texts())
    assert {"O", "R", "C", "P", "L", "U", "H", "E", "X", "S", "F", "N", "M", "A", "/", "?"} <= keys
    page.keyboard.press("Escape")
    expect(page.locator("dialog.keys")).to_be_hidden()


def test_a_passage_is_found_by_part_of_its_plate_and_tells_why(gate: Gate) -> None:
    told = {"side": "entry", "direction": "entry", "plate": "粤B8K2P6", "plate_kind": "small", "color": "blue"}
    gate.box.passage(
        "south-in", EventType.ACCESS_GRANTED, "p-9", "camera:cam-in", reason="pass_valid", waited_us=90_000, **told
    )
    gate.box.passage("south-in", EventType.PASSAGE_COMPLETED, "p-9", **told)
    gate.box.passage("south-in", EventType.PASSAGE_TURNED_AWAY, "p-8", **{**told, "plate": "湘A00001"})
    page = gate.signed_in()
    page.keyboard.press("/")
    page.wait_for_url("**/passages*")  # loaded: before that its script hears no key
    expect(page.locator("#rows tbody tr")).to_have_count(2)
    page.keyboard.type("8k2")
    expect(page.locator("#rows tbody tr")).to_have_count(1)
    page.locator("#rows tbody a").first.click(delay=600)  # longer than a search takes: the row stays under the finger
    expect(page.locator(".story")).to_contain_text("Admitted: The pass is valid")
    expect(page.locator(".story")).to_contain_text("(took 90 ms)")
