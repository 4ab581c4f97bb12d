"""What the commands return: ``cq analyze``, ``cq identify``, ``cq formats`` and ``cq explain``.

The types of contract section 3 as typed objects, built by the use cases and drawn by the
renderers. The judgements inside are sections of waist 2. Nothing here reads, computes or prints.
Times are RFC 3339 with the offset of the report's zone, ends of windows are exclusive.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Required, TypedDict

import msgspec

from cq.model import ChatKind, Problem
from cq.section import Section

SHOWN_PROBLEMS = 20
"""How many problems and notices of a source are named; all are counted in ``problem_counts``."""


class WindowSpan(msgspec.Struct, frozen=True):
    """The window that was looked at: ``[start, end)`` and the zone whose days it is made of."""

    start: str
    end: str
    tz: str


class PreviousSpan(msgspec.Struct, frozen=True):
    """The window of the same length just before, which ``previous`` values belong to."""

    start: str
    end: str


class Records(msgspec.Struct, frozen=True):
    """The counting law: ``seen`` is the sum of the five others."""

    seen: int = 0
    messages: int = 0
    members: int = 0
    headers: int = 0
    problems: int = 0
    skipped: int = 0

    @property
    def balanced(self) -> bool:
        """Whether nothing disappeared without a count."""
        return self.seen == self.messages + self.members + self.headers + self.problems + self.skipped


class SourceReport(msgspec.Struct, frozen=True):
    """One file that was read, and what became of its records.

    ``problems`` (records that could not be used) and ``notices`` (doubts about used ones) are the
    first twenty; ``problem_counts`` and ``notice_counts`` count every code, ``skipped_by`` every reason.
    """

    path: str
    format: str
    sha256: str
    bytes: int
    records: Records
    skipped_by: Mapping[str, int] = {}
    problems: Sequence[Problem] = ()
    notices: Sequence[Problem] = ()
    problem_counts: Mapping[str, int] = {}
    notice_counts: Mapping[str, int] = {}


class GroupInfo(msgspec.Struct, frozen=True):
    """Who a group is. ``name`` is verbatim; null when the export does not tell."""

    id: str
    name: str | None
    platform: str
    chat_kind: ChatKind = "unknown"


class Gap(TypedDict):
    """A stretch without any record that is long for this group: perhaps missing from the export."""

    start: str
    end: str
    days: float


class Quality(TypedDict, total=False):
    """How far the data of a group can be trusted. Ratios are 0..1, unknown is ``None``.

    ``messages`` all rows in the window, ``human_messages`` those that count as talk;
    ``members`` under ``member_basis``; ``media_share`` of human messages without words;
    ``name_only_senders`` senders whose identity is nothing but a name; ``speakers_not_listed`` people
    who spoke but do not stand in the list of members (null without one).
    """

    messages: Required[int]
    span_days: Required[int | float | None]
    member_basis: Required[Literal["roster", "events", "senders"]]
    explicit_reply_coverage: Required[float | None]
    human_messages: int | None
    first: str | None
    last: str | None
    members: int | None
    gaps: Sequence[Gap]
    bots: int | None
    anonymous_messages: int | None
    media_share: float | None
    name_only_senders: int | None
    speakers_not_listed: int | None


class GroupResult(msgspec.Struct, frozen=True):
    """One group: who it is, how good its data are, and the sections in report order."""

    group: GroupInfo
    quality: Quality
    sections: Mapping[str, Section] = {}


class Analysis(msgspec.Struct, frozen=True):
    """What ``cq analyze`` found. ``cq`` is the version; ``portfolio`` compares many groups.

    ``passed_over``: files in folders and zips that were not used, by reason. ``compared``: the log of
    some group reaches back over all of the window before; else there are no previous values.
    """

    cq: str
    window: WindowSpan
    previous: PreviousSpan | None
    sources: Sequence[SourceReport]
    groups: Sequence[GroupResult]
    portfolio: Section | None = None
    passed_over: Mapping[str, int] = {}
    compared: bool = False


class GroupCount(msgspec.Struct, frozen=True):
    """A group seen in a source and how many messages it has there."""

    id: str
    name: str | None
    platform: str
    chat_kind: ChatKind
    messages: int


class Span(msgspec.Struct, frozen=True):
    """First and last message of a source."""

    first: str
    last: str


class IdentifiedSource(msgspec.Struct, frozen=True):
    """A source of a dry run: which format and why, and what reading it would give."""

    path: str
    format: str
    sha256: str
    bytes: int
    records: Records
    reason: str
    groups: Sequence[GroupCount] = ()
    span: Span | None = None
    skipped_by: Mapping[str, int] = {}
    problems: Sequence[Problem] = ()
    notices: Sequence[Problem] = ()
    problem_counts: Mapping[str, int] = {}
    notice_counts: Mapping[str, int] = {}


class Identification(msgspec.Struct, frozen=True):
    """What ``cq identify`` found."""

    sources: Sequence[IdentifiedSource]


class FormatInfo(msgspec.Struct, frozen=True):
    """One line of ``cq formats``: the id, what it is, and what its files can carry.

    ``lacks``: what no such file holds; ``lost``: kinds and events that come out as others.
    """

    id: str
    title: str
    platform: str
    unique_ids: bool = False
    replies: bool = False
    roster: bool = False
    lacks: Sequence[str] = ()
    lost: Sequence[str] = ()


class Explanation(msgspec.Struct, frozen=True):
    """What a code means. ``paragraphs`` are keys of ``[terminal.explain]`` and their texts.

    ``kind`` says what the code is: metric, table, series, section, finding, rule or role.
    """

    code: str
    kind: str
    name: str
    paragraphs: Mapping[str, str] = {}
    related: Sequence[str] = ()
