"""Words and drawings: a text per reason and language, display lines, the lane as a page shows it (R23)."""

import json
from typing import Any

import pytest

from controller.booth.reasons import REASONS
from controller.domain.canonical import canonical_json
from controller.domain.known import NearMiss
from controller.domain.reasons import Reason
from controller.domain.rules import LaneRules
from controller.domain.state import DoubtSeen
from controller.domain.terms import Order
from controller.domain.texts import LANGUAGES, LINE, PHRASES, doubt, ground, lines, next_step, phrase, reason_by, why
from controller.domain.texts_grounds import GROUNDS
from controller.domain.texts_reasons import NEXT, WHY
from controller.domain.view import lane_view
from tests.domain.world import ON, World, foot_lane, right, vehicle


def test_every_reason_has_a_text_in_every_language() -> None:
    assert set(WHY) == set(Reason)
    for table in (WHY, NEXT):
        for reason, text in table.items():
            assert set(text) == set(LANGUAGES), reason
            assert all(text.values()), reason


def test_every_refusal_says_what_to_do_next() -> None:
    refused = [
        r for r in Reason if r.value.startswith(("card_", "right_", "plate_", "wrong_", "near_miss", "unknown_"))
    ]
    silent = {Reason.NEAR_MISS_ACCEPTED, Reason.UNKNOWN_LANE, Reason.UNKNOWN_ORDER}
    assert [r for r in refused if r not in NEXT and r not in silent] == []


def test_a_reason_of_the_sites_own_list_is_shown_as_it_is() -> None:
    assert why("own-code", "en") == "own-code"
    assert next_step("own-code", "en") == ""
    assert why("expired", "xx") == WHY[Reason.EXPIRED]["en"]


@pytest.mark.parametrize("name", PHRASES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_r23_no_phrase_shows_a_brace_and_chinese_lines_have_at_most_eight_characters(name: str, language: str) -> None:
    text = phrase(name, language)
    assert "{" not in text
    if language != "en":
        assert all(0 < len(line) <= LINE for line in lines(text))
    else:
        assert all(0 < len(line) <= 2 * LINE for line in lines(text))


def test_r23_a_phrase_is_filled_with_its_values() -> None:
    assert (
        phrase("fee", "zh-Hans", {"duration": "2小时", "amount": "10"}) == "本次停车2小时,请缴费10元,扫码、现金均可。"
    )


def view_of(world: World, lane: str = "n") -> dict[str, Any]:
    view = lane_view(world.lane(lane))
    assert json.loads(json.dumps(view)) == view
    canonical_json(view, any_keys=True)
    return view


def arrived(*, near: bool = False) -> World:
    """A vehicle stands at the arm; `near`: of 粤B12345 a registered plate is near, 粤B1234S."""
    world = World()
    if near:
        file = vehicle("粤B1234S", unit="3-201")
        miss = NearMiss(vehicle=file, difference="confusion", position=6, rights=(right(),))
        world.registry.near["粤B12345"] = (miss,)
    world.start()
    world.scan()
    world.scan(arming=ON)
    return world


def test_the_view_names_the_near_miss_as_the_guard_needs_it() -> None:
    world = arrived(near=True)
    world.plate("粤B12345")
    passage = view_of(world)["passage"]
    assert passage["needs_person"] is True
    assert "read 粤B12345; 粤B1234S of 3-201 differs in one character" in passage["says"]["en"]["why"]
    assert passage["says"]["zh-Hans"]["next"]
    assert passage["near"][0]["plate"] == "粤B1234S"


@pytest.mark.parametrize(
    ("doubtful", "hans", "en"),
    [
        ([(6, "5", "SB38")], "第7位读作 5,可能是 S或B", "character 7 read 5, perhaps S or B"),
        ([(0, "粤", "")], "第1位 粤 存疑", "character 1, 粤, is in doubt"),
        ([(6, "?", "SD")], "第7位未能识别", "character 7 was not read"),
        (
            [(2, "1", "7"), (6, "5", "S")],
            "第3位读作 1,可能是 7;第7位读作 5,可能是 S",
            "character 3 read 1, perhaps 7; character 7 read 5, perhaps S",
        ),
        ([(0, "粤", "皖"), (2, "1", "7"), (6, "5", "S")], "第1、3、7位存疑", "characters 1, 3, 7 are in doubt"),
        (
            [(n, char, "") for n, char in enumerate("粤BD2345")],
            "整个车牌存疑,可能缺字或多字",
            "all of it is in doubt, perhaps a character is missing or one too many",
        ),
        (
            [(n, char, "") for n, char in enumerate("粤BD234")],
            "第1、2、3、4、5、6位存疑",
            "characters 1, 2, 3, 4, 5, 6 are in doubt",
        ),
    ],
)
def test_doubtful_characters_are_named_with_what_else_they_may_be(
    doubtful: list[tuple[int, str, str]], hans: str, en: str
) -> None:
    told = [DoubtSeen(position=n, char=char, margin=9, others=others) for n, char, others in doubtful]
    assert (doubt(told, "粤BD2345", "zh-Hans"), doubt(told, "粤BD2345", "en")) == (hans, en)


def test_the_view_says_which_character_of_a_referred_plate_is_in_doubt() -> None:
    world = arrived()
    world.registry.add_vehicle("粤B12345")
    world.plate("粤B12345", weak={6: (40, "S")})
    passage = view_of(world)["passage"]
    assert passage["says"]["en"]["why"] == "The plate was read with doubt: character 7 read 5, perhaps S"
    assert passage["doubtful"] == [{"position": 6, "char": "5", "margin": 40, "others": "S"}]


def test_beside_another_reason_the_doubt_is_a_sentence_of_its_own() -> None:
    world = arrived()
    world.plate("粤B77777", weak={6: (40, "Z")})
    says = view_of(world)["passage"]["says"]
    assert says["en"]["why"] == "The plate is not registered; character 7 read 7, perhaps Z"
    assert says["zh-Hans"]["why"].endswith(";第7位读作 7,可能是 Z")


def test_beside_a_near_plate_only_what_it_does_not_name_is_said_to_be_in_doubt() -> None:
    world = arrived(near=True)
    world.plate("粤B12345", weak={2: (40, "7"), 6: (50, "S")})
    why_ = view_of(world)["passage"]["says"]["en"]["why"]
    assert why_.endswith("粤B1234S of 3-201 differs in one character; character 3 read 1, perhaps 7")


def test_a_doubt_ends_with_the_reading_that_it_was_about() -> None:
    world = arrived()
    world.plate("粤B12345", weak={6: (40, "S")})
    world.guard(Order.OPEN, reason="resident_known")
    world.arm_up()
    assert [each["position"] for each in view_of(world)["passage"]["doubtful"]] == [6]
    world.plate("粤B82345")
    passage = view_of(world)["passage"]
    assert (passage["plate"], passage["doubtful"]) == ("粤B82345", [])


def test_the_view_says_where_the_plate_is_also_when_a_guard_has_corrected_it() -> None:
    world = arrived()
    assert view_of(world)["passage"]["close_up"] is None
    world.plate("粤B1234S", picture="a" * 64, box=(4000, 3000, 5000, 3300))
    close_up = {"picture": "a" * 64, "box": [4000, 3000, 5000, 3300]}
    assert view_of(world)["passage"]["close_up"] == close_up
    world.guard(Order.CORRECT_PLATE, plate="粤B12345", reason="misread")
    passage = view_of(world)["passage"]
    assert (passage["plate"], passage["close_up"]) == ("粤B12345", close_up)


def test_the_view_of_an_empty_lane_and_of_a_gate_are_plain_values() -> None:
    world = World(LaneRules(id="n", name="n"), foot_lane())
    assert view_of(world)["passage"] is None
    assert view_of(world)["fault"] == "inputs_unknown"
    world.start()
    world.scan()
    assert view_of(world)["fault"] == ""
    assert view_of(world)["arm"] == "down"
    assert view_of(world, "gate")["kind"] == "foot"
    world.door()
    world.card("26:0:0", lane="gate")
    view_of(world, "gate")


def test_the_view_shows_the_vehicle_that_waits_while_another_is_passing() -> None:
    world = World()
    world.registry.add_card()
    world.start()
    world.scan()
    world.scan(arming=ON)
    world.card()
    world.arm_up()
    first = view_of(world)["passage"]["id"]
    world.scan(closing=ON)
    world.scan(arming=ON)
    assert view_of(world)["passage"]["id"] == first
    world.scan(arming=world.inputs["n"]["fire"])
    world.scan(arming=ON)
    assert view_of(world)["passage"]["id"] != first
    assert view_of(world)["waiting"] == 1


def test_every_ground_that_a_page_offers_has_words_in_every_language() -> None:
    offered = {code for codes in REASONS.values() for code in codes}
    assert offered == set(GROUNDS)
    for code, words in GROUNDS.items():
        assert tuple(words) == LANGUAGES, code
        assert all(words.values()), code


def test_a_code_that_both_have_is_the_person_s_ground_where_a_person_decided_and_the_lane_s_reason_where_not() -> None:
    code = Reason.PLATE_UNREADABLE.value
    assert reason_by("user:wang", code, "en") == ground(code, "en") == "Plate unreadable, checked by eye"
    assert reason_by("camera:cam-entry", code, "en") == why(code, "en") == "A character of the plate could not be read"
