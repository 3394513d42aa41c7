"""The lines between a camera's driver and its process survive the pipe, and nothing else gets through."""

import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.app.plate_tables import plates_of_region
from drivers.camera.messages import (
    LINE_LIMIT,
    Beat,
    LineBuffer,
    LineRefused,
    ReadPlates,
    Stop,
    TakePicture,
    line_of,
    message_of,
)
from drivers.camera.settings import CameraSettings
from drivers.readings import Condition, DeviceCondition, NoPlateSeen, PictureMissed, PictureSaved, PlateSeen, Slot

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
MESSAGES = st.one_of(
    st.builds(Beat, ready=st.booleans()),
    st.builds(TakePicture, request=TEXT),
    st.builds(ReadPlates, on=st.booleans()),
    st.just(Stop()),
    st.builds(
        DeviceCondition, device=TEXT, origin_ns=st.integers(0), condition=st.sampled_from(Condition), detail=TEXT
    ),
    st.builds(NoPlateSeen, device=TEXT, origin_ns=st.integers(0), frames=st.integers(), picture=TEXT),
    st.builds(PictureMissed, device=TEXT, origin_ns=st.integers(0), request=TEXT, detail=TEXT),
    st.builds(
        PictureSaved,
        device=TEXT, origin_ns=st.integers(0), request=TEXT, sha256=TEXT, width=st.integers(), height=st.integers(),
    ),
    st.builds(
        PlateSeen,
        device=TEXT, origin_ns=st.integers(0), text=TEXT, raw=TEXT, kind=TEXT, color=TEXT, margin=st.integers(),
        frames=st.integers(), picture=TEXT, another=st.booleans(), vehicle_color=TEXT,
        vehicle_color_confidence=st.integers(),
        box=st.one_of(st.just(()), st.tuples(*[st.integers(0, 9)] * 2, *[st.integers(10, 9999)] * 2)),
        slots=st.lists(st.builds(Slot, char=TEXT, margin=st.integers(), others=TEXT), max_size=9).map(tuple),
    ),
)  # fmt: skip


@given(MESSAGES)
def test_every_message_comes_back_as_it_went(message: object) -> None:
    line = line_of(message)  # type: ignore[arg-type]
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert message_of(line[:-1]) == message


@given(st.lists(MESSAGES, max_size=5), st.integers(1, 40))
def test_lines_in_pieces_are_put_together(messages: list[object], size: int) -> None:
    stream = b"".join(line_of(message) for message in messages)  # type: ignore[arg-type]
    buffer, lines = LineBuffer(), []
    for start in range(0, len(stream), size):
        lines += buffer.feed(stream[start : start + size])
    assert [message_of(line) for line in lines] == messages


@given(st.binary(max_size=200))
def test_garbage_is_refused_and_raises_nothing_else(line: bytes) -> None:
    with pytest.raises(LineRefused):
        message_of(line)


@given(
    MESSAGES,
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), st.lists, max_leaves=5),
    st.data(),
)
def test_a_message_with_a_field_of_another_type_is_refused_or_keeps_its_types(
    message: object, value: object, data: st.DataObject
) -> None:
    body = json.loads(line_of(message))  # type: ignore[arg-type]
    field = data.draw(st.sampled_from(sorted(body)))
    body[field] = value
    try:
        back = message_of(json.dumps(body).encode())
    except LineRefused:
        return
    for each in dataclasses.fields(back):
        assert type(getattr(back, each.name)) is not type(None)


def test_a_line_without_end_is_refused_at_the_limit_and_forgotten() -> None:
    buffer = LineBuffer()
    with pytest.raises(LineRefused, match="without an end"):
        buffer.feed(b"x" * (LINE_LIMIT + 1))
    assert buffer.feed(line_of(Stop())) == [line_of(Stop())[:-1]]


def test_a_message_over_the_limit_is_not_sent() -> None:
    with pytest.raises(LineRefused, match="at most"):
        line_of(TakePicture("x" * LINE_LIMIT))


@pytest.mark.parametrize("region", ["cn", "eu", "br", "us", "generic"])
def test_settings_come_back_as_they_went(region: str) -> None:
    settings = CameraSettings(
        id="cam",
        source="rtsp://x/1",
        pictures=Path("/p"),
        preview=Path("/l.jpg"),
        region=(1, 2, 3, 4),
        forms=plates_of_region(region),
        user="ü",
    )
    assert CameraSettings.from_json(settings.to_json()) == settings
    assert "\n" not in settings.to_json()


@pytest.mark.parametrize(
    "box",
    [
        [1],
        [1, 2, 3],
        [5, 0, 5, 9],
        [0, 9, 9, 9],
        [0, 0, 9.5, 9],
        ["0", 0, 9, 9],
        [0, 0, 9, 9, 9],
        [True, False, 2, 3],
        [-1, 0, 9, 9],
        [0, 0, 9, 10**30],
    ],
)
def test_a_plate_s_place_that_is_none_is_refused(box: list[object]) -> None:
    seen = PlateSeen(
        device="cam", origin_ns=1, text="x", raw="", kind="", color="", margin=1, slots=(), frames=1, picture=""
    )
    body = json.loads(line_of(seen)) | {"box": box}
    with pytest.raises(LineRefused, match="box: expected nothing or x0, y0, x1, y1"):
        message_of(json.dumps(body).encode())
