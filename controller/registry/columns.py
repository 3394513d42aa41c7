"""The columns of a sheet: by which headers each is known, in English and Chinese, and how its cells are read.

One table; `docs/registry.md` and the help are held against it. Reading files and planning changes stand elsewhere.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from controller.domain.terms import PlateColor, RightKind, RightState
from controller.registry import cells
from controller.registry.cells import Cell, Locale

STATES = {
    **{each.value: each.value for each in RightState},
    "正常": RightState.ACTIVE.value,
    "有效": RightState.ACTIVE.value,
    "报停": RightState.SUSPENDED.value,
    "停用": RightState.SUSPENDED.value,
    "挂失": RightState.LOST.value,
    "遗失": RightState.LOST.value,
    "退卡": RightState.RETURNED.value,
    "注销": RightState.RETURNED.value,
}
RIGHTS = {
    **{each.value: each.value for each in RightKind},
    "月卡": RightKind.PASS.value,
    "固定车": RightKind.PASS.value,
    "通行证": RightKind.PERMIT.value,
    "临时证": RightKind.PERMIT.value,
    "租赁": RightKind.LEASE.value,
    "车位租赁": RightKind.LEASE.value,
}
COLORS = {
    **{each.value: each.value for each in PlateColor},
    **dict(zip(("蓝", "黄", "绿", "黄绿", "白", "黑", "其他"), (each.value for each in PlateColor), strict=True)),
    **dict(zip(("蓝色", "黄色", "绿色", "黄绿色", "白色", "黑色"), (each.value for each in PlateColor), strict=False)),
}
OWNERS_OF_RIGHTS = {
    "vehicle": "vehicle",
    "card": "card",
    "group": "group",
    "车辆": "vehicle",
    "卡": "card",
    "组": "group",
}
FLAGS = {"yes": "1", "no": "0", "y": "1", "n": "0", "true": "1", "false": "0", "1": "1", "0": "0", "是": "1", "否": "0"}

Parsed = str | int | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a sheet. `headers` are known beside the name itself; case, blanks and signs do not count."""

    name: str
    headers: tuple[str, ...]
    read: Callable[[Cell, Locale], Parsed]
    meaning: str


def _plain(read: Callable[[Cell], Parsed]) -> Callable[[Cell, Locale], Parsed]:
    """A reading to which it is all the same where the sheet comes from."""
    return lambda cell, _: read(cell)


def _word(words: dict[str, str]) -> Callable[[Cell, Locale], Parsed]:
    return _plain(partial(cells.read_word, words))


def _flag(cell: Cell) -> int:
    return int(cells.read_word(FLAGS, cell))


def _colors(cell: Cell) -> tuple[str, ...]:
    parts = [part for part in re.split(r"[;；,，、|/]+", cells.text_of(cell)) if part.strip()]
    return tuple(map(partial(cells.read_word, COLORS), parts))


VEHICLES: tuple[Field, ...] = (
    Field(
        "plate",
        ("plates", "plate number", "licence plate", "license plate", "车牌", "车牌号", "车牌号码"),
        cells.read_plates,
        "plate of the vehicle, several with ; between them",
    ),
    Field(
        "plate_color",
        ("plate colour", "colour", "color", "车牌颜色", "颜色"),
        _plain(_colors),
        "blue, yellow, green, yellow_green, white, black; one for all plates or one for each",
    ),
    Field(
        "vehicle_id",
        ("vehicle", "车辆编号"),
        _plain(cells.read_id),
        "the registry's own name of the vehicle; left out: found by its plate",
    ),
    Field(
        "vehicle_class", ("class", "车型", "车辆类型"), _plain(cells.read_text), "class for the tariff, as small, large"
    ),
    Field("unit", ("room", "apartment", "房号", "房间号", "单元", "住址"), _plain(cells.read_id), "unit, as 3-201"),
    Field(
        "group",
        ("组",),
        _plain(cells.read_id),
        "whose presence counts; left out: the vehicle itself, or its leased space",
    ),
    Field(
        "owner",
        ("name", "holder", "业主", "姓名", "车主", "持卡人"),
        _plain(cells.read_text),
        "name of the owner or card holder",
    ),
    Field(
        "phone",
        ("telephone", "mobile", "电话", "手机", "手机号", "联系电话"),
        _plain(cells.read_text),
        "the owner's phone",
    ),
    Field(
        "card",
        ("cards", "card number", "卡号", "ic卡号", "停车卡"),
        _plain(cells.read_cards),
        "card as bits:facility:number, several with ; between them",
    ),
    Field("card_state", ("卡状态",), _word(STATES), "active, suspended, lost or returned"),
    Field("card_valid_from", ("卡生效日期",), cells.read_start, "first day of the card"),
    Field("card_valid_to", ("卡到期日期",), cells.read_end, "last day of the card"),
    Field(
        "right",
        ("right kind", "pass type", "权限", "凭证类型"),
        _word(RIGHTS),
        "pass, permit or lease; left out: pass, or lease where a space is given",
    ),
    Field(
        "right_id",
        ("权限编号", "月卡编号"),
        _plain(cells.read_id),
        "the registry's own name of the right; needed where there are several of a kind",
    ),
    Field("right_of", ("权限归属",), _word(OWNERS_OF_RIGHTS), "vehicle, card or group: whose right it is"),
    Field("state", ("status", "状态"), _word(STATES), "of the right: active, suspended, lost or returned"),
    Field(
        "valid_from",
        ("start", "from", "生效日期", "开始日期", "起始日期"),
        cells.read_start,
        "first day, or date and time",
    ),
    Field(
        "valid_to",
        ("end", "until", "expiry", "expires", "到期日期", "截止日期", "结束日期", "有效期至"),
        cells.read_end,
        "last day, or date and time",
    ),
    Field(
        "days",
        ("weekdays", "星期", "有效星期"),
        _plain(cells.read_days),
        "days of the week, as Mon-Fri; empty: every day",
    ),
    Field("hours", ("时段", "有效时段"), _plain(cells.read_hours), "hours, as 07:00-19:00; empty: all day"),
    Field("lots", ("lot", "车场", "区域"), _plain(cells.read_list), "lots, with commas; empty: every lot"),
    Field("space", ("space number", "车位", "车位号"), _plain(cells.read_id), "number of the leased space"),
    Field("spaces", ("车位数",), _plain(cells.read_number), "how many of the group may be inside at once; 0: no limit"),
    Field("holidays", ("节假日",), _plain(_flag), "yes or no: whether the right is good on holidays"),
    Field("purpose", ("用途", "事由"), _plain(cells.read_text), "what the right is for"),
    Field("grace_days", ("宽限天数",), _plain(cells.read_number), "days after the last that still open"),
    Field("note", ("remark", "备注"), _plain(cells.read_text), "note on the vehicle"),
)

WATCH: tuple[Field, ...] = (
    Field("watch", ("watch list", "黑名单", "布控"), cells.read_watched, "plate or card that every lane looks out for"),
    Field("reason", ("原因",), _plain(cells.read_text), "why"),
)

# An empty cell of these leaves what is there; of every other column it takes the value back to its default.
KEPT_WHEN_BLANK = frozenset(
    {
        "phone",
        "card_state",
        "card_valid_from",
        "card_valid_to",
        "state",
        "right",
        "right_of",
        "right_id",
        "vehicle_id",
    }
)
RIGHT_FIELDS = (
    "right", "right_id", "right_of", "state", "valid_from", "valid_to", "days", "hours", "lots", "space", "spaces",
    "holidays", "purpose", "grace_days",
)  # fmt: skip


def folded(header: str) -> str:
    """A header as it is compared: without case, blanks and signs."""
    return re.sub(r"[\W_]+", "", cells.text_of(header).lower())


def field_by_header(fields: tuple[Field, ...]) -> dict[str, Field]:
    """Every header of a layout, folded, with its column."""
    return {folded(header): field for field in fields for header in (field.name, *field.headers)}
