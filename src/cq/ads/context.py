"""Context: what a message's sender did and where its text stood before, as evidence for or against an ad.

Weights per row, without spans. It looks at the whole log of a group, before and after: a log is history.
It reads no words; what the words say comes in as a score, and no message is evidence for itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from cq.ads.verdict import AdKind, Against, Evidence

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.ads.messages import Messages

    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


class ContextRule(msgspec.Struct, frozen=True):
    """Evidence from behaviour: its weight, against an ad if negative, and where the number is from."""

    id: str
    weight: float
    origin: str


REPEATED = ContextRule(
    "repeated", 0.3, "public data: 60 % of ads, 1.2 % of ordinary messages; as heavy as a promo word"
)
REPEATED_OFTEN = 0.45
"""Weight of ``repeated`` from four occasions on; half way at three."""
NEWCOMER = ContextRule(
    "newcomer", 0.15, "convention: half of the weakest rule; counts only where words speak for an ad"
)
OTHER_ADS = ContextRule(
    "other_ads", 0.25, "convention: below .3, so that it judges nobody's small talk by itself"
)
OTHER_GROUPS = ContextRule(
    "other_groups", 0.3, "convention: as repeated, of which it is the form across groups"
)
REGULAR = ContextRule("regular", -0.15, "convention: undoes a newcomer's weight, never a strong rule's")

RULES: tuple[ContextRule, ...] = (REPEATED, NEWCOMER, OTHER_ADS, OTHER_GROUPS, REGULAR)


class Bounds(msgspec.Struct, frozen=True):
    """When a rule holds; conventions of this project.

    ``occasion_ms``: posts of one sender closer than this are one occasion. ``occasions``: from how many on a
    text is repeated, ``often`` from how many on its weight is full. ``new_ms``, ``new_messages``: how long
    after joining, and for how many messages, somebody is new; ``log_ms``: where no joining shows, how long
    the log must have run for a first message to mean something. ``other_ads``: other messages of the sender
    that words alone confirm. ``other_groups``: other groups that saw the text. ``regular_messages``: other
    messages a regular has, of which at most ``regular_share`` reach ``word_evidence``, the score from which
    words alone can make a suspect.
    """

    occasion_ms: int = 60_000
    occasions: int = 2
    often: int = 4
    new_ms: int = DAY_MS
    new_messages: int = 5
    log_ms: int = 14 * DAY_MS
    other_ads: int = 2
    other_groups: int = 2
    regular_messages: int = 50
    regular_share: float = 0.02
    word_evidence: float = 0.3


BOUNDS = Bounds()
_CONFIRMED = 2  # index into OUTCOMES


@dataclass(frozen=True, slots=True)
class Context:
    """The evidence from behaviour, one entry per row of the log.

    ``occasions``: int32, on how many occasions the text of the row was posted, 0 where it was not repeated.
    ``newcomer``, ``other_ads``, ``other_groups``, ``regular``: bool, whether the rule of that name holds.
    """

    occasions: NDArray[np.int32]
    newcomer: NDArray[np.bool_]
    other_ads: NDArray[np.bool_]
    other_groups: NDArray[np.bool_]
    regular: NDArray[np.bool_]

    def total(self, rows: Ints | slice = slice(None)) -> NDArray[np.float32]:
        """The sum of the weights per row."""
        result = _repeated(self.occasions[rows])
        for rule, holds in self._flags():
            result[holds[rows]] += np.float32(rule.weight)
        return result

    def reasons(self, row: int) -> list[Evidence | Against]:
        """What speaks for and against a row, without spans; behaviour says nothing of the kind."""
        weight = round(float(_repeated(self.occasions[row : row + 1])[0]), 4)
        found: list[Evidence | Against] = [Evidence(REPEATED.id, AdKind.NONE, weight)] if weight else []
        for rule, holds in self._flags():
            if holds[row] and rule.weight < 0:
                found.append(Against(rule.id, rule.weight))
            elif holds[row]:
                found.append(Evidence(rule.id, AdKind.NONE, rule.weight))
        return found

    def _flags(self) -> tuple[tuple[ContextRule, Flags], ...]:
        return (
            (NEWCOMER, self.newcomer),
            (OTHER_ADS, self.other_ads),
            (OTHER_GROUPS, self.other_groups),
            (REGULAR, self.regular),
        )


def _repeated(occasions: NDArray[np.int32]) -> NDArray[np.float32]:
    steps = BOUNDS.often - BOUNDS.occasions
    grown = np.clip(occasions - BOUNDS.occasions, 0, steps) / steps
    weight = REPEATED.weight + grown * (REPEATED_OFTEN - REPEATED.weight)
    return np.where(occasions >= BOUNDS.occasions, weight, 0).astype(np.float32)


def context(
    messages: Messages,
    word_score: NDArray[np.float32],
    word_outcome: NDArray[np.int8],
    campaign: NDArray[np.int32],
    echo: NDArray[np.bool_],
    elsewhere: NDArray[Any] | None = None,
) -> Context:
    """What behaviour says of every row. Rows must stand in order of time.

    ``word_score``, ``word_outcome``: the judgement on the words alone. ``campaign``: see
    :mod:`cq.ads.campaigns`. ``echo``: rows of choruses, which are no repetition. ``elsewhere``: in how many
    other groups the text of each row was posted, unknown if None.
    """
    n = len(messages.sent_at)
    spoke = messages.human & (messages.person >= 0)
    rows = np.flatnonzero(spoke)
    other_ads = np.zeros(n, np.bool_)
    _other_ads(other_ads, rows, messages.person, word_outcome, campaign)
    other_groups = np.zeros(n, np.bool_) if elsewhere is None else spoke & (elsewhere >= BOUNDS.other_groups)
    regular = np.zeros(n, np.bool_)
    regular[rows] = _regular(messages.person[rows], word_score[rows])
    return Context(
        occasions=_occasions(messages, campaign, spoke & ~echo),
        newcomer=_newcomer(messages, rows) & (word_score > 0),
        other_ads=other_ads,
        other_groups=other_groups,
        # Somebody whose account advertises now is not excused by what they said before.
        regular=regular & ~other_ads & ~other_groups,
    )


def _occasions(messages: Messages, campaign: NDArray[np.int32], counted: Flags) -> NDArray[np.int32]:
    """Per row on how many occasions its text was posted; posts of one sender in a row are one."""
    result = np.zeros(len(campaign), np.int32)
    rows = np.flatnonzero((campaign >= 0) & counted)
    rows = rows[np.lexsort((messages.person[rows], campaign[rows]))]  # stable: by time within these
    if not len(rows):
        return result
    number, person, at = campaign[rows], messages.person[rows], messages.sent_at[rows]
    fresh = np.ones(len(rows), np.bool_)
    fresh[1:] = (number[1:] != number[:-1]) | (person[1:] != person[:-1])
    fresh[1:] |= np.diff(at) > BOUNDS.occasion_ms
    result[rows] = np.bincount(number[fresh], minlength=int(number.max()) + 1)[number]
    result[result < BOUNDS.occasions] = 0
    return result


def _newcomer(messages: Messages, rows: Ints) -> Flags:
    """Which rows are among the first of somebody new; where joins show, who has none was here before."""
    found = np.zeros(len(messages.sent_at), np.bool_)
    if not len(rows):
        return found
    person, at, joined = messages.person[rows], messages.sent_at[rows], messages.joined_at[rows]
    earlier = _earlier(person)
    if (joined > 0).any():
        since = at - joined
        new = (joined > 0) & (since >= 0) & (since <= BOUNDS.new_ms) & (earlier < BOUNDS.new_messages)
    else:
        new = (earlier == 0) & (at - messages.sent_at[0] >= BOUNDS.log_ms)
    found[rows[new]] = True
    return found


def _earlier(person: NDArray[np.int32]) -> Ints:
    """How many messages of its sender stand before each, counted up to the number that matters."""
    last = person.astype(np.uint16) if int(person.max()) < 1 << 16 else person
    order = np.argsort(last, kind="stable")
    place = np.arange(len(order))
    fresh = np.append(True, person[order][1:] != person[order][:-1])
    result = np.empty(len(order), np.int64)
    result[order] = place - np.maximum.accumulate(np.where(fresh, place, 0))
    return result


def _other_ads(
    found: Flags,
    rows: Ints,
    person: NDArray[np.int32],
    outcome: NDArray[np.int8],
    campaign: NDArray[np.int32],
) -> None:
    """Mark the rows whose sender posted ads other than this text."""
    ads = rows[outcome[rows] == _CONFIRMED]
    if not len(ads):
        return
    total = np.bincount(person[ads], minlength=int(person[rows].max()) + 1)
    rows = rows[total[person[rows]] >= BOUNDS.other_ads]
    own = (outcome[rows] == _CONFIRMED).astype(np.int64)
    texts = int(campaign.max(initial=-1)) + 1
    mine, named = campaign[rows] >= 0, campaign[ads] >= 0
    known, times = np.unique(
        person[ads[named]].astype(np.int64) * texts + campaign[ads[named]], return_counts=True
    )
    if len(known):
        key = person[rows].astype(np.int64) * texts + campaign[rows]
        at = np.minimum(np.searchsorted(known, key), len(known) - 1)
        own = np.where(mine, np.where(known[at] == key, times[at], 0), own)
    found[rows[total[person[rows]] - own >= BOUNDS.other_ads]] = True


def _regular(person: NDArray[np.int32], score: NDArray[np.float32]) -> Flags:
    """Which messages are of somebody with a long ordinary history, the message itself left out."""
    if not len(person):
        return np.zeros(0, np.bool_)
    told = score >= BOUNDS.word_evidence
    others = np.bincount(person)[person] - 1
    telling = np.bincount(person, weights=told)[person] - told
    return np.asarray((others >= BOUNDS.regular_messages) & (telling <= BOUNDS.regular_share * others))
