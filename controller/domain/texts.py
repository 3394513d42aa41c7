"""What people are told: for each reason why, and what to do next, in the site's languages; and the phrases of R23.

Words only: which reason applies stands in `entitlement`, which phrase is shown in `phrases`. Phrases hold no name, no
unit and no debt, begin with 请 or a greeting where one is asked for something, and are cut for a display of eight
characters a line.
"""

from collections.abc import Sequence

from controller.domain.reasons import Reason
from controller.domain.state import DoubtSeen
from controller.domain.texts_grounds import GROUNDS
from controller.domain.texts_reasons import NEXT, WHY

LANGUAGES = ("zh-Hans", "zh-Hant", "en")
LINE = 8
"""Characters of a display line (R23)."""

Text = dict[str, str]


def _text(hans: str, hant: str, en: str) -> Text:
    return {"zh-Hans": hans, "zh-Hant": hant, "en": en}


PHRASES: dict[str, Text] = {
    "resident_in": _text("您好,欢迎回家,请慢行。", "您好,歡迎回家,請慢行。", "Welcome home, please drive slowly."),
    "visitor_in": _text(
        "您好,欢迎光临,请按指引有序停放。",
        "您好,歡迎光臨,請按指引有序停放。",
        "Welcome; please follow the signs and park in the marked spaces.",
    ),
    "asking_host": _text(
        "请问您去几栋几单元?请稍候,正在与业主确认。",
        "請問您去幾棟幾單元?請稍候,正在與業主確認。",
        "Which building and unit, please? One moment, we are confirming with the resident.",
    ),
    "fee": _text(
        "本次停车{duration},请缴费{amount}元,扫码、现金均可。",
        "本次停車{duration},請繳費{amount}元,掃碼、現金均可。",
        "Parked {duration}; {amount} yuan please, by QR code or cash.",
    ),
    "paid_farewell": _text(
        "缴费成功,谢谢。请慢走,欢迎您再次光临。",
        "繳費成功,謝謝。請慢走,歡迎您再次光臨。",
        "Paid, thank you. Have a safe trip; you are welcome back.",
    ),
    "farewell": _text("谢谢。请慢走,一路平安。", "謝謝。請慢走,一路平安。", "Thank you. Please drive carefully."),
    "full": _text(
        "对不起,停车场车位已满,请您将车停至{place}。",
        "對不起,停車場車位已滿,請您將車停至{place}。",
        "Sorry, the car park is full; please park at {place}.",
    ),
    "checking": _text(
        "请您停稳、车头对正,工作人员马上为您核对。",
        "請您停穩、車頭對正,工作人員馬上為您核對。",
        "Please stop straight; a colleague is checking.",
    ),
    "held": _text(
        "您的车辆信息需要核对,请靠边稍候,班长马上就到,谢谢配合。",
        "您的車輛資訊需要核對,請靠邊稍候,班長馬上就到,謝謝配合。",
        "We need to check your vehicle's details; please wait at the side, the leader is coming. Thank you.",
    ),
    "pass_ended": _text(
        "您的月卡已于{date}到期,本次按临时停车计费,可当场续费。",
        "您的月卡已於{date}到期,本次按臨時停車計費,可當場續費。",
        "Your pass ended on {date}; this visit is charged as temporary; you may renew here.",
    ),
    "one_by_one": _text(
        "请保持车距,一车一杆,谢谢您的配合。",
        "請保持車距,一車一杆,謝謝您的配合。",
        "Please keep your distance: one vehicle per lift. Thank you.",
    ),
    "refused": _text(
        "请您稍候,此证暂时无法通行,请联系服务中心,谢谢。",
        "請您稍候,此證暫時無法通行,請聯絡服務中心,謝謝。",
        "One moment please: we cannot open with this credential now. Please ask the service centre. Thank you.",
    ),
}
"""Phrase -> its words per language. Values in braces are filled in by the display."""


def why(reason: str, language: str) -> str:
    """Why the lane answered as it did, else the ground for which a person ordered it; the code itself for a reason that
    is newer than the tables or of the site's own list."""
    if _reason(reason) is None and reason in GROUNDS:
        return _in(GROUNDS[reason], language)
    return _of(WHY, reason, language)


def reason_by(actor: str, reason: str, language: str) -> str:
    """The reason that stands with a passage: the ground where a person decided it, else why the lane answered so."""
    return ground(reason, language) if actor.startswith("user:") else why(reason, language)


def ground(code: str, language: str) -> str:
    """What a person gave as the ground of an order, else the lane's reason of that code."""
    return _in(GROUNDS[code], language) if code in GROUNDS else why(code, language)


DOUBTS_NAMED = 2
"""So many doubtful characters are named with what else they may be; of more only the places are."""


def doubt(doubtful: Sequence[DoubtSeen], plate: str, language: str) -> str:
    """Which characters of a plate the camera was in doubt of, and what else they may be; nothing is guessed of one that
    it did not read. Of all of them it is where it is not sure how many there are."""
    if len(doubtful) > DOUBTS_NAMED:
        if len(doubtful) == len(plate):
            return _in(_DOUBT_OF_ALL, language)
        places = _in(_text("、", "、", ", "), language).join(str(each.position + 1) for each in doubtful)
        return _in(_DOUBTS, language).format(places=places)
    or_ = _in(_text("或", "或", " or "), language)
    named = []
    for each in doubtful:
        form = _UNREAD if each.char == UNREAD else _DOUBT_OF if each.others else _DOUBT
        others = or_.join(each.others[:DOUBTS_NAMED])
        named.append(_in(form, language).format(n=each.position + 1, char=each.char, others=others))
    return _in(_text(";", ";", "; "), language).join(named)


UNREAD = "?"
_UNREAD = _text("第{n}位未能识别", "第{n}位未能識別", "character {n} was not read")
_DOUBT = _text("第{n}位 {char} 存疑", "第{n}位 {char} 存疑", "character {n}, {char}, is in doubt")
_DOUBT_OF = _text(
    "第{n}位读作 {char},可能是 {others}",
    "第{n}位讀作 {char},可能是 {others}",
    "character {n} read {char}, perhaps {others}",
)
_DOUBT_OF_ALL = _text(
    "整个车牌存疑,可能缺字或多字",
    "整個車牌存疑,可能缺字或多字",
    "all of it is in doubt, perhaps a character is missing or one too many",
)
_DOUBTS = _text("第{places}位存疑", "第{places}位存疑", "characters {places} are in doubt")


def next_step(reason: str, language: str) -> str:
    """What to do next; "" where there is nothing to do."""
    known = _reason(reason)
    return _in(NEXT[known], language) if known is not None and known in NEXT else ""


def phrase(name: str, language: str, values: dict[str, str] | None = None) -> str:
    """A phrase with its values; a missing value leaves its part of the sentence readable, never a brace."""
    text = _in(PHRASES[name], language)
    for key in ("duration", "amount", "place", "date"):
        text = text.replace("{" + key + "}", (values or {}).get(key, _DEFAULTS[key].get(language, "")))
    return text


_DEFAULTS: dict[str, Text] = {
    "duration": _text("", "", ""),
    "amount": _text("若干", "若干", "some"),
    "place": _text("附近停车场", "附近停車場", "another car park"),
    "date": _text("日前", "日前", "an earlier day"),
}


def lines(text: str, width: int = LINE) -> tuple[str, ...]:
    """The text cut into display lines: Chinese at `width` characters, never a line that begins with punctuation."""
    if text.isascii():
        return _words(text, 2 * width)
    found: list[str] = []
    for part in _sentences(text):
        found.extend(part[start : start + width] for start in range(0, len(part), width))
    return tuple(found)


def _sentences(text: str) -> list[str]:
    """Parts between punctuation marks, without the marks: a new line stands for them on a display."""
    for mark in "。;?!":
        text = text.replace(mark, ",")
    return [part for part in text.split(",") if part]


def _words(text: str, width: int) -> tuple[str, ...]:
    found: list[str] = []
    for word in text.split():
        if found and len(found[-1]) + 1 + len(word) <= width:
            found[-1] += " " + word
        else:
            found.append(word)
    return tuple(found)


def _reason(reason: str) -> Reason | None:
    try:
        return Reason(reason)
    except ValueError:
        return None


def _of(table: dict[Reason, Text], reason: str, language: str) -> str:
    known = _reason(reason)
    return _in(table[known], language) if known is not None else reason


def _in(text: Text, language: str) -> str:
    return text.get(language, text["en"])
