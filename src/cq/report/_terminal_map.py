"""Which table of which section has a form of its own, and what stands on the page only on request.

Whatever is not named here is drawn all the same: a table as a plain grid, a metric in the list, a
series as a sparkline. So a new analysis needs no line here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal

from rich.text import Text

from cq.report._terminal_layout import Page
from cq.report._terminal_roles import members
from cq.report._terminal_tables import heat_map, messages, names, plain, ranking, reasons, shares
from cq.result import ROLES
from cq.section import Section, Table


@dataclass(frozen=True, slots=True)
class Layout:
    """What draws a table, and where.

    ``side`` blocks stand next to a ``picture`` if there is room; ``quiet`` ones only with ``--verbose``.
    """

    draw: Callable[[Page, str, Table, int], list[Text]]
    place: Literal["picture", "side", "wide", "quiet"]


def layout_of(table_id: str) -> Layout:
    """The layout of a table; the plain grid for those that have none of their own."""
    return LAYOUTS.get(table_id, Layout(plain, "wide"))


def quiet_codes(section_id: str, some: Collection[str] = ()) -> set[str]:
    """Codes of metrics and series of a section that are shown with ``--verbose`` only. ``some``: the codes
    whose value is not nothing."""
    own = (code for code in QUIET if code.startswith(f"{section_id}."))
    return {code.rpartition(".")[2] for code in own} - {
        code for code in some if f"{section_id}.{code}" in SHOWN_IF_ANY
    }


BRIEF: Mapping[str, frozenset[str]] = {
    "health": frozenset(),
    "lifecycle": frozenset({"stage", "runner_up", "stage_without_top", "level", "peak", "turns"}),
    "size": frozenset(
        {"members", "active_28d", "partners_median", "messages_busy_day", "reading_minutes_busy_day"}
        | {"silent_share", "absence_factor", "effective_speakers", "contributor_share"}
    ),
    "elements": frozenset({"output_weeks_share", "return_share", "many_share", "helpers", "organizers"}),
    "habits": frozenset({"series", "orders"}),
    "sharing": frozenset({"sessions"}),
    "onboarding": frozenset({"joins", "first_post_share", "answered_share", "second_post_share"}),
}
"""Of sections with many numbers, what a page with all sections shows of them: metrics, series and tables by
their own names. Findings stand there always, the rest with ``--verbose`` or where few sections are."""


def left_out(section: Section) -> set[str]:
    """Names of a section that a brief page leaves out; none where the section has no brief form."""
    if section.id not in BRIEF:
        return set()
    return {*section.metrics, *section.series, *section.tables} - BRIEF[section.id]


LAYOUTS: Mapping[str, Layout] = {
    "activity.hours": Layout(heat_map, "picture"),
    "activity.kinds": Layout(shares, "side"),
    "activity.busiest_days": Layout(
        partial(names, by=("date", "time"), value="count", rows=5, unit="day"), "side"
    ),
    "people.ranking": Layout(ranking, "picture"),
    "people.new": Layout(names, "side"),
    "people.returned": Layout(partial(names, value="silent_days"), "side"),
    "people.lost": Layout(partial(names, value="last_seen"), "side"),
    "people.silent": Layout(names, "side"),
    "people.bots": Layout(names, "side"),
    "people.same_name": Layout(partial(plain, ids=True), "quiet"),
    "people.many_names": Layout(partial(plain, ids=True), "quiet"),
    "people.joined": Layout(plain, "quiet"),
    "people.left": Layout(plain, "quiet"),
    "questions.unanswered": Layout(partial(messages, unit="question"), "wide"),
    "questions.answerers": Layout(partial(names, value="count"), "wide"),
    "roles.members": Layout(members, "wide"),
    "roles.evidence": Layout(plain, "quiet"),
    "roles.numbers": Layout(plain, "quiet"),
    "roles.composition": Layout(plain, "quiet"),
    "roles.changes": Layout(partial(plain, dates=True), "quiet"),
    "ads.senders": Layout(partial(plain, dates=True), "wide"),
    "ads.examples": Layout(reasons, "wide"),
    "ads.campaigns": Layout(partial(plain, dates=True), "wide"),
    "ads.floods": Layout(partial(plain, dates=True), "wide"),
    "circles.moved": Layout(plain, "wide"),
    "circles.relays": Layout(partial(plain, dates=True), "quiet"),
    "network.people": Layout(plain, "quiet"),
    "network.communities": Layout(plain, "quiet"),
    "network.isolated": Layout(messages, "wide"),
    "portfolio.copied": Layout(partial(plain, dates=True), "wide"),
    "portfolio.questions": Layout(partial(plain, dates=True), "wide"),
    "portfolio.spread": Layout(plain, "quiet"),
}
"""Tables with a form of their own, by ``section.table``."""

HEADED_BY: Mapping[str, str] = {
    "people.new": "new_speakers",
    "people.returned": "returned_speakers",
    "people.lost": "lost_regulars",
    "people.silent": "silent_members",
    "questions.unanswered": "unanswered",
    "circles.moved": "moved",
    "circles.relays": "relays",
}
"""Tables whose heading carries the metric that counts their rows, so that it is said once."""

_KIND_COUNTS = ("product", "traffic", "link", "event", "job", "vice", "chain", "flood")
_BY_POLICY = ("exempted", "allowed", "ignored")
_ROLE_PARTS = (
    "window_start", "window_end", "members_judged", "firm", "likely", "tentative", "not_enough_data",
    *(f"share_{role}" for role in (*ROLES, "ordinary")),
)  # fmt: skip
QUIET = frozenset(
    {"people.gini", "people.gini_equal", "activity.speakers_7d", "activity.speakers_30d"}
    | {f"roles.{code}" for code in _ROLE_PARTS}
    | {"ads.confirmed", "ads.suspected", "ads.ads_per_week"}
    | {"circles.core_and_organizing", "circles.people", "network.people", "network.answering_pairs"}
    | {"network.most_partners", "network.modularity", "network.modularity_chance"}
    | {f"ads.count_{kind}" for kind in _KIND_COUNTS}
    | {f"ads.{code}" for code in _BY_POLICY}
)
"""Metrics and series that are parts of another one, or say again what another says."""

SHOWN_IF_ANY = frozenset(f"ads.{code}" for code in _BY_POLICY)
"""Of the quiet ones, those that say what the policy has set aside: silent only where that is nothing."""
