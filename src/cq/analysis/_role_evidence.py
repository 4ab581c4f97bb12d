"""Which messages show a role: the deeds that carried its score, and by which acts. Nothing is judged here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cq.analysis._role_counts import WEEK_MS
from cq.conversation.acts import Act

if TYPE_CHECKING:
    from cq.analysis._conversation import Conversation
    from cq.analysis._role_deeds import Deeds, Ints

BY_WORDS = {
    "organizer": (Act.NOTICE, Act.RULE, Act.MODERATION, Act.WELCOME, Act.EVENT),
    "asker": (Act.HELP, Act.QUESTION),
    "challenger": (Act.DISSENT,),
}
"""Acts that one message of a turn shows by its words; of all others the longest message is shown."""
SHOWN = 10
"""Messages shown for a role; of dissent all are, so that nobody is called a challenger without his words."""


def by_person(done: Deeds, start: int, end: int) -> dict[int, Ints]:
    """The deeds of ``[start, end)`` by who did them."""
    inside = done.between(start, end)
    order = np.argsort(done.person[inside], kind="stable") + inside.start
    who, first = np.unique(done.person[order], return_index=True)
    return dict(zip(who.tolist(), np.split(order, first[1:]), strict=False))


def listed(found: Conversation, done: Deeds, own: Ints, role: str, end: int) -> tuple[list[int], list[str]]:
    """The rows and ids that show some deeds: happenings and single messages first, spread over the weeks."""
    if role != "challenger" and len(own) > SHOWN:
        week = (end - 1 - done.at[own]) // WEEK_MS
        nth = np.zeros(len(own), np.int64)
        plain = ~(done.brief[own] | (done.weight[own] > 1))
        order = np.lexsort((own, plain, week))
        fresh = np.concatenate(([True], week[order][1:] != week[order][:-1]))
        starts = np.flatnonzero(fresh)
        nth[order] = np.arange(len(own)) - np.repeat(starts, np.diff(np.append(starts, len(own))))
        own = np.sort(own[np.lexsort((own, nth, plain))[:SHOWN]])
    rows = [_row(found, done, deed, BY_WORDS.get(role, ())) for deed in own.tolist()]
    return rows, [found.view.message_id[row].as_py() for row in rows]


def _row(found: Conversation, done: Deeds, deed: int, wanted: tuple[Act, ...]) -> int:
    """The message of a deed that shows it."""
    row, turn = int(done.row[deed]), int(done.turn[deed])
    if done.brief[deed] or not wanted:
        return row
    first = int(found.turns.first_row[turn])
    shown = [s.row for s in found.acts.rules_of(turn) if s.act in wanted]
    # A rule without words names the first message: one that has words is better.
    return next((r for r in shown if r != first), first if shown else row)
