from hypothesis import given
from hypothesis import strategies as st

from controller.domain.plates import CONFUSIONS, PROVINCES, classify, confused_with, masks, near, warn_unknown_letter
from controller.domain.terms import PlateColor
from tests.plates.strategies import plates


def texts(text: str, *others: str) -> list[str]:
    return [each.text for each in near(text, others)]


@given(plates())
def test_near_plates_differ_in_exactly_one_character_that_is_named(text: str) -> None:
    for each in near(text):
        assert [i for i, (a, b) in enumerate(zip(text, each.text, strict=True)) if a != b] == [each.position]
        if each.difference == "province":
            assert each.position == 0
            assert text[0] in PROVINCES
            assert each.text[0] in PROVINCES
        else:
            assert each.difference == "confusion"
            assert each.text[each.position] in confused_with(text[each.position])


@given(plates())
def test_nearness_is_mutual(text: str) -> None:
    for each in near(text):
        assert text in texts(each.text)


@given(plates())
def test_near_plates_are_plates_and_each_is_named_once(text: str) -> None:
    found = texts(text)
    assert len(found) == len(set(found))
    assert text not in found
    assert all(classify(each, PlateColor.OTHER).by_pattern for each in found)


@given(st.sampled_from(["eu", "br", "us"]).flatmap(lambda name: st.tuples(st.just(name), plates(masks(name)))))
def test_near_plates_of_every_region_are_its_plates_and_nearness_is_mutual(found: tuple[str, str]) -> None:
    name, text = found
    for each in near(text, region_name=name):
        assert each.difference == "confusion"
        assert classify(each.text, PlateColor.OTHER, name).by_pattern
        assert text in {back.text for back in near(each.text, region_name=name)}


@given(plates(), st.integers(min_value=0, max_value=6))
def test_a_read_with_an_unknown_character_is_near_to_nothing(text: str, position: int) -> None:
    assert near(text[:position] + "?" + text[position + 1 :]) == ()


def test_five_and_s_are_taken_for_each_other() -> None:
    found = {each.text: each for each in near("粤B12345")}
    assert found["粤B1234S"].difference == "confusion"
    assert found["粤B1234S"].position == 6
    assert found["京B12345"].difference == "province"
    assert "粤B1234T" not in found


def test_letters_that_no_plate_has_are_not_offered() -> None:
    assert not {each.text[2] for each in near("粤B02345") if each.position == 2} & set("OI")


def test_a_misread_second_letter_finds_the_letters_it_can_be() -> None:
    assert {"粤D12345", "粤Q12345"} <= set(texts("粤012345"))


def test_what_the_camera_also_saw_comes_first_and_adds_nothing() -> None:
    plain = texts("粤B12345")
    led = texts("粤B12345", "", "", "", "", "", "", "S")
    assert led[0] == "粤B1234S"
    assert sorted(led) == sorted(plain)
    assert sorted(texts("粤B12345", "", "", "", "", "", "", "XYW")) == sorted(plain)


def test_confusions_are_the_listed_groups() -> None:
    assert CONFUSIONS == ("0ODQ", "1IL", "8B", "5S", "2Z")
    assert confused_with("Q") == "0DO"
    assert confused_with("W") == ""


def test_an_unknown_second_letter_warns_and_a_province_without_a_list_does_not() -> None:
    letters = ("粤ABCD", "京ABC")
    assert warn_unknown_letter("粤Z12345", letters) == "粤Z"
    assert warn_unknown_letter("粤B12345", letters) == ""
    assert warn_unknown_letter("沪Z12345", letters) == ""
    assert warn_unknown_letter("沪12345领", ("沪ABC",)) == ""
    assert warn_unknown_letter("", letters) == ""
