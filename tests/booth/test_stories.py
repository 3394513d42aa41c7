"""What a passage's page tells of each event, in a sentence."""

import pytest

from controller.booth.stories import story


def told(type_: str, language: str, **body: object) -> str:
    event = {"seq": 1, "at": 0, "type": type_, "actor": "user:王强", "body": body}
    (line,) = story([event], language, lambda digest: None)
    return str(line["words"])


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-Hans", "王强(班长 同意) 人工放行:"),
        ("zh-Hant", "王强(班长 同意) 人工放行:"),
        ("en", "王强 with 班长's consent opened by hand: "),
    ],
)
def test_r12_the_story_names_who_agreed_beside_who_opened(language: str, words: str) -> None:
    opening = {"user": "王强", "role": "leader", "reason": "resident_known"}
    assert told("ManualOpening", language, **opening, approver="班长").startswith(words)
    assert "班长" not in told("ManualOpening", language, **opening)


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh-Hans", " · 王强(班长 同意)"), ("zh-Hant", " · 王强(班长 同意)"), ("en", " · 王强 with 班长's consent")],
)
def test_r12_the_story_names_who_agreed_to_another_mode(language: str, words: str) -> None:
    changed = {"mode": "held_open", "was": "normal", "reason": "peak"}
    assert told("LaneModeChanged", language, **changed, user="王强", approver="班长").endswith(words)
    assert told("LaneModeChanged", language, **changed, user="王强").endswith(" · 王强")
    assert told("LaneModeChanged", language, **changed, user="").count("·") == 1, "a fire has no user"


@pytest.mark.parametrize(
    ("language", "words"), [("zh-Hans", " · 无来访事由"), ("zh-Hant", " · 無來訪事由"), ("en", " · No business here")]
)
def test_the_story_says_for_what_the_guard_refused(language: str, words: str) -> None:
    refused = {"reason": "refused_by_guard", "ground": "no_business"}
    assert told("AccessDenied", language, **refused).endswith(words)


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh-Hans", "车牌脏污、遮挡"), ("zh-Hant", "車牌髒污、遮擋"), ("en", "Plate dirty or covered")],
)
def test_the_story_says_for_what_a_plate_was_corrected(language: str, words: str) -> None:
    corrected = {"was": "粤B66666", "plate": "粤B66668", "user": "王强", "reason": "dirty_plate"}
    assert told("PlateCorrected", language, **corrected).endswith(f"粤B66666 → 粤B66668 · {words}")
