"""Who asks, who is answered, how fast, and what still lies there.

A question is a human text message that :func:`cq.text.questions.is_question` takes for one; greetings
(在吗) and sales talk count; ``help_requests`` are the turns that want help. An answer is what the log *shows*
to be one: the first explicit reply (quote) by another person within seven days, looked up beyond the window
too. Where the export carries no replies, an @mention of the asker within 24 hours after the question stands
in for it, and ``answer_basis`` says so.

Answers that were simply typed below do not show. How many of them to expect is ``answered_expected``:
chances of inferred links, summed up, never listed and never mixed into the ratio. Answers in a private chat
or a voice call leave no trace, nor does whether an answer was right. So the ratio is a lower bound, good for
comparing a group with its own past; where nobody in the whole log replies or mentions explicitly, it is not
known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from cq.analysis import Analyzer, GroupView, Window
from cq.analysis import _calendar as cal
from cq.analysis import _measures as m
from cq.analysis import _question_answers as found_by
from cq.analysis._conversation import conversation
from cq.analysis._question_repeats import Repeated, repeated
from cq.conversation.acts import Act
from cq.section import Metric, Section, Table, Unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from cq.analysis._conversation import Conversation
    from cq.analysis._question_answers import Answers
    from cq.section import ColumnKind

    Ints = NDArray[np.int64]


class Settings(msgspec.Struct, frozen=True):
    """``reply_limit_days``: a later reply is no answer (dsc analytics: 7 days).
    ``mention_limit_hours``: a later mention is about something else; 24 as for questions in the roles.
    ``pending_hours``: an unanswered question younger than this at the end of the log may still get its
    answer; it counts as unanswered and is named apart. A convention.
    ``expected_hours``: how long after a question an inferred answer counts; as for mentions.
    ``repeat_similarity``: shared runs of characters from which two questions are the same; on invented groups
    0.5 put different questions together, 0.7 hardly any.
    ``repeat_pause_hours``: what one person asks again sooner is no further time. A convention.
    ``repeat_rows``: how many repeated questions are listed.
    ``excerpt_characters``: length of a question in the table.
    """

    reply_limit_days: int = 7
    mention_limit_hours: int = 24
    pending_hours: int = 24
    expected_hours: int = 24
    repeat_similarity: float = 0.6
    repeat_pause_hours: int = 24
    repeat_rows: int = 50
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
    "help_requests": "count",
    "answered_expected": "number",
    "addressed_share": "ratio",
    "repeated_questions": "count",
}

TABLES: dict[str, dict[str, ColumnKind]] = {
    "unanswered": {
        "message_id": "message_id", "sent_at": "time", "member_id": "member_id", "name": "name",
        "text": "text", "age_days": "days",
    },
    "answerers": {
        "member_id": "member_id", "name": "name", "answers": "count", "median_answer_seconds": "seconds",
    },
    "repeated": {
        "example": "text", "times": "count", "askers": "count", "answered": "count", "last": "time",
        "message_id": "message_id",
    },
    "answer_pairs": {
        "asker_id": "member_id", "asker": "name", "answerer_id": "member_id", "answerer": "name",
        "answers": "count",
    },
}  # fmt: skip


def run(view: GroupView, window: Window, settings: Settings) -> Section:
    """The section ``questions``. Every code is there; what the log does not show is ``None``."""
    metrics = {code: Metric(None, unit) for code, unit in METRICS.items()}
    tables: dict[str, list[tuple[object, ...]]] = {}
    inside = view.rows(window)
    if cal.covered(view.sent_at, window.start, window.end, view.zone):
        asked, texts = found_by.questions(view, inside)
        talk = conversation(view, view.memo.get("ad_policy"))
        metrics |= _asking(view, inside, asked, texts) | _talk(talk, window, asked, settings)
        basis, every = found_by.answers(view, asked, settings.reply_limit_days, settings.mention_limit_hours)
        metrics["answer_basis"] = Metric(basis, "code")
        done = None
        if every is not None:
            answers = found_by.firsts(every)
            done = answers.question
            left = np.setdiff1d(asked, done)
            metrics |= _answering(view, asked, answers, left, settings)
            tables = {
                "unanswered": _unanswered(view, left, settings.excerpt_characters),
                "answerers": _answerers(view, answers),
                "answer_pairs": _answer_pairs(view, every),
            }
        again = repeated(view, asked, done, settings.repeat_similarity, settings.repeat_pause_hours)
        metrics["repeated_questions"] = Metric(len(again), "count", len(asked))
        tables["repeated"] = _repeated(view, again[: settings.repeat_rows], settings.excerpt_characters)
    return Section(
        "questions",
        metrics,
        {name: Table(columns, tables.get(name, [])) for name, columns in TABLES.items()},
    )


ANALYZER = Analyzer("questions", 30, Settings(), run)


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


def _answering(
    view: GroupView, asked: Ints, answers: Answers, left: Ints, settings: Settings
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


def _answerers(view: GroupView, answers: Answers) -> list[tuple[object, ...]]:
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


def _talk(talk: Conversation, window: Window, asked: Ints, settings: Settings) -> dict[str, Metric]:
    """What only the talk around the questions tells: help that is wanted, answers to be expected."""
    inside = talk.inside(window)
    chance, n = found_by.expected(talk, asked, settings.expected_hours)
    whole = len(talk.turns)
    return {
        "help_requests": Metric(int(talk.acts.has(Act.HELP)[inside].sum()), "count"),
        "answered_expected": Metric(chance if n else None, "number", n),
        "addressed_share": Metric(round(talk.replies.addressed_share, 4) if whole else None, "ratio", whole),
    }


def _answer_pairs(view: GroupView, every: Answers) -> list[tuple[object, ...]]:
    """Who answered whose questions, as the log shows it."""
    return [
        (view.people[asker].id, view.people[asker].name, view.people[by].id, view.people[by].name, count)
        for asker, by, count in found_by.pairs(view, every)
    ]


def _repeated(view: GroupView, again: list[Repeated], width: int) -> list[tuple[object, ...]]:
    """The example is the first one asked."""
    return [
        (
            view.excerpt(int(one.rows[0]), width),
            one.times,
            one.askers,
            one.answered,
            view.time(int(one.rows[-1])),
            view.message_id[int(one.rows[0])].as_py(),
        )
        for one in again
    ]
