"""What a broker may carry: only well-formed messages get in, everything else is refused in words (F20)."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.sync.messages import BadMessage, parse_ack, parse_object


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        (b"x" * 300_000, "at most"),
        (b"[" * 50_000, "nested deeper"),
        (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, "nested deeper"),
        (b'{"a": NaN}', "no integer"),
        (b'{"a": 1.5}', "no integer"),
        (b'{"a": 9007199254740992}', "2^53"),
        (b'{"a": 1, "a": 2}', "stands twice"),
        (b"\xff\xfe", "not UTF-8"),
        (b"", "not JSON"),
        (b"[1]", "expected an object"),
        (b'{"upto": true, "head": ""}', "expected an integer"),
        (b'{"upto": -1, "head": ""}', "expected an integer"),
        (b'{"upto": 1}', "head: expected a text"),
    ],
)
def test_a_bad_payload_is_refused_in_words(payload: bytes, says: str) -> None:
    with pytest.raises(BadMessage, match=says.replace("^", r"\^")):
        parse_ack(payload)


def test_brackets_inside_a_text_are_no_nesting() -> None:
    assert parse_object(json.dumps({"a": "[" * 100 + '"{' * 50}).encode())["a"].startswith("[[")


@given(st.binary(max_size=300))
def test_any_bytes_give_an_object_or_a_refusal_and_nothing_else(payload: bytes) -> None:
    with contextlib.suppress(BadMessage):
        assert isinstance(parse_object(payload), dict)


@given(
    st.dictionaries(st.text(max_size=5), st.recursive(st.integers(-5, 5) | st.text(max_size=5), st.lists, max_leaves=5))
)
def test_what_json_writes_is_read_back(value: dict[str, object]) -> None:
    try:
        assert parse_object(json.dumps(value).encode()) == value
    except BadMessage as refusal:
        assert "nested" in str(refusal)


@pytest.mark.parametrize("payload", [b'{"id": "\\ud800x"}', b'{"args": {"reason": ["\\udfff"]}}', b'{"\\ud800": 1}'])
def test_a_lone_surrogate_is_refused_at_the_edge_because_the_log_could_not_hold_it(payload: bytes) -> None:
    with pytest.raises(BadMessage, match=r"surrogate|key"):
        parse_object(payload)
