"""Flooding (刷屏) and choruses (复读): behaviour over sender and time, and walls of one unit.

A flood is one sender's: bursts, the same message again within a minute, the same long text again within
hours, one message that repeats a unit. Many senders with the same words are a chorus, which is harmless and
counted apart. Nothing here is an ad, and nothing here reads what the words mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from cq.ads import _points as p
from cq.ads import walls
from cq.ads.walls import unit_flood
from cq.model import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cq.ads.messages import Messages

    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

REASONS = ("none", "burst", "repeat", "repost", "unit")
"""Why a row is part of a flood; of several reasons the one that stands last here."""

_KINDS = tuple(Kind)
_SPOKEN = (Kind.TEXT, Kind.STICKER)
_WORDED = (Kind.TEXT, Kind.LINK, Kind.MINI_PROGRAM)
_PICTURED = (Kind.TEXT, Kind.STICKER, Kind.IMAGE)
_QUIET = (Kind.RED_PACKET, Kind.TRANSFER, Kind.LOCATION, Kind.CALL, Kind.VOICE)
"""Kinds that are not sent in floods, or whose floods please everybody."""

MINUTE_MS = 60_000
HOUR_MS = 3_600_000


class Limits(msgspec.Struct, frozen=True):
    """From when on it is a flood. Where nothing else is said, conventions of moderation bots.

    ``burst``: texts and stickers within ``burst_ms``. A quick typist who cuts sentences sends four at most:
    five in ten seconds leave 2.5 s for each. If others said more meanwhile it is a lively talk, and only
    ``torrent`` messages, which no hand types, are a burst. ``pictures``: other kinds within the same time;
    an album has nine. ``drip``: uninterrupted texts within ``drip_ms`` that have at most ``drip_characters``
    on average (1 / 2 / 3 / 来 / 在吗), a typical flood. ``repeat``: identical messages within
    ``repeat_ms``; of fewer than ``short`` characters (好, 1, 嗯) they may be answers to several people, and
    count where nobody spoke between them or from ``repeat_short`` on. ``repost``: the same text of at least
    ``repost_characters`` within ``repost_ms``: a greeting every morning is a habit. ``chorus``: senders with
    the same words within ``chorus_ms``.
    """

    burst: int = 5
    torrent: int = 8
    pictures: int = 10
    burst_ms: int = 10_000
    drip: int = 8
    drip_characters: int = 3
    drip_ms: int = 30_000
    repeat: int = 3
    repeat_ms: int = MINUTE_MS
    short: int = 4
    repeat_short: int = 5
    repost: int = 3
    repost_characters: int = 12
    repost_ms: int = 6 * HOUR_MS
    chorus_ms: int = 2 * MINUTE_MS


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Flood:
    """Per row: part of a flood of its sender, part of a chorus (never both), why (index into ``REASONS``).

    ``seconds_known``: the log tells seconds. Where it tells minutes only, bursts cannot be seen.
    """

    flood: NDArray[np.bool_]
    echo: NDArray[np.bool_]
    reason: NDArray[np.int8]
    seconds_known: bool


class _Texts(NamedTuple):
    """Of each row: its words as a hash (0: nothing to compare), how many characters they have, whether
    they are more than sounds, whether the row may repeat a unit."""

    words: NDArray[np.uint64]
    length: NDArray[np.int32]
    loud: NDArray[np.bool_]
    unit: NDArray[np.bool_]


class _Sent(NamedTuple):
    """Human messages by sender, then time: their rows and, per entry, sender, time, how many of the human
    messages of the log came before it, and how many of its sender's."""

    row: Ints
    person: NDArray[np.int32]
    at: Ints
    human: NDArray[np.int32]
    own: NDArray[np.int32]

    def only(self, wanted: Flags) -> _Sent:
        """The entries whose row is ``wanted``."""
        return self.at_places(wanted[self.row])

    def at_places(self, places: Flags | Ints) -> _Sent:
        """The entries at some places."""
        row, person, at, human, own = self
        return _Sent(row[places], person[places], at[places], human[places], own[places])

    def others(self, size: int) -> Ints:
        """Per window of ``size`` entries of one sender: messages of other people inside it."""
        last = max(len(self.row) - size + 1, 0)
        total = self.human[size - 1 :] - self.human[:last]
        return np.asarray(total - (self.own[size - 1 :] - self.own[:last]))


def flood(messages: Messages) -> Flood:
    """The floods and choruses in a group's log. Rows must stand in order of time."""
    n = len(messages.sent_at)
    texts = _read(messages)
    spoke = messages.human & (messages.person >= 0)
    on_minute = messages.sent_at % MINUTE_MS == 0
    seconds = bool((~on_minute & spoke).any())
    sent = _sent(messages, spoke)
    worded = spoke & (texts.words != 0) & _of_kind(messages, _WORDED)
    chorus = _chorus(messages, texts, worded & _of_kind(messages, (Kind.TEXT,)))
    reason = np.zeros(n, np.int8)
    if seconds:
        reason[_bursts(messages, texts, sent, on_minute) & ~chorus] = REASONS.index("burst")
    within = LIMITS.repeat_ms if seconds else LIMITS.repeat_ms - 1  # 12:00 and 12:01 may be 119 s apart
    for name, rows in (
        ("repost", _reposts(texts, sent.only(worded & (texts.length >= LIMITS.repost_characters)))),
        ("repeat", _repeats(texts, sent.only(worded & texts.loud), chorus, within)),
        ("unit", _units(messages, texts, spoke & ~chorus)),
    ):
        reason[rows] = REASONS.index(name)
    return Flood(reason > 0, chorus & (reason == 0), reason, seconds)


def _of_kind(messages: Messages, kinds: Sequence[Kind]) -> Flags:
    table = np.array([kind in kinds for kind in _KINDS] + [False])
    return np.asarray(table[messages.kind])


def _sent(messages: Messages, spoke: Flags) -> _Sent:
    rows = np.flatnonzero(spoke)
    person = messages.person[rows]
    # numpy sorts 16 bits by radix, in a tenth of the time
    narrow = person.astype(np.uint16) if len(person) and int(person.max()) < 1 << 16 else person
    order = np.argsort(narrow, kind="stable")
    row = rows[order]
    own = np.arange(len(row), dtype=np.int32)
    return _Sent(row, person[order], messages.sent_at[row], order.astype(np.int32), own)


# --- behaviour --------------------------------------------------------------------------------------


def _bursts(messages: Messages, texts: _Texts, sent: _Sent, on_minute: Flags) -> Flags:
    """Rows of bursts: more messages than a hand can type, or a drip of crumbs."""
    found = np.zeros(len(messages.sent_at), np.bool_)
    # Laughter does not flood, however fast it comes.
    spoken = _of_kind(messages, _SPOKEN) & (texts.loud | ~_of_kind(messages, (Kind.TEXT,)))
    crumbs = _of_kind(messages, (Kind.TEXT,)) & texts.loud
    for wanted, size, within, crowd in (
        (spoken, LIMITS.burst, LIMITS.burst_ms, LIMITS.burst),
        (spoken, LIMITS.torrent, LIMITS.burst_ms, None),
        (~(spoken | _of_kind(messages, _QUIET)), LIMITS.pictures, LIMITS.burst_ms, None),
        (crumbs, LIMITS.drip, LIMITS.drip_ms, 0),
    ):
        some = sent.only(wanted)
        good = p.windows(some.person, some.at, size, within)
        if not good.any():
            continue
        # A part of the log that tells minutes only puts everything on the full minute.
        good &= _sums(on_minute[some.row], size) < size
        if crowd is not None:
            good &= some.others(size) <= crowd
        if wanted is crumbs:
            good &= _sums(texts.length[some.row], size) <= size * LIMITS.drip_characters
        found[some.row[p.covered(good, size, len(some.row))]] = True
    return found


def _sums(values: NDArray[np.bool_] | NDArray[np.int32], size: int) -> Ints:
    total = p.starts(values)
    return np.asarray(total[size:] - total[:-size])


def _same(texts: _Texts, sent: _Sent) -> tuple[_Sent, NDArray[np.uint64]]:
    """Entries whose sender wrote the same at least three times, by sender and words, then time; the key."""
    key = texts.words[sent.row]
    key ^= (sent.person.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    p.mix(key)
    often = _thrice(key)
    some, key = sent.at_places(often), key[often]
    order = np.argsort(key, kind="stable")
    return some.at_places(order), key[order]


def _thrice(key: NDArray[np.uint64]) -> Flags:
    """Which keys occur at least three times."""
    # A coarse count first: nearly all texts are said once, and sorting and looking up all takes longer.
    slot = (key >> np.uint64(64 - max(len(key).bit_length() + 1, 8))).astype(np.int64)
    often = np.bincount(slot)[slot] >= 3
    maybe = np.flatnonzero(often)
    some = key[maybe]
    ordered = np.sort(some)
    ordered = ordered[2:][ordered[2:] == ordered[:-2]]
    if not len(ordered):
        return np.zeros(len(key), np.bool_)
    ordered = ordered[np.append(True, ordered[1:] != ordered[:-1])]
    often[maybe] = ordered[np.minimum(np.searchsorted(ordered, some), len(ordered) - 1)] == some
    return np.asarray(often)


def _repeats(texts: _Texts, sent: _Sent, chorus: Flags, within: int) -> Ints:
    """Rows whose sender wrote the same three times within a minute."""
    some, key = _same(texts, sent)
    size = LIMITS.repeat
    good = p.windows(key, some.at, size, within)
    if len(good):
        long_ = texts.length[some.row] >= LIMITS.short
        good &= long_[: len(good)] | chorus[some.row][: len(good)] | (some.others(size) == 0)
    many = p.windows(key, some.at, LIMITS.repeat_short, within)
    flagged = p.covered(good, size, len(key)) | p.covered(many, LIMITS.repeat_short, len(key))
    return np.asarray(some.row[flagged])


def _reposts(texts: _Texts, sent: _Sent) -> Ints:
    """Rows of a longer text that its sender posts again and again."""
    some, key = _same(texts, sent)
    good = p.windows(key, some.at, LIMITS.repost, LIMITS.repost_ms)
    return np.asarray(some.row[p.covered(good, LIMITS.repost, len(key))])


def _chorus(messages: Messages, texts: _Texts, wanted: Flags) -> Flags:
    """Rows of two minutes in which at least three senders wrote the same."""
    found = np.zeros(len(messages.sent_at), np.bool_)
    rows = np.flatnonzero(wanted)
    key = texts.words[rows]
    mine = _thrice(key)
    if not mine.any():
        return found
    rows, key = rows[mine], key[mine]
    order = np.argsort(key, kind="stable")
    rows, key = rows[order], key[order]
    person, at = messages.person[rows], messages.sent_at[rows]
    place = np.arange(len(rows))
    fresh = np.append(True, key[1:] != key[:-1])
    turn = fresh | np.append(True, person[1:] != person[:-1])
    run = np.cumsum(turn) - 1
    begin = place[turn]  # of each run of messages of one sender
    new = fresh[begin]
    # Two senders alternate from some run on; the third one, latest, speaks in the run before it.
    broken = np.ones(len(begin), np.bool_)
    broken[2:] = person[begin[2:]] != person[begin[:-2]]
    first = np.maximum.accumulate(np.where(new, np.arange(len(begin)), 0))
    since = np.maximum.accumulate(np.where(broken, np.arange(len(begin)) - 1, 0))
    third = begin[np.maximum(since, first)[run]] - 1  # the last message before the two alternate
    good = (since > first)[run]
    good &= at - at[np.maximum(third, 0)] <= LIMITS.chorus_ms
    # Each group of equal words on a clock of its own, far from the next: all that is near lies in a stretch.
    clock = at - int(at.min())
    clock += (np.cumsum(fresh) - 1) * (int(clock.max()) + LIMITS.chorus_ms + 1)
    ends = place[good]
    step = np.zeros(len(rows) + 1, np.int32)
    np.add.at(step, np.searchsorted(clock, clock[ends] - LIMITS.chorus_ms), 1)
    np.add.at(step, ends + 1, -1)
    found[rows[np.cumsum(step[:-1]) > 0]] = True
    return found


def _units(messages: Messages, texts: _Texts, spoke: Flags) -> Ints:
    """Rows that are a wall by themselves."""
    rows = np.flatnonzero(texts.unit & spoke & _of_kind(messages, _PICTURED))
    found: dict[int, tuple[int, int]] = {}
    walls.search(messages.text, rows, found)
    return np.fromiter(found, np.int64, len(found))


def _read(messages: Messages) -> _Texts:
    """What of the texts is compared: letters, digits and Han without the rest, else whatever is no blank."""
    n = len(messages.sent_at)
    texts = _Texts(
        np.zeros(n, np.uint64), np.zeros(n, np.int32), np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    )
    for points in p.pieces(messages.text):
        here = slice(points.first, points.first + points.texts)
        kinds = p.classes()[points.code]
        keep = p.written(points, kinds, p.WORDS)
        length = p.counts(keep, points.start)
        # Faces and punctuation are said too, but only where there are no words.
        bare = np.repeat(length == 0, np.diff(points.start))
        whole = keep | (bare & ((kinds & p.SPACE) == 0))
        texts.words[here] = p.hashes(p.lowered(points.code[whole]), p.starts(p.counts(whole, points.start)))
        texts.length[here] = length
        # 666 and 233 are laughter, 2 and 3 are numbers.
        alone = np.repeat(length == 1, np.diff(points.start)) & ((kinds & p.DIGIT) != 0)
        quiet = ((kinds & p.SOUND) != 0) & ~(alone & (points.code != ord("6")))
        texts.loud[here] = p.counts(keep & ~quiet, points.start) > 0
        texts.unit[here] = walls.suspects(points, kinds)
    return texts


__all__ = ["LIMITS", "REASONS", "Flood", "Limits", "flood", "unit_flood"]
