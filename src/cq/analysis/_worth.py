"""What a turn gave the group, and whose contributions carry it: by the answers it drew, never by volume.

The value of a person is the sum over their turns, less a tenth for every month that has passed since, as in
the Orbit model. Answers of others are expected ones where nobody quotes: sums are meant to be used, a single
value may be wrong. Standing outside the log is not seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cq.analysis import _links as links
from cq.conversation.acts import Act

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.analysis._conversation import Conversation

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

MONTH_MS = 30.4375 * 86_400_000
MONTHLY = 0.9
"""What is left of a contribution after a month."""
OPENING = 0.5
_CROWD = 3
"""A session that draws three speakers is worth half a contribution to whoever opened it."""
_SELLING = (Act.AD, Act.SELF_PROMOTION, Act.ADD_ME)


def worth(found: Conversation) -> Floats:
    """Per turn of the log 0..1: substance by the people who answered (two make 1), an answer by one, openings
    that drew three speakers 0.5, ads 0. Worked out once per log."""
    memo = found.view.memo
    key = "worth", id(found)
    if key not in memo:
        memo[key] = _worth(found)
    known: Floats = memo[key]
    return known


def _worth(found: Conversation) -> Floats:
    acts, every = found.acts, slice(0, len(found.turns))
    drawn = links.responders(links.explicit(found), links.likely(found, every), every, len(found.view.people))
    substance, answer = acts.has(Act.SUBSTANCE), acts.has(Act.ANSWER)
    value = np.where(substance, np.minimum(drawn / 2, 1), 0.0)
    value = np.where(answer, np.maximum(value, np.minimum(drawn, 1)), value)
    opens = np.zeros(len(found.turns), np.bool_)
    opens[found.sessions.first_turn[found.sessions.speakers >= _CROWD]] = True
    value = np.where(opens, np.maximum(value, OPENING), value)
    value[acts.has(*_SELLING)] = 0
    return value


def standing(found: Conversation, chosen: Flags, end: int) -> Floats:
    """Per person the value of the chosen turns as it stands at ``end`` (UTC ms)."""
    turns = found.turns
    age = np.maximum(0.0, (end - turns.start_ms[chosen]) / MONTH_MS)
    weight = worth(found)[chosen] * MONTHLY**age
    return np.bincount(turns.person[chosen], weight, len(found.view.people)).astype(np.float64)
