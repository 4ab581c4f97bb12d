"""One group judged: the verdict of every message, with what its senders did and what was repeated.

It puts the cascade, the context, the campaigns and the flood detector together; it reads no export and
draws nothing. What a verdict rests on is worked out again when it is asked for, so that a million rows
cost a few numbers each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple, TypeVar

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from cq.ads import campaigns, flood
from cq.ads.cascade import Judge, Reason, judge, labelled
from cq.ads.context import Context, context
from cq.ads.messages import Messages
from cq.ads.policy import Label, Policy
from cq.ads.verdict import AD_KINDS, KINDS, AdKind, Against, Evidence, Verdict
from cq.ads.words import CHUNK, NO_KIND, SUSPECTED, Decided, Words
from cq.jobs import IN_PROCESS, Jobs
from cq.model import Kind

Number = TypeVar("Number", bound=np.generic)

FOLLOWS = -10.0
"""Weight of a message that joins a chorus, more than any words weigh: who repeats what others just said
advertises nothing."""

MANY = 100_000
"""Texts from which on other processes are worth starting; each takes half a second to be ready."""

_CODES: Mapping[Kind, int] = {kind: code for code, kind in enumerate(Kind)}
_CARDS = (Kind.LINK, Kind.MINI_PROGRAM, Kind.CONTACT_CARD)
_WORDY = (Kind.TEXT, Kind.ANNOUNCEMENT, *_CARDS)
"""Kinds whose words are their sender's own. A forwarded conversation is others' words; red packets, transfers
and system rows are never ads; of pictures, voice and files nobody knows what they say."""

STRUCTURE: Mapping[str, tuple[Kind, AdKind, float]] = {
    "card_contact": (Kind.CONTACT_CARD, AdKind.TRAFFIC, 0.35),
    "card_mini_program": (Kind.MINI_PROGRAM, AdKind.LINK, 0.2),
}
"""What the kind of a message says by itself: little, since members share these, too, and games and sign-up
sheets come as mini-programs. A judgement: no public log was there to measure it on."""


class _Read(NamedTuple):
    """Some rows as they are judged: the text itself, and with what a card adds to it."""

    text: list[str]
    judged: list[str]


@dataclass(frozen=True)
class GroupAds:
    """The judged rows of a group, one entry per row of its log.

    ``outcome``: int8 index into ``OUTCOMES``, by words, context and the operator's labels and policy;
    flooding has no part in it. ``kind``: int8 index into ``KINDS``, the best guess. ``kinds``: uint8, bit i
    set where ``AD_KINDS[i]`` has evidence. ``score``: float32. ``judged``: rows whose words were looked at.
    ``flood``: rows that are part of a flood of their sender, ``flood_reason`` the index into
    ``flood.REASONS``; ``echo``: rows of a harmless chorus of many senders, ``follows`` those of them that
    came after its first; ``seconds_known``: times are fine enough to show bursts. ``campaign``: int32,
    number of the text that was posted at least twice with contacts left out, -1 for none. ``exempted``,
    ``allowed``, ``ignored``: rows that would have been ads but for their sender, the allow-list, or their
    kind.
    """

    outcome: NDArray[np.int8]
    kind: NDArray[np.int8]
    kinds: NDArray[np.uint8]
    score: NDArray[np.float32]
    judged: NDArray[np.bool_]
    flood: NDArray[np.bool_]
    flood_reason: NDArray[np.int8]
    echo: NDArray[np.bool_]
    follows: NDArray[np.bool_]
    seconds_known: bool
    campaign: NDArray[np.int32]
    exempted: NDArray[np.bool_]
    allowed: NDArray[np.bool_]
    ignored: NDArray[np.bool_]
    messages: Messages = field(repr=False)
    judge: Judge = field(repr=False)
    context: Context = field(repr=False)
    labels: Mapping[int, Label] = field(repr=False, default_factory=dict)

    def verdicts(self, rows: NDArray[np.int64]) -> list[Verdict]:
        """The verdicts of some rows with all evidence, but without ``sent_at`` and ``sender_id``."""
        read = _read(self.messages, rows)
        words = self.judge.reader.words(read.judged, keep=True)
        more, kinds = _outside(self.messages, self.context, self.follows, rows)
        words.alone[self.follows[rows]] = False
        late = _late(words, more)
        self.judge.reader.look_again(words, late, [read.judged[i] for i in late.tolist()])
        decided = self.judge.reader.decide(words, more, kinds)
        _silence(words, decided, self.judged[rows])
        ids = self.messages.message_id.take(pa.array(rows)).to_pylist()
        units = flood.unit_flood(read.text)
        return [
            self.judge.verdict(
                ids[i],
                read.text[i],
                words,
                decided,
                i,
                context=self._reasons(row) if self.judged[row] else (),
                unit=units.get(i) if self.flood[row] else None,
                flooding=flood.REASONS[self.flood_reason[row]] if self.flood[row] else None,
                label=self.labels.get(row),
                exempt=bool(self.messages.exempt[row]),
            )
            for i, row in enumerate(rows.tolist())
        ]

    def _reasons(self, row: int) -> list[Reason]:
        """What is not in the words of a row: the kind of message, behaviour, the chorus."""
        structure: list[Reason] = [
            Evidence(rule, ad_kind, weight)
            for rule, (kind, ad_kind, weight) in STRUCTURE.items()
            if self.messages.kind[row] == _CODES[kind]
        ]
        joined: list[Reason] = [Against("chorus", FOLLOWS)] if self.follows[row] else []
        return [*structure, *self.context.reasons(row), *joined]


def judge_group(
    messages: Messages,
    policy: Policy,
    *,
    elsewhere: NDArray[np.int32] | None = None,
    jobs: Jobs = IN_PROCESS,
) -> GroupAds:
    """Judge every message of a group; the words of a large one on several processors.

    ``elsewhere``: per row, in how many other groups of the same run its text was posted; see
    :mod:`cq.ads.campaigns`.
    """
    by_id = {label.message_id: label for label in policy.labels if label.message_id}
    labels = _labelled_rows(messages, by_id)
    texts = {label.message_id or "": messages.text[row].as_py() or "" for row, label in labels.items()}
    judging = judge(policy, texts)
    wordy = np.isin(messages.kind, [_CODES[kind] for kind in _WORDY]) & messages.human
    rows = np.flatnonzero(wordy)
    words = _words(messages, rows, judging, texts, jobs)
    first = judging.reader.decide(words)
    n = len(messages)
    campaign = campaigns.campaigns(words.skeletons, rows, n)
    floods = flood.flood(messages)
    about = context(
        messages,
        _spread(words.score, rows, n),
        _spread(first.outcome, rows, n),
        campaign,
        floods.echo,
        elsewhere,
    )
    follows = _followers(messages, floods.echo)
    more, kinds = _outside(messages, about, follows, rows)
    words.alone[follows[rows]] = False
    late = _late(words, more)
    for at in range(0, len(late), CHUNK):
        some = late[at : at + CHUNK]
        judging.reader.look_again(words, some, _read(messages, rows[some]).judged)
    decided = judging.reader.decide(words, more, kinds)
    spoke = (words.kinds + kinds) > 0
    ads = GroupAds(
        outcome=_spread(decided.outcome, rows, n),
        kind=_spread(decided.kind, rows, n, NO_KIND),
        kinds=_spread(np.packbits(spoke, axis=1, bitorder="little")[:, 0], rows, n),
        score=_spread(words.score + more, rows, n),
        judged=wordy,
        flood=floods.flood & ~messages.exempt,
        flood_reason=floods.reason,
        echo=floods.echo,
        follows=follows,
        seconds_known=floods.seconds_known,
        campaign=campaign,
        exempted=np.zeros(n, np.bool_),
        allowed=np.zeros(n, np.bool_),
        ignored=np.zeros(n, np.bool_),
        messages=messages,
        judge=judging,
        context=about,
        labels=labels,
    )
    _apply_policy(ads, _spread(words.allowed, rows, n))
    return ads


def _words(
    messages: Messages, rows: NDArray[np.int64], judging: Judge, texts: Mapping[str, str], jobs: Jobs
) -> Words:
    """What the words of ``rows`` say, a chunk of texts in memory at a time."""
    chunks = (_read(messages, rows[at : at + CHUNK]).judged for at in range(0, len(rows), CHUNK))
    if len(rows) < MANY:
        parts = [judging.reader.words(chunk) for chunk in chunks]
    else:
        told = msgspec.json.encode(judging.policy), tuple(sorted(texts.items()))
        parts = list(jobs.map(_words_of, ((*told, chunk) for chunk in chunks)))
    return Words.joined(parts) if parts else judging.reader.words([])


def _words_of(piece: tuple[bytes, tuple[tuple[str, str], ...], list[str]]) -> Words:
    """What the words of a chunk say; a process builds the judge of a policy once."""
    policy, texts, chunk = piece
    return _judge(policy, texts).reader.words(chunk)


@cache
def _judge(policy: bytes, texts: tuple[tuple[str, str], ...]) -> Judge:
    return judge(msgspec.json.decode(policy, type=Policy), dict(texts))


def _read(messages: Messages, rows: NDArray[np.int64]) -> _Read:
    """The texts of some rows; behind the text of a card stand its title and its link, a line each."""
    taken = pa.array(rows)
    text = pc.fill_null(messages.text.take(taken), "").to_pylist()
    cards = np.flatnonzero(np.isin(messages.kind[rows], [_CODES[kind] for kind in _CARDS]))
    if not len(cards):
        return _Read(text, text)
    judged = list(text)
    of = pa.array(rows[cards])
    extra = zip(messages.card_title.take(of).to_pylist(), messages.url.take(of).to_pylist(), strict=True)
    for i, (title, url) in zip(cards.tolist(), extra, strict=True):
        own = [part for part in (title, url) if part and part not in text[i]]
        judged[i] = "\n".join([text[i], *own])
    return _Read(text, judged)


def _outside(
    messages: Messages, about: Context, follows: NDArray[np.bool_], rows: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Evidence from outside the words for ``rows``: weights, and the same by kind."""
    more = about.total(rows) + np.float32(FOLLOWS) * follows[rows]
    kinds = np.zeros((len(rows), len(AD_KINDS)), np.float32)
    for kind, ad_kind, weight in STRUCTURE.values():
        here = messages.kind[rows] == _CODES[kind]
        more = np.where(here, more + np.float32(weight), more)
        kinds[here, AD_KINDS.index(ad_kind)] += np.float32(weight)
    return more.astype(np.float32), kinds


def _late(words: Words, more: NDArray[np.float32]) -> NDArray[np.int64]:
    """Entries that evidence from outside could make suspects, though no word of theirs was looked at."""
    return np.flatnonzero(~words.looked & (more >= SUSPECTED - 1e-4))


def _followers(messages: Messages, echo: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The rows of choruses but the first of each text."""
    rows = np.flatnonzero(echo)
    follows = np.zeros(len(echo), np.bool_)
    if len(rows):
        codes = messages.text.take(pa.array(rows)).dictionary_encode().indices
        _, first = np.unique(pc.fill_null(codes, -1).to_numpy(), return_index=True)
        follows[rows] = True
        follows[rows[first]] = False
    return follows


def _silence(words: Words, decided: Decided, judged: NDArray[np.bool_]) -> None:
    """Rows that are never judged by their words have no verdict from them."""
    decided.outcome[~judged] = 0
    decided.kind[~judged] = NO_KIND
    words.model[~judged] = -np.inf
    words.allowed[~judged] = False
    for i in np.flatnonzero(~judged).tolist():
        words.read.pop(i, None)


def _spread(values: NDArray[Number], rows: NDArray[np.int64], n: int, empty: int = 0) -> NDArray[Number]:
    """Values of some rows as a column over all of them."""
    column = np.full(n, empty, values.dtype)
    column[rows] = values
    return column


def _labelled_rows(messages: Messages, by_id: Mapping[str, Label]) -> dict[int, Label]:
    if not by_id:
        return {}
    found = pc.index_in(messages.message_id, pa.array(list(by_id), messages.message_id.type))
    rows = pc.indices_nonzero(pc.is_valid(found)).to_pylist()
    ordered = list(by_id.values())
    return {row: ordered[found[row].as_py()] for row in rows}


def _apply_policy(ads: GroupAds, allowed: NDArray[np.bool_]) -> None:
    """What the operator settled: labels first, then exempt senders, the allow-list and ignored kinds."""
    messages, policy = ads.messages, ads.judge.policy
    marked = dict(ads.labels)
    if ads.judge.labels:
        known = pa.array(list(ads.judge.labels), messages.text.type)
        found = pc.index_in(pc.utf8_trim_whitespace(messages.text), known)
        ordered = list(ads.judge.labels.values())
        for row in pc.indices_nonzero(pc.is_valid(found)).to_pylist():
            marked.setdefault(row, ordered[found[row].as_py()])
    held = np.zeros(len(messages), np.bool_)
    held[list(marked)] = True
    ad = (ads.outcome > 0) & ~held
    ads.exempted[:] = ad & messages.exempt
    ads.allowed[:] = ad & allowed & ~ads.exempted
    ignored = np.isin(ads.kind, [KINDS.index(kind) for kind in policy.ignore_kinds])
    ads.ignored[:] = ad & ignored & ~ads.exempted & ~ads.allowed
    aside = ads.exempted | ads.allowed | ads.ignored
    ads.outcome[aside], ads.kind[aside] = 0, NO_KIND
    for row, label in marked.items():
        ads.outcome[row], kind = labelled(label, KINDS[ads.kind[row]])
        ads.kind[row] = KINDS.index(kind)


__all__ = ["STRUCTURE", "GroupAds", "Messages", "judge_group"]
