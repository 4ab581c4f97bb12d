"""Newcomers who spoke, and those of them whom nobody answered.

"Nobody answered" is never certain: people answer without a quote. So it stands in two strengths: no visible
and no expected answer, and silence, where nobody else spoke for a while after each of their turns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cq.analysis import _links as links
from cq.analysis import _measures as m
from cq.model import Event
from cq.section import Metric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.analysis import GroupView, Window
    from cq.analysis._conversation import Conversation
    from cq.analysis.network import Settings
    from cq.section import ColumnKind

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Rows = list[tuple[object, ...]]

COLUMNS: dict[str, ColumnKind] = {
    "message_id": "message_id", "sent_at": "time", "member_id": "member_id", "name": "name", "text": "text",
    "expected": "number", "silence": "seconds", "sure": "bool",
}  # fmt: skip


def newcomers(
    talk: Conversation, window: Window, inside: slice, told: bool, settings: Settings
) -> tuple[dict[str, Metric], dict[str, Rows]]:
    """People who first spoke in the window, and those whom nobody answered; ``inside`` are its turns.

    An answer may come after the window; who spoke in the last hours of the log may still get one. ``told``:
    somebody in the log states whom they answer; without that only silence tells.
    """
    view, turns = talk.view, talk.turns
    fresh = _fresh(view, window, turns.person, turns.start_ms, settings.history_days)
    if fresh is None:
        return {}, {}
    late = view.sent_at[-1] - settings.pending_hours * m.HOUR_MS
    mine = np.flatnonzero(np.isin(turns.person[inside], fresh)) + inside.start
    fresh = np.setdiff1d(fresh, turns.person[mine[turns.end_ms[mine] > late]])
    mine = mine[np.isin(turns.person[mine], fresh)]
    drawn, stated = _drawn(talk, inside, mine)
    silence = _silence(turns.person, turns.start_ms, turns.end_ms)[mine]
    alone, sure = (np.zeros(len(view.people), np.bool_) for _ in range(2))
    alone[fresh] = sure[fresh] = True
    expected = np.bincount(turns.person[mine], drawn, len(view.people))
    alone &= (expected < settings.unanswered_below) & told
    sure[turns.person[mine[silence < settings.silence_minutes * 60]]] = False
    for one in (alone, sure):
        one[turns.person[mine[stated]]] = False
    n, lonely = len(fresh), int(alone.sum())
    found = {"newcomers": Metric(n, "count"), "met_silence": Metric(int(sure.sum()), "count", n)}
    if told:
        share = Metric(lonely / n if n else None, "ratio", n, interval=m.wilson(lonely, n))
        found |= {"isolated_newcomers": Metric(lonely, "count", n), "isolated_newcomer_share": share}
    shown = (alone | sure)[turns.person[mine]]
    own = mine[shown]
    rows = [links.telling_row(talk, turn) for turn in own.tolist()]
    columns = drawn[shown], silence[shown], sure[turns.person[own]]
    return found, {"isolated": _rows(view, rows, *columns)}


def _drawn(talk: Conversation, inside: slice, turns: Ints) -> tuple[Floats, Flags]:
    """Per turn how many people are expected to answer it, and whether anybody states that they do."""
    every = len(talk.turns)
    wanted = np.zeros(every, np.bool_)
    wanted[turns] = True
    stated = links.explicit(talk)
    stated = stated.where(wanted[stated.to_turn])
    guessed = links.likely(talk, slice(inside.start, every))
    guessed = guessed.where(wanted[guessed.to_turn])
    drawn = links.responders(stated, guessed, inside, len(talk.view.people))
    return drawn[turns - inside.start], np.isin(turns, stated.to_turn)


def _rows(view: GroupView, rows: list[int], expected: Floats, silence: Floats, sure: Flags) -> Rows:
    """What newcomers said that nobody answered, in order: of each turn its longest message."""
    out: Rows = []
    columns = (rows, expected.tolist(), silence.tolist(), sure.tolist())
    for row, chance, quiet, certain in zip(*columns, strict=True):
        who = view.people[view.person[row]]
        said = view.message_id[row].as_py(), view.time(row), who.id, who.name, view.excerpt(row)
        out.append((*said, round(chance, 2), quiet if np.isfinite(quiet) else None, certain))
    return out


def _silence(person: NDArray[np.int32], start: Ints, end: Ints) -> Floats:
    """Per turn the seconds until somebody else speaks; infinite where nobody does any more."""
    changes = np.flatnonzero(person[1:] != person[:-1]) + 1
    at = np.searchsorted(changes, np.arange(len(person)), "right")
    there = at < len(changes)
    following = changes[at[there]]
    out = np.full(len(person), np.inf)
    out[there] = (start[following] - end[there]) / m.SECOND_MS
    return out


def _fresh(
    view: GroupView, window: Window, person: NDArray[np.int32], start: Ints, history_days: int
) -> Ints | None:
    """Who first spoke in the window: by a join in it, or after enough log without them.

    ``person`` and ``start``: of the turns of the whole log. None where neither can be told.
    """
    joined = np.full(len(view.people), -1, np.int64)
    for i, one in enumerate(view.people):
        joined[i] = -1 if one.joined_at is None else one.joined_at
    for event in view.events:
        if event.event is Event.JOIN:
            for target in event.targets:
                joined[target] = view.sent_at[event.row]
    known_from = int(view.sent_at[0]) + history_days * m.DAY_MS
    arrived = (joined >= max(window.start, int(view.sent_at[0]))) & (joined < window.end)
    if not arrived.any() and known_from >= min(window.end, int(view.sent_at[-1])):
        return None
    seen, first = np.unique(person, return_index=True)
    at = start[first]
    spoke = (at >= window.start) & (at < window.end)
    found: Ints = seen[spoke & ((arrived[seen] & (at >= joined[seen])) | (at >= known_from))].astype(np.int64)
    return found
