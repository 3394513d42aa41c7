"""What the guard sees of what the camera is not sure of: no plate, a doubtful character, the bodywork (R25, R4)."""

from typing import Any

import pytest

from controller.booth.cards import Card, card
from controller.booth.render import part
from controller.booth.texts import LANGUAGES, TABLE
from controller.domain.rules import LaneRules
from controller.domain.state import DoubtSeen
from controller.domain.terms import Evidence
from controller.domain.texts import doubt
from controller.domain.view import lane_view
from drivers.camera.vehicle_color import COLORS
from tests.booth.fakes import LANES, Owners, passing, view
from tests.domain.world import ON, World

SAID = {"zh-Hans": "有车,但看不到车牌", "zh-Hant": "有車,但看不到車牌", "en": "no plate is seen"}


def shown(evidence: Evidence, language: str, **plate: Any) -> Card:
    """The card of a lane at which the core was told what the camera saw."""
    world = World(LaneRules(id="n", name="North", cameras=("cam",), readers=("r",), evidence=evidence))
    world.start()
    world.scan()
    world.scan(arming=ON)
    if plate:
        world.plate(**plate)
    else:
        world.no_plate()
    return card(1, LANES[0], lane_view(world.lane()), Owners().owner_of, language)


@pytest.mark.parametrize("language", [code for code, _name in LANGUAGES])
@pytest.mark.parametrize(
    ("evidence", "tone"), [(Evidence.PLATE, "referred"), (Evidence.EITHER, "reading"), (Evidence.BOTH, "reading")]
)
def test_r25_the_guard_reads_that_no_plate_is_seen_and_what_to_do_and_sees_the_picture(
    evidence: Evidence, tone: str, language: str
) -> None:
    found = shown(evidence, language)
    assert found.tone.name == tone
    assert SAID[language] in found.reason
    assert found.next_step
    assert found.picture == "u" * 8
    html = part("live/lane.html", language, card=found, offset=480)
    assert found.reason in html
    assert f"/api/v1/pictures/{found.picture}" in html
    assert TABLE["live.plate_unseen"][[code for code, _name in LANGUAGES].index(language)] in html


@pytest.mark.parametrize("language", [code for code, _name in LANGUAGES])
def test_the_guard_sees_which_character_is_in_doubt_and_reads_what_else_it_may_be(language: str) -> None:
    found = shown(Evidence.PLATE, language, text="粤B12345", weak={6: (40, "S")})
    assert found.doubt == doubt([DoubtSeen(position=6, char="5", margin=40, others="S")], "粤B12345", language)
    assert found.doubt in found.reason
    html = part("live/lane.html", language, card=found, offset=480)
    assert '<span class="doubtful">5</span>' in html
    assert f'title="{found.doubt}"' in html, "for who only hears the plate, and after it was let in"
    assert found.reason in html


def test_a_vehicle_of_which_nothing_was_said_yet_is_being_read() -> None:
    seen = view(passage=passing(phase="arrived", verdict="", reason="", plate=""))
    found = card(1, LANES[0], seen, Owners().owner_of, "en")
    assert (found.reason, found.no_plate) == ("", "No plate read")


@pytest.mark.parametrize("language", [code for code, _name in LANGUAGES])
@pytest.mark.parametrize("color", COLORS)
def test_r4_every_colour_that_the_camera_names_is_suggested_in_words(color: str, language: str) -> None:
    found = shown(Evidence.PLATE, language, vehicle_color=color, vehicle_color_confidence=800)
    assert found.looks
    assert found.looks in part("live/lane.html", language, card=found, offset=480)
    assert color not in found.looks or language == "en"


def test_r4_a_colour_that_is_hardly_more_than_a_guess_is_not_suggested() -> None:
    assert shown(Evidence.PLATE, "en", vehicle_color="red", vehicle_color_confidence=400).looks == ""
    assert shown(Evidence.PLATE, "en", vehicle_color="", vehicle_color_confidence=0).looks == ""
