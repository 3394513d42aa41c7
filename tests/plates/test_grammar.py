from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.config import BoxConfig
from controller.domain.plates import (
    REGIONS,
    Misread,
    classify,
    looks_misread,
    mask_of,
    masks,
    near,
    normalise,
    region,
)
from controller.domain.plates.shapes import BR, CN, DIGITS, ELSEWHERE, EU, LETTERS, US, Shape
from controller.domain.terms import PlateColor, PlateKind
from tests.plates.strategies import plates, plates_of

C, K = PlateColor, PlateKind

KNOWN = [
    ("粤B12345", C.BLUE, K.SMALL),
    ("京FK5358", C.BLUE, K.SMALL),
    ("粤B12345", C.YELLOW, K.LARGE),
    ("粤BD1234挂", C.YELLOW, K.UNKNOWN),
    ("粤B1234挂", C.YELLOW, K.TRAILER),
    ("渝B3587学", C.YELLOW, K.COACH),
    ("黑J0790警", C.WHITE, K.POLICE),
    ("京O1234警", C.WHITE, K.POLICE),
    ("皖AD14488", C.GREEN, K.NEV_SMALL),
    ("粤BDA1234", C.GREEN, K.NEV_SMALL),
    ("粤B12345D", C.YELLOW_GREEN, K.NEV_LARGE),
    ("粤ZR066港", C.BLACK, K.HONG_KONG),
    ("粤Z1234澳", C.BLACK, K.MACAU),
    ("223456使", C.BLACK, K.EMBASSY),
    ("沪A1707领", C.BLACK, K.CONSULATE),
    ("沪12345领", C.BLACK, K.CONSULATE),
    ("粤X1234应急", C.WHITE, K.EMERGENCY),
    ("粤S1234应急", C.WHITE, K.EMERGENCY),
    ("KA12345", C.WHITE, K.MILITARY),
    ("WJ12345", C.WHITE, K.ARMED_POLICE),
    ("WJ粤1234X", C.WHITE, K.ARMED_POLICE),
    ("WJ1693015", C.WHITE, K.ARMED_POLICE),
    ("WJ01X1234", C.WHITE, K.ARMED_POLICE),
    ("民航B1234", C.OTHER, K.AVIATION),
]


@pytest.mark.parametrize(("text", "color", "kind"), KNOWN)
def test_kind_follows_from_pattern_colour_and_length_together(text: str, color: PlateColor, kind: PlateKind) -> None:
    assert classify(text, color).kind is kind


@pytest.mark.parametrize("shape", CN, ids=lambda shape: f"{shape.kind}-{len(shape.slots)}")
@given(data=st.data())
def test_every_plate_of_a_kind_is_classified_as_that_kind(shape: Shape, data: st.DataObject) -> None:
    text = data.draw(plates_of(shape))
    color = data.draw(st.sampled_from(sorted(shape.colors) or list(PlateColor)))
    found = classify(text, color)
    assert found.kind is shape.kind
    assert found.void is shape.void
    assert normalise(text) == text
    assert looks_misread(text, color) is None


@given(st.text(), st.sampled_from(list(PlateColor)), st.sampled_from(sorted(REGIONS)))
def test_any_text_and_colour_have_a_kind_and_nothing_is_raised(text: str, color: PlateColor, name: str) -> None:
    assert classify(text, color, name).kind in PlateKind
    looks_misread(text, color, name)


@given(st.text(), st.sampled_from(sorted(REGIONS)))
def test_normalising_twice_is_normalising_once(raw: str, name: str) -> None:
    once = normalise(raw, name)
    assert normalise(once, name) == once


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("粤B·12345", "粤B12345"),
        (" 粤b-1234 5\n", "粤B12345"),
        ("粤\uff22\uff11\uff12\uff13\uff14\uff15", "粤B12345"),
        ("粤BO1I45", "粤B01145"),
        ("京O1234警", "京O1234警"),
        ("粵B1234學", "粤B1234学"),
        ("12345I使", "123451使"),
        ("粤B12?45", "粤B12?45"),
        ("粤B12龍45", "粤B12?45"),
        ("WJ 粤·1234X", "WJ粤1234X"),
        ("", ""),
    ],
)
def test_separators_width_case_and_impossible_letters_are_taken_out(raw: str, text: str) -> None:
    assert normalise(raw) == text


def test_letters_o_and_i_stay_letters_outside_china() -> None:
    assert normalise("io·10", "generic") == "IO10"


@pytest.mark.parametrize(
    ("text", "color", "reason"),
    [
        ("粤BABCDE", C.BLUE, Misread.NO_DIGIT),
        ("粤BABC12", C.BLUE, Misread.MANY_LETTERS),
        ("粤BAB123", C.BLUE, None),
        ("粤BD1234", C.GREEN, Misread.GREEN_OF_SEVEN),
        ("粤BD12345", C.GREEN, None),
        ("民航B1234", C.GREEN, None),
        ("粤B1?345", C.BLUE, Misread.UNKNOWN_CHARACTER),
        ("粤BABC1警", C.WHITE, Misread.MANY_LETTERS),
    ],
)
def test_impossible_serials_and_short_green_plates_are_misreads(
    text: str, color: PlateColor, reason: Misread | None
) -> None:
    assert looks_misread(text, color) is reason


def test_a_colour_that_does_not_agree_leaves_the_kind_unknown_and_names_the_pattern() -> None:
    found = classify("粤B12345", C.GREEN)
    assert found.kind is K.UNKNOWN
    assert found.by_pattern == (K.SMALL, K.LARGE)


def test_armed_police_to_2012_have_a_region_that_there_is_and_their_corps_before_the_number() -> None:
    assert classify("WJ31B0010", C.WHITE).kind is K.ARMED_POLICE
    assert classify("WJ66B0010", C.WHITE).kind is K.UNKNOWN
    assert classify("WJ310010B", C.WHITE).kind is K.UNKNOWN


def test_a_colour_not_seen_leaves_the_kind_to_a_pattern_that_one_kind_alone_has() -> None:
    assert classify("京A1234警", C.OTHER).kind is K.POLICE
    assert classify("粤B12345", C.OTHER).kind is K.UNKNOWN


def test_old_armed_police_plates_are_void_and_new_military_ones_are_not() -> None:
    assert classify("WJ粤1234X", C.WHITE).void
    assert not classify("KA12345", C.WHITE).void


def test_a_foreign_plate_is_foreign_in_the_generic_region_only() -> None:
    assert classify("ABC1234", C.WHITE, "generic").kind is K.FOREIGN
    assert classify("ABC1234", C.WHITE).kind is K.UNKNOWN


def test_masks_give_every_slot_of_every_shape_and_no_plate_needs_more() -> None:
    kinds = {shape.kind for shape in masks()}
    assert kinds == set(PlateKind) - {K.FOREIGN, K.UNKNOWN}
    assert [len(mask) for mask in mask_of(K.CONSULATE)] == [7, 7]
    assert mask_of(K.SMALL)[0][1] == frozenset(LETTERS + "O")
    assert mask_of(K.LARGE)[0][1] == frozenset(LETTERS)
    assert mask_of(K.EMBASSY)[0][0] == frozenset(DIGITS)
    assert mask_of(K.FOREIGN) == ()


def test_an_unknown_region_is_named_with_the_ones_there_are() -> None:
    with pytest.raises(KeyError, match=r"'mars'.*br, cn, eu, generic, us"):
        region("mars")


ABROAD = {"eu": EU, "br": BR, "us": US}


@given(st.sampled_from(sorted(ABROAD)).flatmap(lambda name: st.tuples(st.just(name), plates(ABROAD[name]))))
def test_every_plate_of_another_region_is_foreign_on_any_ground_and_keeps_its_letters(found: tuple[str, str]) -> None:
    name, text = found
    for color in PlateColor:
        assert classify(text, color, name).kind is K.FOREIGN
        assert looks_misread(text, color, name) is None
    assert normalise(text, name) == text


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("B·AB 123", "eu"),  # D
        ("FÜ-X 1234E", "eu"),  # D, electric
        ("AA-123-BB", "eu"),  # F, I
        ("AB12 CDE", "eu"),  # GB
        ("1234 BCD", "eu"),  # E
        ("1AB 2345", "eu"),  # CZ
        ("4B0 4979", "eu"),  # CZ
        ("BA 302OZ", "eu"),  # SK
        ("AB-123-C", "eu"),  # NL
        ("12-ABC-3", "eu"),  # NL
        ("1-ABC-234", "eu"),  # B
        ("W-12345A", "eu"),  # A
        ("ZH 123456", "eu"),  # CH
        ("ABC-123", "eu"),  # HU, S
        ("AB CD-123", "eu"),  # HU
        ("WA 12345", "eu"),  # PL
        ("ZG 1234-AB", "eu"),  # HR
        ("131-D-12345", "eu"),  # IRL
        ("ΙΚΜ 1234", "eu"),  # GR
        ("СА 1234 ВК", "eu"),  # BG
        ("ABC-1234", "br"),
        ("ABC1D23", "br"),
        ("7ABC123", "us"),  # California
        ("ABC 1234", "us"),
        ("AB1 C2D", "us"),  # Missouri
        ("627 WWI", "us"),
        ("78188", "us"),  # Delaware
        ("136 6026", "us"),  # New Hampshire
    ],
)
def test_plates_as_they_are_written_are_plates_of_their_region(text: str, name: str) -> None:
    plain = normalise(text, name)
    assert plain.isascii()
    assert classify(plain, C.OTHER, name).kind is K.FOREIGN


@pytest.mark.parametrize("text", ["FLORIDA", "TEXAS", "20150511", "13182082689", "HYUNDAI"])
@pytest.mark.parametrize("name", ["eu", "br", "us"])
def test_names_of_states_badges_and_dates_are_no_plates(text: str, name: str) -> None:
    assert classify(text, C.OTHER, name).kind is K.UNKNOWN
    assert not any(shape.fits(text) for shape in masks("cn") + REGIONS["cn"].elsewhere)


def test_a_chinese_lane_reads_its_own_plates_and_those_of_the_other_regions_as_foreign() -> None:
    assert masks("cn") == CN
    assert REGIONS["cn"].elsewhere == ELSEWHERE
    assert {shape.kind for shape in ELSEWHERE} == {K.FOREIGN}
    assert min(len(shape.slots) for shape in ELSEWHERE) == 6


LETTERED = tuple(shape for shape in EU + BR + US if len(shape.slots) >= 6 and not shape.is_of_digits)


@given(plates(LETTERED))
def test_a_chinese_lane_takes_each_longer_plate_of_the_other_regions_for_a_foreign_one(text: str) -> None:
    assert any(shape.fits(text) for shape in ELSEWHERE)


def test_no_row_from_elsewhere_says_again_what_another_one_says() -> None:
    for one, other in permutations(ELSEWHERE, 2):
        assert len(one.slots) != len(other.slots) or not all(map(frozenset.issubset, one.slots, other.slots))


def test_in_the_united_states_the_states_own_serials_come_before_vanity_plates() -> None:
    common = [shape for shape in masks("us") if not shape.rare]
    for text in ("7ABC123", "AB1C2D", "ABC1234", "627WWI", "12345A1"):
        assert any(shape.fits(text) for shape in common)
    assert not any(shape.fits("GOLF4U") for shape in common)
    assert any(shape.fits("GOLF4U") for shape in masks("us"))


@pytest.mark.parametrize("text", ["78188", "136602", "1366026"])
def test_digits_alone_are_a_plate_in_the_united_states_and_nowhere_else(text: str) -> None:
    assert any(shape.fits(text) for shape in masks("us"))
    assert not any(shape.fits(text) for name in ("cn", "eu", "br") for shape in masks(name) + REGIONS[name].elsewhere)


@pytest.mark.parametrize("name", ["eu", "br", "us", "generic"])
def test_a_region_whose_own_plates_are_foreign_reads_no_looser_shapes_beside_them(name: str) -> None:
    assert REGIONS[name].elsewhere == ()


@pytest.mark.parametrize("shape", ELSEWHERE, ids=lambda shape: f"{len(shape.slots)}")
def test_a_shape_from_elsewhere_has_a_letter_and_a_digit_at_fixed_places(shape: Shape) -> None:
    assert any(not slot & frozenset(DIGITS) for slot in shape.slots)
    assert frozenset(DIGITS) in shape.slots


@given(plates(), st.sampled_from(sorted(C)))
def test_no_chinese_plate_is_taken_for_a_foreign_one(text: str, color: PlateColor) -> None:
    assert classify(text, color).kind is not K.FOREIGN
    assert K.FOREIGN not in classify(text, color).by_pattern


def test_a_foreign_plate_keeps_its_letters_o_and_i_in_china_and_a_chinese_one_does_not() -> None:
    assert normalise("4BO 4979") == "4BO4979"
    assert normalise("RI 26O AR") == "RI26OAR"
    assert normalise("KA1O345") == "KA10345"
    assert normalise("粤BO1234") == "粤B01234"


def test_a_foreign_plate_in_china_is_near_to_those_it_is_taken_for() -> None:
    assert "4B04979" in {each.text for each in near("4BO4979")}
    assert "4BO4979" in {each.text for each in near("4B04979")}


def test_the_configuration_names_every_region_and_no_other() -> None:
    schema = BoxConfig.model_json_schema()["properties"]["region"]
    assert sorted(schema["enum"]) == sorted(REGIONS)
