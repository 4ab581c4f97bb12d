"""What a group leaves behind for the comparison with others: small columns, no log.

Members by id, posts whose words other groups saw too, questions as hashes of their wording, a few numbers.
It is made while the view of the group is there; what it leads to stands in ``_portfolio``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from cq.analysis._conversation import conversation
from cq.analysis._staff import staff
from cq.analysis._weeks import WEEK_MS
from cq.conversation.acts import Act

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.analysis import GroupView, Window
    from cq.analysis._conversation import Conversation
    from cq.section import Section

    Ints = NDArray[np.int64]
    Hashes = NDArray[np.uint64]
    Flags = NDArray[np.bool_]

NOW_WEEKS = 4
CROWD = 3
_EXCERPT = 80
_SHORT, _LONG = 6, 60
"""Wordings of questions that are compared: shorter ones are the same by chance, longer ones are talks."""
_EMPTY = (Act.FILLER, Act.NOTICE, Act.RED_PACKET, Act.AD, Act.SELF_PROMOTION, Act.ADD_ME)


@dataclass(frozen=True)
class Posts:
    """Rows in time order: a hash of the words, UTC ms, the index of the sender in ``Digest.ids``, whether
    staff sent it, and the text on one line."""

    words: Hashes
    at: Ints
    sender: Ints
    official: Flags
    text: list[str]

    def __len__(self) -> int:
        return len(self.words)


@dataclass(frozen=True)
class Digest:
    """One group. ``ids``: everybody the view knows (bots and anonymous senders are no members).

    ``members``, ``speakers``: indices into ``ids``; ``members`` are those listed, else those who spoke or
    joined. ``steady``: share of members whose id is more than a nickname. ``posts``: those whose words stood
    in other groups, too; ``notices``: how many staff wrote that are long enough to be compared. ``asked``:
    questions. ``weeks``: length of the log in the window. ``turns``, ``real_turns``, ``recent_speakers``: in
    the last four weeks; real turns are those in sessions of three speakers or more that are no filler,
    notice, red packet or ad.
    """

    group_id: str
    name: str
    platform: str
    ids: list[str]
    names: list[str]
    members: Ints
    speakers: Ints
    steady: float
    posts: Posts
    notices: int
    asked: Posts
    weeks: float
    turns: int
    real_turns: int
    recent_speakers: int
    sections: Mapping[str, Section]


def digest(view: GroupView, window: Window, sections: Mapping[str, Section]) -> Digest:
    """The digest of a group in a window; ``sections`` are those worked out for it."""
    found = conversation(view, view.memo.get("ad_policy"))
    rows = view.rows(window)
    spoke = np.unique(view.person[rows][view.human[rows]])
    speakers = spoke[view.somebody[spoke]].astype(np.int64)
    members = _members(view, speakers)
    ids = [p.id for p in view.people]
    named = sum(ids[i].startswith("name:") for i in members.tolist())
    turns, real, recent = _lately(found, window)
    posts, notices = _posts(found, rows)
    return Digest(
        view.group.group_id,
        view.group.group_name or view.group.group_id,
        view.group.platform,
        ids,
        [p.name for p in view.people],
        members,
        speakers,
        1 - named / len(members) if len(members) else 0.0,
        posts,
        notices,
        _asked(found, window),
        _weeks(view, rows),
        turns,
        real,
        recent,
        sections,
    )


def _members(view: GroupView, speakers: Ints) -> Ints:
    if view.member_basis == "roster":
        listed = [i for i, p in enumerate(view.people) if p.listed and view.somebody[i]]
        return np.array(listed, np.int64)
    joined = {i for e in view.events if e.event == "join" for i in e.targets if view.somebody[i]}
    return np.array(sorted({*speakers.tolist(), *joined}), np.int64)


def _weeks(view: GroupView, rows: slice) -> float:
    return (
        float(view.sent_at[rows.stop - 1] - view.sent_at[rows.start]) / WEEK_MS
        if rows.stop > rows.start
        else 0.0
    )


def _lately(found: Conversation, window: Window) -> tuple[int, int, int]:
    """Turns, real turns and speakers of the last four weeks."""
    view, turns = found.view, found.turns
    if not len(view):
        return 0, 0, 0
    end = min(window.end, int(view.sent_at[-1]) + 1)
    low, high = np.searchsorted(turns.start_ms, [end - NOW_WEEKS * WEEK_MS, end])
    part = slice(int(low), int(high))
    crowd = found.sessions.speakers[found.sessions.of_turn[part]] >= CROWD
    real = crowd & ~found.acts.has(*_EMPTY)[part]
    return part.stop - part.start, int(real.sum()), len(np.unique(turns.person[part]))


def _posts(found: Conversation, rows: slice) -> tuple[Posts, int]:
    """Posts that other groups saw, and how many notices of staff could have been among them."""
    from cq.ads.campaigns import fingerprints

    view = found.view
    others = view.memo.get("elsewhere")
    words = fingerprints(view.text.slice(rows.start, rows.stop - rows.start))
    told = view.human[rows] & (words != 0)
    official = np.zeros(len(view.people) + 1, np.bool_)
    if len(words):
        official[staff(found, int(view.sent_at[rows.start]), int(view.sent_at[rows.stop - 1]) + 1)] = True
    mine = told & official[view.person[rows]]
    shared = np.flatnonzero(told & (others[rows] > 0)) if others is not None else np.zeros(0, np.int64)
    return _listed(view, shared + rows.start, words[shared], official), int(mine.sum())


def _asked(found: Conversation, window: Window) -> Posts:
    """Questions and requests for help, by their wording without politeness."""
    import pyarrow.compute as pc
    from xxhash import xxh64_intdigest

    from cq.text.questions import wording

    view, part = found.view, found.inside(window)
    rows = found.turns.first_row[part][found.acts.has(Act.HELP, Act.QUESTION)[part]]
    words = wording(view.text.take(pa.array(rows)))
    length = pc.fill_null(pc.utf8_length(words), 0).to_numpy(zero_copy_only=False)
    good = (length >= _SHORT) & (length <= _LONG)
    kept = [xxh64_intdigest(text.encode()) for text in words.filter(pa.array(good)).to_pylist()]
    nobody = np.zeros(len(view.people) + 1, np.bool_)
    return _listed(view, rows[good], np.array(kept, np.uint64), nobody)


def _listed(view: GroupView, rows: Ints, words: Hashes, official: Flags) -> Posts:
    person = view.person[rows].astype(np.int64)
    texts = [view.excerpt(int(row), _EXCERPT) or "" for row in rows]
    return Posts(words, view.sent_at[rows], person, official[person], texts)
