"""The story of one passage for people: what happened, what was decided and why, and what was known then.

Reads rows that `views` gives; no question is asked of the database here. Sentences stand in a table per language.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from controller.domain.events import BY_PEOPLE
from controller.domain.state import DoubtSeen
from controller.domain.texts import doubt, ground, reason_by, why
from controller.eventlog.readers import Row
from controller.eventlog.timetext import us_of

CauseOf = Callable[[int], Row | None]
TextOf = Callable[[str], str | None]
"""The clear text of a digest; None once it is erased."""

LANGUAGES = ("zh-Hans", "en")

_SENTENCES: Mapping[str, tuple[str, str]] = {
    "VehicleArrived": ("车辆到达({side})", "a vehicle arrived on the {side} side"),
    "AccessGranted": ("准予通行:{reason}", "granted: {reason}"),
    "AccessDenied": ("不予放行:{reason}", "denied: {reason}"),
    "AccessReferred": ("交由值班员决定:{reason}", "referred to the guard: {reason}"),
    "ManualOpening": ("{actor} 人工放行:{reason}", "opened by hand by {actor}: {reason}"),
    "BarrierOrdered": ("命令道闸:{order}({reason})", "the barrier was ordered: {order} ({reason})"),
    "BarrierAnswered": ("控制板回应:{order} {outcome} {detail}", "the board answered: {order} {outcome} {detail}"),
    "BarrierMoved": ("闸杆:{arm}", "the arm is {arm}"),
    "LaneModeChanged": ("车道模式由 {was} 改为 {mode}:{reason}", "the lane's mode went from {was} to {mode}: {reason}"),
    "PlateCorrected": (
        "{actor} 将车牌 {was} 更正为 {plate}:{reason}",
        "{actor} corrected the plate from {was} to {plate}: {reason}",
    ),
    "PictureTaken": ("抓拍 {role}:{sha256}", "picture taken ({role}): {sha256}"),
    "PassageCompleted": ("通行完成", "the passage was completed"),
    "PassageTurnedAway": ("劝离", "the vehicle was turned away"),
    "PassageReversedOut": ("倒车退出", "the vehicle reversed out"),
    "PassageTailgated": ("跟车通过", "the vehicle followed another one through"),
    "PassageForced": ("强行冲卡", "the vehicle forced its way"),
    "PassageTimedOut": ("超时未通过", "nobody came within the time"),
    "PassageAbandoned": ("中途放弃", "the passage was abandoned"),
    "StayOpened": ("停车记录开始 {note}", "the stay begins {note}"),
    "StayClosed": ("停车记录结束,共 {minutes} 分钟 {note}", "the stay ends after {minutes} minutes {note}"),
    "OrderDone": ("指令 {order} 已完成", "order {order} was done"),
    "OrderRefused": ("指令 {order} 被拒绝:{reason}", "order {order} was refused: {reason}"),
    "AlarmRaised": ("报警:{kind} {detail}", "alarm: {kind} {detail}"),
    "AlarmCleared": ("报警解除:{kind}", "alarm over: {kind}"),
}
_KNOWN: Mapping[str, tuple[str, str]] = {
    "registry": ("名单版本 {version},{age_s} 秒前确认", "registry version {version}, confirmed {age_s} s before"),
    "vehicle": ("登记车辆 {plate}({unit})", "registered vehicle {plate} of {unit}"),
    "card": ("卡 {card},状态 {state}", "card {card}, {state}"),
    "right": ("{kind} {id},状态 {state}", "{kind} {id}, {state}"),
    "near": (
        "相近车牌 {plate}({unit}),第 {position} 位:{difference}",
        "near: {plate} of {unit}, character {position}: {difference}",
    ),
    "doubt": ("摄像机:{words}", "the camera: {words}"),
    "remark": ("说明:{words}", "remark: {words}"),
    "erased": ("说明已删除", "the remark was erased"),
    "stay": ("在场记录 {plate}(经 {lane} 入场)", "inside since before: {plate}, by {lane}"),
    "watch": ("布控名单:{reason}", "on the watch list: {reason}"),
    "nothing": ("名单中无此凭证", "the registry holds nothing of it"),
}
_AGREED = (",{approver} 同意", ", with the consent of {approver}")
_DECISIONS = ("AccessGranted", "AccessDenied", "AccessReferred")


class _Gaps(dict[str, Any]):
    """A body whose absent keys read as a dash."""

    def __missing__(self, key: str) -> str:
        return "–"


def story(
    passage: Row,
    events: Sequence[Row],
    cause_of: CauseOf,
    *,
    language: str,
    text_of: TextOf,
    utc_offset_minutes: int,
) -> Iterator[str]:
    """The story, a line at a time. Times are the site's."""
    zone = timezone(timedelta(minutes=utc_offset_minutes))
    which = LANGUAGES.index(language)
    yield _headline(passage, which)
    for event in events:
        moment = datetime.fromtimestamp(us_of(event["at"]) / 1e6, UTC).astimezone(zone)
        sentence = _sentence(event, which)
        yield f"  {moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d}  #{event['seq']}  {sentence}"
        if event["body"].get("remark"):
            yield f"        · {_remark(str(event['body']['remark']), which, text_of)}"
        if event["type"] in _DECISIONS:
            cause = cause_of(event["seq"])
            for line in _known(cause, event, which) if cause is not None else ():
                yield f"        · {line}"


def _remark(digest: str, which: int, text_of: TextOf) -> str:
    clear = text_of(digest)
    return _KNOWN["erased" if clear is None else "remark"][which].format(words=clear)


def _headline(passage: Row, which: int) -> str:
    told = _Gaps({name: value for name, value in passage.items() if value})
    told["why"] = reason_by(str(told["actor"]), told["reason"], LANGUAGES[which]) if passage.get("reason") else "–"
    form = (
        "通行 {id}:车道 {lane},车牌 {plate},卡 {card},结果 {outcome},原因 {why}",
        "Passage {id}: lane {lane}, plate {plate}, card {card}, outcome {outcome}, reason: {why}",
    )
    return form[which].format_map(told)


def _sentence(event: Row, which: int) -> str:
    told = _Gaps({name: value for name, value in event["body"].items() if value not in ("", None)})
    told["actor"] = event["actor"]
    if "reason" in told:
        words = ground if BY_PEOPLE & {event["type"], told.get("because")} else why
        told["reason"] = words(str(told["reason"]), LANGUAGES[which])
        told["reason"] += f" · {ground(str(told['ground']), LANGUAGES[which])}" if "ground" in told else ""
    form = _SENTENCES.get(event["type"], (event["type"], event["type"]))[which]
    sentence = form.format_map(told).removesuffix(" –")
    credential = " ".join(str(told[name]) for name in ("plate", "card", "code") if name in told)
    shown = f" [{credential}]" if event["type"] in _DECISIONS and credential else ""
    agreed = _AGREED[which].format_map(told) if "approver" in told else ""
    return f"{sentence}{agreed}{shown} ({event['actor']})"


def _known(cause: Row, event: Row, which: int) -> Iterator[str]:
    known = cause["known"]
    lines: list[tuple[str, dict[str, Any]]] = []
    if known.get("registry"):
        lines.append(("registry", known["registry"]))
    vehicles = [each for each in (known.get("vehicle"), *known.get("card_vehicles", ())) if each]
    lines += [("vehicle", each) for each in vehicles]
    lines += [("card", known["card"])] if known.get("card") else []
    for name in ("vehicle_rights", "card_rights", "code_rights"):
        lines += [("right", each) for each in known.get(name, ())]
    lines += [("near", {**each, **each["vehicle"], "position": each["position"] + 1}) for each in known.get("near", ())]
    lines += [("stay", each) for each in known.get("stays", ())]
    lines += [("watch", each) for each in known.get("watch", ())]
    if not vehicles and not known.get("card"):
        lines.append(("nothing", {}))
    doubtful, waited = DoubtSeen.among(event["body"].get("doubtful")), event["body"].get("waited_us")
    if doubtful:
        lines.append(("doubt", {"words": doubt(doubtful, str(event["body"].get("plate") or ""), LANGUAGES[which])}))
    for name, values in lines:
        yield _KNOWN[name][which].format_map(_Gaps(values))
    if isinstance(waited, int):
        yield (f"读到凭证后 {waited / 1000:.0f} 毫秒决定", f"decided {waited / 1000:.0f} ms after it was read")[which]
