"""What is drawn: tones, plates, cards, times, texts, and the look that all pages share."""

import re
from pathlib import Path
from typing import Any

import pytest

from controller.booth import times
from controller.booth.cards import card
from controller.booth.desk import desk
from controller.booth.plate_view import CloseUp, close_up, drawn, plate_view
from controller.booth.render import environment, part
from controller.booth.texts import LANGUAGES, TABLE
from controller.booth.tones import tone_of
from controller.domain.reasons import Reason
from controller.domain.rules import LaneRules, SiteRules
from controller.domain.state import initial_state
from controller.domain.terms import LaneDirection, LaneKind, LaneMode, Order
from controller.domain.texts import ground, why
from controller.domain.view import lane_view
from tests.booth.fakes import LANES, NEAR, Box, Owners, passing, view

UNKNOWN = {"arming": "unknown", "closing": "unknown", "leaving": "absent", "photocell": "unknown"}


@pytest.mark.parametrize(
    ("seen", "tone", "wants"),
    [
        (view(), "idle", False),
        (view(passage=passing(phase="arrived", verdict="", reason="")), "reading", False),
        (view(passage=passing()), "referred", True),
        (view(passage=passing(phase="denied", verdict="deny")), "denied", True),
        (view(passage=passing(phase="opening", verdict="grant")), "granted", False),
        (view(passage=passing(phase="crossing", verdict="grant")), "granted", False),
        (view(passage=passing(phase="open", verdict="grant", mismatched=True)), "mismatch", True),
        (view(passage=passing(phase="referred", mismatched=True)), "referred", True),
        (view(passage=passing(phase="open", verdict="refer", opened_by="user:li")), "manual", False),
        (view(passage=passing(phase="intruding", verdict="deny")), "alarm", True),
        (view(mode="fire", passage=passing()), "fire", True),
        (view(mode="locked"), "locked", False),
        (view(mode="held_open"), "held", False),
        (view(fault="stuck_arm"), "fault", True),
        (view(fault="device_lost"), "fault", False),
        (view(fault="device_lost", passage=passing(phase="arrived", verdict="", reason="")), "reading", False),
        (view(fault="inputs_unknown"), "idle", False),
        (view(arm="unknown", loops=UNKNOWN), "unknown", False),
        (view(mode="locked", passage=passing(phase="denied", verdict="deny")), "denied", True),
    ],
)
def test_every_state_of_a_lane_has_one_tone(seen: dict[str, Any], tone: str, wants: bool) -> None:
    found = tone_of(seen)
    assert (found.name, found.wants) == (tone, wants)


@pytest.mark.parametrize(
    ("text", "kind", "color", "ground", "red"),
    [
        ("粤B12345", "small", "blue", "blue", ""),
        ("粤BD12345", "nev_small", "green", "green", ""),
        ("粤B12345D", "nev_large", "yellow_green", "yellow_green", ""),
        ("粤B1234警", "police", "white", "white", "警"),
        ("粤X1234应急", "emergency", "white", "white", "应急"),
        ("粤Z1234港", "hong_kong", "black", "black", ""),
        ("123456使", "embassy", "black", "black", "使"),
        ("粤B1234学", "coach", "yellow", "yellow", ""),
        ("粤B12345", "large", "", "yellow", ""),
    ],
)
def test_a_plate_is_drawn_as_it_looks(text: str, kind: str, color: str, ground: str, red: str) -> None:
    drawn = plate_view(text, color, kind)
    assert drawn.ground == ground
    assert "".join(one.char for one in drawn.chars) == text
    assert "".join(one.char for one in drawn.chars if one.role == "red") == red


def test_a_character_that_was_not_read_and_one_that_differs_are_marked() -> None:
    assert [one.role for one in plate_view("粤B?2", "blue").chars] == ["", "", "unread", ""]
    assert plate_view("粤B1234S", "blue", marks={6: "differs"}).chars[6].role == "differs"


def test_a_character_in_doubt_is_marked_and_one_that_was_not_read_stays_an_empty_box() -> None:
    told = [{"position": n, "char": char, "margin": 9, "others": ""} for n, char in ((2, "1"), (6, "?"))]
    seen = drawn({"plate": "粤B1234?", "color": "blue", "doubtful": told})
    assert seen is not None
    assert [one.role for one in seen.chars] == ["", "", "doubtful", "", "", "", "unread"]
    assert drawn({"plate": ""}) is None


@pytest.mark.parametrize(
    "told", [7, "x", [7], ["x"], [{"n": 1}], [{"position": "6", "char": "5", "margin": 1, "others": ""}],
             [{"position": -1, "char": "5", "margin": 1, "others": ""}], [{"position": 6, "char": "5"}]]
)  # fmt: skip
def test_what_another_version_wrote_of_doubts_is_left_out(told: object) -> None:
    seen = drawn({"plate": "粤B12345", "color": "blue", "doubtful": told})
    assert seen is not None
    assert {one.role for one in seen.chars} == {""}


def test_a_plate_s_place_in_its_picture_is_shown_with_a_little_of_what_is_about_it() -> None:
    seen = close_up({"close_up": {"picture": "a" * 64, "box": [4000, 3000, 5000, 3300]}})
    assert seen == CloseUp("a" * 64, "3900 2900 1200 500")


@pytest.mark.parametrize(
    "told",
    [
        None, "x", 3, [1], {}, {"picture": "a"}, {"picture": "", "box": [0, 0, 1, 1]}, {"picture": "a", "box": []},
        {"picture": "a", "box": 7}, {"picture": "a", "box": list("abcd")}, {"picture": "a", "box": [5, 0, 4, 1]},
    ],
)  # fmt: skip
def test_without_a_place_there_is_no_close_up(told: object) -> None:
    assert close_up({"close_up": told}) is None


def test_a_near_miss_says_which_character_and_whose_vehicle() -> None:
    shown = card(1, LANES[0], view(passage=passing(near=NEAR)), Owners().owner_of, "en")
    (near,) = shown.near
    assert (near.key, near.plate, near.unit) == ("A", "粤B1234S", "7-1502")
    assert near.difference == "character 7 differs: read 5, is S"
    assert not any(button.strong for button in shown.buttons), "opening is not the first thing to press"


def test_near_plates_are_gone_once_the_lane_opens() -> None:
    assert card(1, LANES[0], view(passage=passing(near=NEAR, phase="opening")), Owners().owner_of, "en").near == ()


@pytest.mark.parametrize("mode", list(LaneMode))
def test_the_way_out_of_a_mode_is_a_button_in_front(mode: LaneMode) -> None:
    front = {
        one.order
        for one in card(1, LANES[0], view(mode=mode.value), Owners().owner_of, "en").buttons
        if one.place == "main"
    }
    way_out = {LaneMode.LOCKED: Order.UNLOCK, LaneMode.HELD_OPEN: Order.RELEASE, LaneMode.FIRE: Order.RESET_FIRE}
    assert front == {"open"} | ({way_out[mode].value} if mode in way_out else set())


def test_a_card_whose_arm_opened_for_another_vehicle_says_for_whom_and_names_nobody_as_the_plate_s() -> None:
    seen = passing(phase="open", verdict="grant", reason="near_miss_accepted", plate="粤B12348", vehicle="v2",
                   registered_plate="粤B1234S", mismatched=True)  # fmt: skip
    shown = card(1, LANES[0], view(passage=seen), Owners().owner_of, "en")
    assert (shown.headline, shown.reason) == ("Opened for another vehicle", "Meant for 粤B1234S (7-1502)")
    assert (shown.owner, shown.unit) == ("", "")
    assert shown.plate is not None and "".join(one.char for one in shown.plate.chars) == "粤B12348"


def test_one_key_is_one_order_on_a_card() -> None:
    for seen in (view(), view(mode="staffed"), view(mode="fire", passage=passing(near=NEAR))):
        shown = card(1, LANES[0], seen, Owners().owner_of, "en")
        keys = [one.key for one in shown.buttons] + [one.key for one in shown.near]
        assert len(keys) == len(set(keys))


@pytest.mark.parametrize("kind", list(LaneKind))
@pytest.mark.parametrize("language", [code for code, _ in LANGUAGES])
def test_the_cores_own_first_view_of_a_lane_can_be_drawn(tmp_path: Path, kind: LaneKind, language: str) -> None:
    rules = SiteRules(
        site="s", box="b", lanes=(LaneRules(id="south-in", name="x", kind=kind, direction=LaneDirection.ENTRY),)
    )
    seen = lane_view(initial_state(rules).lanes["south-in"])
    shown = card(1, LANES[0] if kind is LaneKind.VEHICLE else LANES[3], seen, Owners().owner_of, language)
    assert shown.tone.name == "unknown"
    assert shown.headline in part("live/lane.html", language, card=shown, offset=480)


def test_every_reason_of_the_core_has_words_in_every_language() -> None:
    for language, _ in LANGUAGES:
        for reason in Reason:
            assert why(reason.value, language) != reason.value, (language, reason)
    assert why("a_reason_of_next_year", "en") == "a_reason_of_next_year"
    assert ground("visitor_confirmed", "en") == "Visitor, host confirmed"


def test_every_text_stands_in_three_languages_with_the_same_places_to_fill() -> None:
    for key, words in TABLE.items():
        assert all(words), key
        assert len({tuple(sorted(re.findall(r"\{\w+\}", one))) for one in words}) == 1, key


def test_every_text_that_a_template_asks_for_is_there() -> None:
    folder = Path(environment().loader.searchpath[0])  # type: ignore[union-attr]
    asked = {
        key for path in folder.rglob("*.html") for key in re.findall(r'\bt\("([\w.]+)"[,)]', path.read_text("utf-8"))
    }
    assert len(asked) > 60
    assert asked <= set(TABLE), asked - set(TABLE)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3600, "1 h"), (93_000, "25 h"), (400_000, "4 days")],
)
def test_an_age_is_told_in_its_largest_whole_unit(seconds: int, words: str) -> None:
    assert times.age("en", seconds) == words


def test_times_are_the_sites_own() -> None:
    assert times.stamp("2026-11-21T22:26:40.500000Z", 480) == "11-22 06:26:40"
    assert times.typed("2026-11-22T06:26", 480) == times.micros("2026-11-21T22:26:00.000000Z")
    assert times.typed("yesterday", 480) is None


def test_ten_pages_share_one_look_and_nothing_is_drawn_twice(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.reads.views = {"south-in": view(), "south-out": view()}
    made = desk(box.context)
    try:
        before = box.reads.looks
        assert all(made.live.parts("en") is made.live.parts("en") for _ in range(10))
        assert box.reads.looks == before
    finally:
        made.hasher.stop()
        made.store.close()


def test_hostile_words_are_shown_and_never_run(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.reads.views = {"south-in": view(passage=passing(plate="<img src=x>", near=[{**NEAR[0], "unit": '"><script>'}]))}
    made = desk(box.context)
    try:
        html = made.live.parts("en")["lane-south-in"]
    finally:
        made.hasher.stop()
        made.store.close()
    assert "<script>" not in html
    assert "<img src=x>" not in html


def test_every_alarm_that_the_core_or_the_daemon_raises_has_words() -> None:
    sources = [path.read_text("utf-8") for path in Path("controller").rglob("*.py") if "booth" not in path.parts]
    patterns = (
        r'raise_alarm\(\s*"(\w+)"',
        r'alarms=\("(\w+)"',
        r'BoxAlarm\([^)]*?alarm="(\w+)"',
        r'steps\.alarm\(turn, \w+, "(\w+)"',
        r'_box_alarm\("(\w+)"',
        r'    alarm\(turn, \w+, "(\w+)"',
    )
    kinds = {kind for text in sources for pattern in patterns for kind in re.findall(pattern, text)}
    assert len(kinds) > 10
    assert {kind for kind in kinds if f"alarm.{kind}" not in TABLE} == set()
