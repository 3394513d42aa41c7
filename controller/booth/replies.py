"""The shapes of the interface for programs: what is asked and what is answered, as the description at /docs shows.

No behaviour may be put here.
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from controller.domain.terms import Order

Body = dict[str, Any]


class Approval(BaseModel):
    """A second person who agrees: the leader's name, and a password or a one-time code."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(max_length=64)]
    secret: Annotated[str, Field(max_length=512)]


class OrderAsked(BaseModel):
    """An order to a lane. `passage` is the one that was looked at (""; none). `key` is new for every click."""

    model_config = ConfigDict(extra="forbid")
    order: Order
    reason: Annotated[str, Field(max_length=64)]
    key: Annotated[str, Field(min_length=8, max_length=64)]
    passage: Annotated[str, Field(max_length=64)] = ""
    plate: Annotated[str, Field(max_length=16)] = ""
    remark: Annotated[str, Field(max_length=500)] = ""
    approval: Approval | None = None


class OrderTold(BaseModel):
    """What became of an order. `words` is for people, in the language of the request."""

    id: str
    result: str
    reason: str
    words: str


class Search(BaseModel):
    """What passages are looked for: part of a plate, a lane, an outcome; `before` is a `first_seq` to page on from."""

    plate: Annotated[str, Field(max_length=64)] = ""
    lane: Annotated[str, Field(max_length=64)] = ""
    outcome: Annotated[str, Field(max_length=64)] = ""
    before: Annotated[int | None, Field(ge=1, le=2**53)] = None


class PageSearch(Search):
    """A search as the page's form asks it; times as the field gives them ("2026-11-21T08:30", the site's own)."""

    since: Annotated[str, Field(max_length=32)] = ""
    until: Annotated[str, Field(max_length=32)] = ""


class ApiSearch(Search):
    """A search as a program asks it; times in UTC microseconds."""

    since: Annotated[int | None, Field(ge=0, le=2**53)] = None
    until: Annotated[int | None, Field(ge=0, le=2**53)] = None
    limit: Annotated[int, Field(ge=1, le=500)] = 50


class AlarmSeen(BaseModel):
    """Somebody has seen an alarm, and perhaps what was done."""

    model_config = ConfigDict(extra="forbid")
    raised_seq: Annotated[int, Field(ge=1, le=2**53)]
    note: Annotated[str, Field(max_length=500)] = ""


class LaneTold(BaseModel):
    """One lane: how it is configured, and its view as the log has it (`null` before the first)."""

    id: str
    name: str
    kind: str
    direction: str
    tone: str
    view: Body | None


class Rows(BaseModel):
    """Rows of a read model. `older` is the `before` of the next page, `null` at the end."""

    rows: list[Body]
    older: int | None = None


class Why(BaseModel):
    """A passage with its events as sentences, and what was known at each decision."""

    passage: Body
    stay: Body | None
    story: list[Body]
    known: Body | None


class StatusTold(BaseModel):
    """The box as it is now."""

    site: str
    box: str
    version: str
    link_configured: bool
    link_alive: bool
    link_since: int | None
    list_version: int
    list_age_s: int | None
    outbox_depth: int
    clock_trusted: bool
    log_writable: bool
    inside: int
    alarms_open: int
