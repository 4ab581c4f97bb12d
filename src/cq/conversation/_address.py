"""Who is spoken to, as far as a message says so itself: by a reply, a resolved mention or a name.

A name counts when it is a token of its own. At the beginning of a text or after an "@" it is an
address; elsewhere it only shows that the person is meant somehow. A name that several people bore
means nobody. Nothing here guesses.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cq.conversation._talk import Bools, Ints, Persons, Talk
from cq.conversation._tokens import READ, Hashes, Tokens, hashed

NOBODY = -1


@dataclass(frozen=True)
class Names:
    """Hashes of unambiguous names, sorted, and the person of each.

    ``likely`` by hash, ``longest`` and ``first`` (by code point) are coarse first looks.
    """

    hash: Hashes
    person: Persons
    likely: Bools
    longest: int
    first: Bools

    def persons(self, hashes: Hashes) -> Persons:
        """The person of each token, -1 where it is no name."""
        out = np.full(len(hashes), NOBODY, np.int32)
        some = np.flatnonzero(self.likely[hashes & np.uint64(0xFFFF)])
        if len(some):
            at = np.minimum(np.searchsorted(self.hash, hashes[some]), len(self.hash) - 1)
            same = self.hash[at] == hashes[some]
            out[some[same]] = self.person[at[same]]
        return out


def names(talk: Talk) -> Names:
    """The names of a log that belong to one person only."""
    pairs = sorted({(name.strip(), who) for who, all_names in enumerate(talk.names) for name in all_names})
    bearers: dict[str, list[int]] = {}
    for name, who in pairs:
        bearers.setdefault(name.lower(), []).append(who)
    single = [(name, who[0]) for name, who in bearers.items() if name and len(set(who)) == 1]
    hashes = hashed([name for name, _ in single])
    order = np.argsort(hashes, kind="stable")
    likely = np.zeros(1 << 16, np.bool_)
    likely[hashes & np.uint64(0xFFFF)] = True
    first = np.zeros(1 << 16, np.bool_)
    first[[min(ord(name[0]), len(first) - 1) for name, _ in single]] = True
    longest = max((min(len(name), READ) for name, _ in single), default=0)
    person = np.array([who for _, who in single], np.int32)
    return Names(hashes[order], person[order], likely, longest, first)


@dataclass(frozen=True)
class Named:
    """Per row of a piece of the log: the person addressed by name, and one merely named; -1 for none."""

    addressed: Persons
    named: Persons
    is_name: Bools
    """Per token."""


def named(found: Tokens, known: Names, rows: int, person: Persons) -> Named:
    """What the tokens of ``rows`` rows say; nobody addresses themselves. The first name of a row counts."""
    who = known.persons(found.hash)
    addressed = np.full(rows, NOBODY, np.int32)
    merely = np.full(rows, NOBODY, np.int32)
    hits = np.flatnonzero((who >= 0) & (who != person[found.row]))[::-1]
    strong = found.leads[hits] | found.called[hits]
    addressed[found.row[hits[strong]]] = who[hits[strong]]
    merely[found.row[hits[~strong]]] = who[hits[~strong]]
    return Named(addressed, merely, who >= 0)


def by_mention(talk: Talk) -> Persons:
    """Per row the first person a resolved mention names, other than the sender; -1 for none."""
    out = np.full(len(talk.sent_at), NOBODY, np.int32)
    rows, who = talk.mention_row[::-1], talk.mention_person[::-1]
    other = (who >= 0) & (who != talk.person[rows])
    out[rows[other]] = who[other]
    return out


def by_reply(talk: Talk) -> Ints:
    """Per row the row it answers, where that is an earlier row of somebody; -1 otherwise."""
    rows = np.arange(len(talk.sent_at))
    target = talk.reply_to
    sound = (target >= 0) & (target < rows)
    sound[sound] = talk.person[target[sound]] >= 0
    return np.where(sound, target, NOBODY).astype(np.int64)
