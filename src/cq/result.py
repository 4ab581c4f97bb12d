"""What the commands return: ``cq analyze``, ``cq identify``, ``cq formats`` and ``cq explain``.

The types of contract section 3 as typed objects, built by the use cases and drawn by the
renderers. The judgements inside are sections of waist 2. Nothing here reads, computes or prints.
Times are RFC 3339 with the offset of the report's zone, ends of windows are exclusive.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Required, TypedDict, get_args

import msgspec

from cq.model import ChatKind, MemberRole, Problem
from cq.section import Section, Table

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


ExitVisibility = Literal["full", "partial", "none"]


class Quality(TypedDict, total=False):
    """How far the data of a group can be trusted. Ratios are 0..1, unknown is ``None``.

    ``messages`` all rows in the window, ``human_messages`` those that count as talk;
    ``members`` under ``member_basis``; ``media_share`` of human messages without words;
    ``name_only_senders`` senders whose identity is nothing but a name; ``speakers_not_listed`` people
    who spoke but do not stand in the list of members (null without one); ``exit_visibility`` whether the log
    shows who leaves (null: nothing to go by); ``shared_names`` senders who show a name that another person
    shows too; ``renamed_senders`` senders with several names; ``starts_with_join`` a join is the first
    thing in the log, perhaps that of its owner; ``likely_bots`` senders who behave like programs, not known
    as ``bots``.
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
    exit_visibility: ExitVisibility | None
    shared_names: int | None
    renamed_senders: int | None
    starts_with_join: bool | None
    recalled: int | None
    likely_bots: int | None


Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Role = Literal["organizer", "thinker", "talker", "asker", "lurker", "challenger"]
ROLES: tuple[Role, ...] = get_args(Role)
Certainty = Literal["firm", "likely", "tentative"]


class RoleScores(msgspec.Struct, frozen=True):
    """How much of each role, 0..1 each; they need not add up to 1."""

    organizer: Share
    thinker: Share
    talker: Share
    asker: Share
    lurker: Share
    challenger: Share


class RoleRow(msgspec.Struct, frozen=True):
    """What part somebody plays in a group, as ``cq roles`` tells it.

    ``role`` is the best guess; pages for people name it only where ``certainty`` is firm or likely.
    ``official_role`` is what the export or the roster says, and no behaviour. ``evidence``: ids of
    messages that show a role, best first. ``also``: further roles with a score of at least 0.5.
    """

    member_id: str
    name: str | None
    official_role: MemberRole | None
    role: Role | Literal["ordinary", "not_enough_data"]
    scores: RoleScores
    certainty: Certainty
    stability: Share | None
    confidence: Share | None
    turns: int
    active_days: int
    evidence: Mapping[Role, Sequence[str]] = {}
    also: Sequence[Role] = ()


def role_rows(table: Table) -> list[RoleRow]:
    """The table ``members`` of a roles section, typed. Columns beyond the contract's are left out."""
    return [msgspec.convert(dict(zip(table.columns, row, strict=True)), RoleRow) for row in table.rows]


def role_window(section: Section, asked: WindowSpan) -> WindowSpan:
    """The stretch a roles section looked at: it may begin before the window that was asked for."""
    bounds = [
        section.metrics[code].value for code in ("window_start", "window_end") if code in section.metrics
    ]
    if len(bounds) == 2 and all(isinstance(bound, str) for bound in bounds):
        return WindowSpan(str(bounds[0]), str(bounds[1]), asked.tz)
    return asked


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
