"""Who asks, who is answered, how fast, and what still lies there.

A question is a human text message that :func:`cq.text.questions.is_question` takes for one; greetings
(在吗) and sales talk count, questions without any cue do not. An answer is what the log *shows* to be one:
the first explicit reply (quote) by another person within seven days, looked up beyond the window too.
Where the export carries no replies, an @mention of the asker within 24 hours after the question stands
in for it, and ``answer_basis`` says so.

It cannot see answers that were simply typed below, given in a private chat or in a voice call, nor
whether an answer was right. So the ratio is a lower bound, good for comparing a group with its own past;
where nobody in the whole log replies or mentions explicitly, nothing is known and nothing is printed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from cq.analysis import KINDS, Analyzer, GroupView, Window
from cq.analysis import _calendar as cal
from cq.analysis import _measures as m
from cq.model import Kind
from cq.section import Metric, Section, Table, Unit
from cq.text.questions import is_question

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from cq.section import ColumnKind

    Ints = NDArray[np.int64]


class Settings(msgspec.Struct, frozen=True):
    """``reply_limit_days``: a later reply is no answer (dsc analytics: 7 days).
    ``mention_limit_hours``: a later mention is about something else; 24 as for questions in the roles.
    ``pending_hours``: an unanswered question younger than this at the end of the log may still get its
    answer; it counts as unanswered and is named apart. A convention.
    ``excerpt_characters``: length of a question in the table.
    """

    reply_limit_days: int = 7
    mention_limit_hours: int = 24
    pending_hours: int = 24
    excerpt_characters: int = 80


METRICS: dict[str, Unit] = {
    "questions": "count",
    "askers": "count",
    "question_share": "ratio",
    "answered_ratio": "ratio",
    "median_answer_seconds": "seconds",
    "p90_answer_seconds": "seconds",
    "unanswered": "count",
    "pending": "count",
    "explicit_reply_coverage": "ratio",
    "answer_basis": "code",
}

TABLES: dict[str, dict[str, ColumnKind]] = {
    "unanswered": {
        "message_id": "message_id", "sent_at": "time", "member_id": "member_id", "name": "name",
        "text": "text", "age_days": "days",
    },
    "answerers": {
        "member_id": "member_id", "name": "name", "answers": "count", "median_answer_seconds": "seconds",
    },
}  # fmt: skip


class _Answers(NamedTuple):
    """The first answer to each question that has one: rows of the log, parallel."""

    question: Ints
    answer: Ints


def run(view: GroupView, window: Window, settings: Settings) -> Section:
    """The section ``questions``. Every code is there; what the log does not show is ``None``."""
    metrics = {code: Metric(None, unit) for code, unit in METRICS.items()}
    tables: dict[str, list[tuple[object, ...]]] = {}
    inside = view.rows(window)
    if cal.covered(view.sent_at, window.start, window.end, view.zone):
        asked, texts = _questions(view, inside)
        metrics |= _asking(view, inside, asked, texts)
        basis, answers = _answers(view, asked, settings)
        metrics["answer_basis"] = Metric(basis, "code")
        if answers is not None:
            left = np.setdiff1d(asked, answers.question)
            metrics |= _answering(view, asked, answers, left, settings)
            tables = {
                "unanswered": _unanswered(view, left, settings.excerpt_characters),
                "answerers": _answerers(view, answers),
            }
    return Section(
        "questions",
        metrics,
        {name: Table(columns, tables.get(name, [])) for name, columns in TABLES.items()},
    )


ANALYZER = Analyzer("questions", 30, Settings(), run)


def _signed(view: GroupView) -> NDArray[np.bool_]:
    """Human messages that are not anonymous: of an anonymous answer nobody knows whose it is."""
    return view.human & view.somebody[view.person]


def _questions(view: GroupView, rows: slice) -> tuple[Ints, int]:
    """The rows among ``rows`` that ask, and the number of human text messages they were found in."""
    import pyarrow as pa

    said = _signed(view)[rows] & (view.kind[rows] == KINDS.index(Kind.TEXT))
    at = np.flatnonzero(said) + rows.start
    return at[is_question(view.text.take(pa.array(at)))], len(at)


def _asking(view: GroupView, inside: slice, asked: Ints, texts: int) -> dict[str, Metric]:
    human = view.human[inside]
    linked = view.reply_to[inside] >= 0
    mentions = view.mention_row[(view.mention_row >= inside.start) & (view.mention_row < inside.stop)]
    linked[mentions - inside.start] = True
    n = int(human.sum())
    return {
        "questions": Metric(len(asked), "count"),
        "askers": Metric(len(m.distinct(view.person[asked])), "count"),
        "question_share": Metric(len(asked) / texts if texts else None, "ratio", texts),
        "explicit_reply_coverage": Metric(int((linked & human).sum()) / n if n else None, "ratio", n),
    }


def _answers(view: GroupView, asked: Ints, settings: Settings) -> tuple[str, _Answers | None]:
    """What answers rest on (``reply``, ``mention``, ``none``), and the first answer of each question."""
    if view.explicit_replies:
        replies = np.flatnonzero(_signed(view) & (view.reply_to >= 0))
        return ("reply", _by_reply(view, asked, replies, settings)) if len(replies) else ("none", None)
    by_people = _signed(view)[view.mention_row]
    if not by_people.any():
        return "none", None
    return "mention", _by_mention(view, asked, by_people, settings)


def _by_reply(view: GroupView, asked: Ints, replies: Ints, settings: Settings) -> _Answers:
    limit = settings.reply_limit_days * m.DAY_MS
    target = view.reply_to[replies]
    wait = view.sent_at[replies] - view.sent_at[target]
    good = np.isin(target, asked) & (view.person[replies] != view.person[target])
    good &= (wait >= 0) & (wait <= limit)
    return _first(target[good], replies[good])


def _by_mention(view: GroupView, asked: Ints, by_people: NDArray[np.bool_], settings: Settings) -> _Answers:
    """A mention answers the latest question that the mentioned person asked in the hours before."""
    if not len(asked):
        return _Answers(asked, asked)
    limit = settings.mention_limit_hours * m.HOUR_MS
    # Questions asked after the window take mentions away from those in it.
    until = int(np.searchsorted(view.sent_at, view.sent_at[asked[-1]] + limit, side="right"))
    later, _ = _questions(view, slice(int(asked[-1]) + 1, until))
    every = np.concatenate((asked, later))
    near = by_people & (view.mention_row > asked[0]) & (view.mention_row < until)
    row, who = view.mention_row[near], view.mention_person[near]
    # Questions in the order (asker, row); the one before (mentioned, row of the mention) is the latest.
    order = np.lexsort((every, view.person[every]))
    key = view.person[every[order]].astype(np.int64) * len(view) + every[order]
    place = np.searchsorted(key, who.astype(np.int64) * len(view) + row) - 1
    question = every[order][np.maximum(place, 0)]
    good = (place >= 0) & (view.person[question] == who) & (view.person[row] != who)
    good &= (view.sent_at[row] - view.sent_at[question] <= limit) & np.isin(question, asked)
    return _first(question[good], row[good])


def _first(question: Ints, answer: Ints) -> _Answers:
    """The earliest answer of every question; answers come in log order."""
    order = np.argsort(answer, kind="stable")
    which, at = np.unique(question[order], return_index=True)
    return _Answers(which, answer[order][at])


def _answering(
    view: GroupView, asked: Ints, answers: _Answers, left: Ints, settings: Settings
) -> Mapping[str, Metric]:
    n, answered = len(asked), len(answers.question)
    wait = (view.sent_at[answers.answer] - view.sent_at[answers.question]) / m.SECOND_MS
    young = view.sent_at[left] > view.sent_at[-1] - settings.pending_hours * m.HOUR_MS
    return {
        "answered_ratio": Metric(answered / n if n else None, "ratio", n, interval=m.wilson(answered, n)),
        "median_answer_seconds": Metric(m.median(wait), "seconds", answered),
        "p90_answer_seconds": Metric(m.nearest_rank(wait, 0.9), "seconds", answered),
        "unanswered": Metric(len(left), "count", n),
        "pending": Metric(int(young.sum()), "count", len(left)),
    }


def _unanswered(view: GroupView, left: Ints, width: int) -> list[tuple[object, ...]]:
    """Oldest first, what one asker repeats within a minute once; ages are measured at the end of the log."""
    import pyarrow as pa

    ids = view.message_id.take(pa.array(left)).to_pylist()
    ages = np.round((view.sent_at[-1] - view.sent_at[left]) / m.DAY_MS, 1).tolist()
    texts = view.text.take(pa.array(left)).to_pylist()
    rows: list[tuple[object, ...]] = []
    seen: set[tuple[int, int, str]] = set()
    for row, id_, age, text in zip(left.tolist(), ids, ages, texts, strict=True):
        asked = int(view.person[row]), int(view.sent_at[row]) // (60 * m.SECOND_MS), text
        if asked in seen:
            continue
        seen.add(asked)
        asker = view.people[view.person[row]]
        rows.append((id_, view.time(row), asker.id, asker.name, view.excerpt(row, width), age))
    return rows


def _answerers(view: GroupView, answers: _Answers) -> list[tuple[object, ...]]:
    """Who gave first answers, most first: the list of people to thank."""
    by = view.person[answers.answer]
    wait = (view.sent_at[answers.answer] - view.sent_at[answers.question]) / m.SECOND_MS
    order = np.argsort(by, kind="stable")
    people, starts = np.unique(by[order], return_index=True)
    waits = np.split(wait[order], starts[1:])
    # Without any answer the split still yields one empty part; zip drops it.
    found = [(len(own), m.median(own), i) for own, i in zip(waits, people.tolist(), strict=False)]
    found.sort(key=lambda row: (-row[0], row[1] or 0.0, row[2]))
    return [(view.people[i].id, view.people[i].name, count, middle) for count, middle, i in found]
