"""The page a camera is aimed by: who may see it, what it believes, and what it advises."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.booth.advice import ASK, BAD, GOOD, Advice, advice, worst
from controller.booth.aim_drawing import WIDTH, overlay
from controller.booth.aiming import MOST_BYTES, OLD_US, Aiming, ViewSeen
from controller.booth.texts import INDEX, text
from controller.domain.terms import PlateColor, PlateKind, Role
from drivers.camera.aim import Sight, aim_view
from drivers.camera.stream import Frame
from tests.booth.conftest import Served
from tests.booth.fakes import LANES, START_US, Box
from tests.camera.support import plate

PAGE = "/settings/cameras/cam-in"


def plate_seen(**changed: Any) -> dict[str, Any]:
    """A plate that passes every check."""
    return {
        "text": "粤B12345", "raw": "粤B·12345", "kind": "small", "color": "blue", "rows": 1, "score": 0.0,
        "slots": [{"char": char, "margin": 990} for char in "粤B12345"],
        "corners": [[500, 400], [640, 400], [640, 445], [500, 445]], "width_px": 140, "height_px": 45,
        "tilt_deg": 1.0, "sharpness": 40.0, "brightness": 120, "burnt": 100, **changed,
    }  # fmt: skip


def seen(*plates: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return {
        "frame": 7, "width": 1280, "height": 720, "region": [0, 0, 1000, 1000], "brightness": 110, "read_ms": 180,
        "age_ms": 200, "rate": 8.0, "plates": list(plates), **changed,
    }  # fmt: skip


def put(box: Box, body: bytes | dict[str, Any], camera: str = "cam-in", age_s: float = 0) -> Path:
    """What the camera's process would have written so long ago."""
    folder = box.context.paths.previews
    folder.mkdir(exist_ok=True)
    path = folder / f"{camera}.json"
    path.write_bytes(body if isinstance(body, bytes) else json.dumps(body).encode())
    at_s = box.clock.utc_us() / 1e6 - age_s
    os.utime(path, (at_s, at_s))
    return path


def lines(*plates: dict[str, Any], age_ms: int = 200, **changed: Any) -> dict[str, Advice]:
    view = ViewSeen.model_validate(seen(*plates, **changed))
    return {line.check: line for line in advice(view, age_ms)}


def test_the_page_stands_in_the_menu_of_leaders_and_above_and_is_closed_to_guards(served: Served) -> None:
    for role in Role:
        browser = served.person(role)
        is_open = role is not Role.GUARD
        assert ('href="/settings/cameras"' in browser.get("/").text) is is_open, role
        assert (browser.get(PAGE).status_code == 200) is is_open, role


def test_where_there_is_one_camera_the_list_leads_straight_to_it(served: Served) -> None:
    browser = served.person(Role.LEADER)
    assert "cam-out" in browser.get("/settings/cameras").text
    object.__setattr__(served.box.context, "lanes", LANES[:1])
    answer = browser.get("/settings/cameras")
    assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
    object.__setattr__(served.box.context, "lanes", LANES[3:])
    assert "no camera" in browser.get("/settings/cameras", headers={"accept-language": "en"}).text


@pytest.mark.parametrize("camera", ["cam-none", "..%2fbooth", "cam-in.aim", "%00", "x" * 65])
def test_a_camera_of_no_lane_is_neither_shown_nor_asked(served: Served, camera: str) -> None:
    browser = served.person(Role.LEADER)
    served.box.context.paths.previews.mkdir()
    for path in (f"/settings/cameras/{camera}", f"/settings/cameras/{camera}/view"):
        assert browser.get(path).status_code in (404, 422)
    assert list(served.box.context.paths.previews.iterdir()) == []


def test_asking_for_the_view_touches_the_camera_s_mark_and_nothing_else(served: Served) -> None:
    browser = served.person(Role.LEADER)
    previews = served.box.context.paths.previews
    previews.mkdir()
    assert browser.get(PAGE + "/view").status_code == 200
    (mark,) = previews.iterdir()
    assert mark.name == "cam-in.aim"
    before = mark.stat().st_mtime_ns
    while mark.stat().st_mtime_ns == before:
        browser.get(PAGE + "/view")


def test_a_page_left_open_keeps_nobody_signed_in(serve: Callable[..., Served]) -> None:
    served = serve(idle_minutes=30)
    browser = served.person(Role.LEADER)
    for minutes in range(10, 31, 10):
        served.box.clock.at_us = START_US + minutes * 60_000_000
        answer = browser.get(PAGE + "/view", headers={"accept": "application/json"})
        assert answer.status_code == 200, minutes
        browser.get("/api/v1/cameras/cam-in/preview")
    served.box.clock.at_us = START_US + 31 * 60_000_000
    assert browser.get(PAGE + "/view", headers={"accept": "application/json"}).status_code == 401


def test_a_disk_that_refuses_the_mark_is_said_in_words(served: Served) -> None:
    served.box.context.paths.previews.write_text("a file stands where the folder should be")
    html = served.person(Role.LEADER).get(PAGE, headers={"accept-language": "en"}).text
    assert "cannot be asked to read" in html


def test_what_is_read_stands_on_the_page_with_its_margins_and_a_foreign_text_is_only_text(served: Served) -> None:
    put(served.box, seen(plate_seen(raw="<script>1</script>", kind="<b>new</b>")))
    html = served.person(Role.LEADER).get(PAGE + "/view", headers={"accept-language": "en"}).text
    assert "&lt;script&gt;1&lt;/script&gt;" in html
    assert "<b>new" not in html
    assert html.count("<span>990</span>") == 7


def test_a_frame_that_was_not_read_is_never_called_well_aimed(served: Served) -> None:
    put(served.box, seen(read_ms=None))
    html = served.person(Role.LEADER).get(PAGE + "/view", headers={"accept-language": "en"}).text
    assert "Waiting for the first reading" in html
    assert "Well aimed" not in html
    assert "No plate found" not in html


@pytest.mark.parametrize("condition", ["lost", "stale", "frozen", "black", "fault"])
@pytest.mark.parametrize("language", ["zh-CN", "zh-TW", "en"])
def test_a_camera_that_shows_no_present_says_so_since_when_and_what_to_do_and_gives_no_advice_on_the_picture(
    served: Served, condition: str, language: str
) -> None:
    put(served.box, seen(plate_seen()))
    served.box.reads.device_rows = [
        {"device": "cam-in", "lane": "south-in", "kind": "camera", "condition": condition, "detail": "told by it",
         "since": "2026-11-21T06:05:04.000000Z"}
    ]  # fmt: skip
    html = served.person(Role.LEADER).get(PAGE + "/view", headers={"accept-language": language}).text
    code = {"zh-CN": "zh-Hans", "zh-TW": "zh-Hant", "en": "en"}[language]
    for key in (f"aim.{condition}", f"aim.{condition}_do"):
        assert text(code, key) in html
    assert "11-21 14:05:04" in html
    assert "told by it" in html
    assert "粤B12345" not in html


@given(
    st.binary(max_size=300)
    | st.builds(lambda changed: json.dumps({**seen(plate_seen()), **changed}).encode(), st.dictionaries(
        st.sampled_from(sorted(seen())), st.none() | st.integers() | st.floats() | st.text(max_size=9) | st.just([[]])
    ))
)  # fmt: skip
def test_a_view_that_is_damaged_counts_as_none_and_never_as_an_error(
    tmp_path_factory: pytest.TempPathFactory, body: bytes
) -> None:
    box = Box(tmp_path_factory.mktemp("box"))
    put(box, body)
    aiming = Aiming(box.context)
    camera = aiming.camera("cam-in")
    assert camera is not None
    found = aiming.view(camera)
    if found is not None:
        overlay(found[0])
        advice(*found)


def test_a_view_that_is_old_or_too_large_counts_as_none(tmp_path: Path) -> None:
    box = Box(tmp_path)
    aiming = Aiming(box.context)
    camera = aiming.camera("cam-in")
    assert camera is not None
    put(box, seen(), age_s=1.0)
    found = aiming.view(camera)
    assert found is not None
    assert found[1] == pytest.approx(1200, abs=2), "the age of the frame goes on after it was written"
    put(box, seen(), age_s=OLD_US / 1e6 + 0.1)
    assert aiming.view(camera) is None
    put(box, json.dumps(seen()).encode() + b" " * MOST_BYTES)
    assert aiming.view(camera) is None


def test_the_page_understands_what_the_camera_s_process_writes() -> None:
    picture = np.full((720, 1280, 3), 90, np.uint8)
    two = [
        replace(plate("粤B12345", 0.9), corners=((9.5, 9.0), (110.0, 12.0), (110.0, 42.0), (9.5, 39.0))),
        plate("京A1"),
    ]
    sight, region = Sight(Frame(picture, 0, 3), two, 210), (100, 100, 900, 1000)
    view = aim_view(sight, region, now_ns=5_000_000, rate=7.96, substream="no answer")
    read = ViewSeen.model_validate_json(view.to_json())
    assert read.plates[0].text == "粤B12345"
    assert read.plates[0].weakest is not None
    assert (read.read_ms, read.age_ms, read.rate, read.brightness) == (210, 5, 8.0, 90)
    assert read.substream == "no answer"
    assert advice(read, 5)


def test_a_plate_inside_all_limits_is_well_aimed() -> None:
    found = lines(plate_seen())
    assert worst(list(found.values())) == GOOD
    assert list(found) == ["size", "focus", "tilt", "light", "place", "reading", "flow"]


@pytest.mark.parametrize(
    ("changed", "check", "level", "words"),
    [
        ({"width_px": 80}, "size", GOOD, "large enough"),
        ({"width_px": 79}, "size", ASK, "Plate is 79 px wide, at least 80 are needed: move nearer or zoom in."),
        ({"width_px": 52}, "size", BAD, "Plate is 52 px wide, at least 80 are needed: move nearer or zoom in."),
        ({"sharpness": 17.0}, "focus", GOOD, "Sharp enough"),
        ({"sharpness": 16.9}, "focus", ASK, "Blurred: 16, at least 17"),
        ({"sharpness": 4.0}, "focus", BAD, "Blurred: 4"),
        ({"tilt_deg": -10.4}, "tilt", GOOD, "10 degrees"),
        ({"tilt_deg": 14.0}, "tilt", ASK, "Tilted by 14 degrees, right side low"),
        ({"tilt_deg": -33.0}, "tilt", BAD, "Tilted by 33 degrees, left side low"),
        ({"brightness": 10}, "light", ASK, "The picture is dark: brightness 10"),
        ({"burnt": 700}, "light", ASK, "burnt out"),
        ({"corners": [[2, 400], [140, 400], [140, 445], [2, 445]]}, "place", ASK, "touches the edge"),
        (
            {"slots": [{"char": "粤", "margin": 990}, {"char": "B", "margin": 640}]},
            "reading",
            ASK,
            "B is doubtful (640",
        ),
        ({"slots": [{"char": "粤", "margin": 12}, {"char": "B", "margin": 999}]}, "reading", BAD, "粤 is doubtful (12"),
        ({"slots": []}, "reading", BAD, "doubtful (0"),
    ],
)
def test_each_limit_has_its_sentence_with_the_figure_and_what_to_do(
    changed: dict[str, Any], check: str, level: str, words: str
) -> None:
    line = lines(plate_seen(**changed))[check]
    assert line.level == level
    assert words in text("en", line.key, **line.values)
    for language in INDEX:
        said = text(language, line.key, **line.values) if line.values else text(language, line.key)
        assert "{" not in said


def test_whether_the_substream_serves_is_told_where_there_is_one() -> None:
    assert "substream" not in lines(plate_seen())
    assert lines(plate_seen(), substream="")["substream"].level == GOOD
    bad = lines(plate_seen(), substream="rtsp://cam/2: no answer")["substream"]
    assert bad.level == ASK
    for language in INDEX:
        assert "rtsp://cam/2: no answer" in text(language, bad.key, **bad.values)
    assert "substream" in lines(substream="")


def test_of_a_picture_without_a_plate_the_light_and_the_stream_are_still_told() -> None:
    found = lines(brightness=12, rate=2.0)
    assert {check: line.key for check, line in found.items()} == {
        "place": "aim.none",
        "light": "aim.dark",
        "flow": "aim.slow",
    }
    assert lines(brightness=230)["light"].key == "aim.bright"
    assert lines(age_ms=2_500)["flow"].key == "aim.late"
    assert "place" not in lines(read_ms=None), "a frame that was not read tells nothing of plates"


def test_lines_are_scaled_to_the_picture_and_labels_stay_inside_it() -> None:
    corner = plate_seen(corners=[[1900, 0], [1920, 0], [1920, 10], [1900, 10]])
    view = ViewSeen.model_validate(seen(corner, width=1920, height=1080, region=[250, 500, 1000, 1000]))
    over = overlay(view)
    assert (over.width, over.height) == (WIDTH, 720)
    assert (over.region.x, over.region.y, over.region.width, over.region.height) == (320, 360, 960, 360)
    assert over.mark.width == round(80 * WIDTH / 1920)
    (outline,) = over.outlines
    assert outline.points == "1267,0 1280,0 1280,7 1267,7"
    assert 0 < outline.x < WIDTH - 300
    assert 0 < outline.y < 720


def test_every_kind_and_colour_of_plate_has_words() -> None:
    for kind in PlateKind:
        assert text("zh-Hans", f"plate_kind.{kind}")
    for color in PlateColor:
        assert text("zh-Hans", f"plate_color.{color}")
