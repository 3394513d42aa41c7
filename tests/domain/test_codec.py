"""The codec: every fact, every known, every state there and back; misfits named with their path; no floats."""

import json
from dataclasses import dataclass, fields, is_dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.domain import facts, known, state
from controller.domain.codec import CodecError, from_plain, to_plain
from controller.domain.known import Known
from controller.domain.state import BoxState, Passage
from controller.domain.terms import Side
from tests.domain.world import ON, World

KINDS = [
    each
    for module in (facts, known, state)
    for each in vars(module).values()
    if isinstance(each, type) and is_dataclass(each) and each.__module__ == module.__name__
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_every_value_of_the_core_comes_back_as_it_went(kind: type, data: st.DataObject) -> None:
    value = data.draw(st.from_type(kind))
    text = json.dumps(to_plain(value), ensure_ascii=True)
    assert from_plain(kind, json.loads(text)) == value


def test_fields_that_equal_their_default_are_left_out() -> None:
    assert to_plain(Known()) == {}
    assert to_plain(Passage(id="p", side=Side.ENTRY, started_at=3)) == {"id": "p", "side": "entry", "started_at": 3}


@dataclass(frozen=True)
class WithFloat:
    """A value that the log has no place for."""

    seconds: float = 0.0


def test_floats_are_refused() -> None:
    with pytest.raises(CodecError, match="cannot be put into the log: float"):
        to_plain(WithFloat(seconds=1.5))


@pytest.mark.parametrize(
    ("plain", "says"),
    [
        ({"lanes": {"n": {"lane": "n", "colour": 1}}}, "BoxState.lanes.n: unknown field 'colour'"),
        ({"lanes": {"n": {}}}, "BoxState.lanes.n: "),
        ({"lanes": {"n": {"lane": 4}}}, "BoxState.lanes.n.lane: expected str, got int 4"),
        ({"lanes": {"n": {"lane": "n", "mode": "asleep"}}}, "BoxState.lanes.n.mode: expected one of 'normal'"),
        ({"lanes": []}, "BoxState.lanes: expected dict, got list"),
        ({"clock_trusted": 1}, "BoxState.clock_trusted: expected bool, got int"),
        ({"alarms": [1]}, "BoxState.alarms[0]: expected str"),
    ],
)
def test_a_misfit_is_named_with_its_path(plain: dict, says: str) -> None:
    with pytest.raises(CodecError) as caught:
        from_plain(BoxState, plain)
    assert says in str(caught.value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(plain=json_values)
def test_garbage_raises_nothing_but_its_own_error(plain: object) -> None:
    for kind in (BoxState, Known, facts.PlateRead, facts.RulesLoaded):
        try:
            from_plain(kind, plain)
        except CodecError:
            continue


def test_the_state_of_a_busy_box_is_small_and_comes_back() -> None:
    world = World()
    world.registry.add_vehicle()
    world.registry.add_card("26:1:2", "粤B12345")
    world.start()
    world.scan()
    world.scan(arming=ON)
    world.plate()
    world.card()
    text = json.dumps(to_plain(world.state), ensure_ascii=False)
    assert len(text) < 4_000
    assert from_plain(BoxState, json.loads(text)) == world.state


def test_every_field_of_a_fact_says_what_it_is_by_its_type() -> None:
    for kind in KINDS:
        assert all(field.type is not None for field in fields(kind))
