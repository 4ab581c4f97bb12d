"""What rows of different kinds of export are compared by, in a few bytes per row.

Two exports write one message differently: other ids, another clock, an added quotation. What they share is
the moment and the words. It reads texts once and keeps a hash of each; it decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

from cq.model import NON_SPEECH, Event, Kind, record_batch

NOBODY = -1
"""The sender of a row that has none, and of system rows: exports differ in whom they ascribe them to."""

TELLING_LENGTH = 4
"""Characters from which two people hardly write the same at the same moment; "好的" and "收到" they do."""

_SORTS = {kind: i for i, kind in enumerate(Kind)}
_TEXT = _SORTS[Kind.TEXT]
_EVENTS = {None: 0, Event.OTHER: 0} | {e: i for i, e in enumerate(Event, 1) if e is not Event.OTHER}
_QUIET = np.array([kind in NON_SPEECH for kind in Kind])

# RE2: linear, whatever the text. Blanks include NBSP, U+2005 (behind a mention) and the ideographic space.
_BLANKS = r"[\s\x{00A0}\x{2005}\x{3000}]+"
_QUOTED = r"(?s)\s*(?:\[引用[ :：].*\]|\[引用\]\(.*|\n引用[:：].*)\s*$"
# chatlog puts ids behind the names in what the client says; WeChat's quotes are straight or curly.
_IDS = r"\((?:(?:wxid_|gh_)[\w-]+|[\w.-]+@[a-z.]+)\)|\([A-Za-z][\w-]{5,30}\)([\"“”、])"
_QUOTES = r"[“”]"
_PLACEHOLDER = r"^\s*(?:\[[^\[\]\n]{1,20}\]|【[^【】\n]{1,20}】)\s*$"


class Sayings(NamedTuple):
    """Rows as columns. ``words``: a hash of what is said, 0 where a placeholder stands for it.

    ``kind`` numbers the kind of export, ``sort`` the kind of message, ``who`` the sender; ``event``
    numbers what a row reports, 0 for a message or something unknown.
    """

    row: NDArray[np.int64]
    at: NDArray[np.int64]
    group: NDArray[np.uint32]
    kind: NDArray[np.uint16]
    who: NDArray[np.int32]
    sort: NDArray[np.uint8]
    words: NDArray[np.uint64]
    telling: NDArray[np.bool_]
    event: NDArray[np.uint8]
    known: NDArray[np.bool_]

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_] | slice) -> Sayings:
        """Some of the rows."""
        return Sayings._make(column[rows] for column in self)

    @property
    def has_words(self) -> NDArray[np.bool_]:
        """Rows that say something; an empty text does, too."""
        found: NDArray[np.bool_] = self.words != 0
        return found

    @property
    def spoken(self) -> NDArray[np.bool_]:
        """Rows with words that are a person's, not the client's."""
        found: NDArray[np.bool_] = self.has_words & ~_QUIET[self.sort]
        return found

    @property
    def is_thing(self) -> NDArray[np.bool_]:
        """Rows that are a picture, a file, … with words or without."""
        found: NDArray[np.bool_] = self.sort != _TEXT
        return found


class Gatherer:
    """Takes rows batch by batch and makes them :class:`Sayings`; senders get numbers."""

    def __init__(self) -> None:
        self.people: list[str] = []
        self.replies: set[int] = set()
        self._codes: dict[str, int] = {}
        self._pieces: list[Sayings] = []

    def add(
        self,
        batch: pa.RecordBatch,
        row: NDArray[np.int64],
        group: NDArray[np.unsignedinteger],
        kind: NDArray[np.uint16],
        known: NDArray[np.bool_],
    ) -> None:
        """Some rows, their numbers, groups and kinds of export; which of them have their double already."""
        sort = _numbered(batch.column("kind"), _SORTS, np.uint8)
        words, telling = _words(batch.column("text"), sort)
        who = self._senders(batch.column("sender_id"))
        who[_QUIET[sort] & (words != 0)] = NOBODY
        at = batch.column("sent_at").cast(pa.int64()).to_numpy()
        event = _numbered(batch.column("event"), _EVENTS, np.uint8)
        self._pieces.append(
            Sayings(row, at, group.astype(np.uint32), kind, who, sort, words, telling, event, known)
        )
        if batch.column("reply_to").null_count < batch.num_rows:
            self.replies.update(np.unique(kind[_valid(batch.column("reply_to"))]).tolist())

    def take(self) -> Sayings:
        """All rows that were added, group by group, by time."""
        if not self._pieces:
            none = np.zeros(0, np.int64), np.zeros(0, np.uint32), np.zeros(0, np.uint16)
            self.add(record_batch({}, 0), *none, np.zeros(0, np.bool_))
        pieces = dict(zip(Sayings._fields, map(list, zip(*self._pieces, strict=True)), strict=True))
        self._pieces = []
        columns = {name: np.concatenate(pieces.pop(name)) for name in Sayings._fields}  # none is there twice
        order = np.lexsort((columns["row"], columns["at"], columns["group"]))
        for name in Sayings._fields:
            columns[name] = columns[name][order]
        return Sayings(**columns)

    def code(self, person: str) -> int:
        """The number of a sender."""
        number = self._codes.setdefault(person, len(self.people))
        if number == len(self.people):
            self.people.append(person)
        return number

    def _senders(self, ids: pa.Array) -> NDArray[np.int32]:
        encoded = ids.dictionary_encode()
        codes = [self.code(person) for person in encoded.dictionary.to_pylist()]
        indices = pc.fill_null(encoded.indices, len(codes)).to_numpy()
        found: NDArray[np.int32] = np.array([*codes, NOBODY], np.int32)[indices]
        return found


def _numbered(column: pa.Array, codes: Mapping[Any, int], kind: type[np.uint8]) -> NDArray[np.uint8]:
    encoded = column.dictionary_encode()
    numbers = [codes[value] for value in encoded.dictionary.to_pylist()]
    indices = pc.fill_null(encoded.indices, len(numbers)).to_numpy()
    found: NDArray[np.uint8] = np.array([*numbers, 0], kind)[indices]
    return found


def _words(texts: pa.Array, sort: NDArray[np.uint8]) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """A hash of every text without what exports write differently; whether it tells its writer."""
    texts = pc.fill_null(texts, "")
    nothing = _mask(pc.or_(pc.equal(texts, ""), pc.match_substring_regex(texts, _PLACEHOLDER)))
    plain = normalised(texts)
    quiet = _QUIET[sort]
    if quiet.any():
        plain = pc.if_else(pa.array(quiet), _without_ids(plain), plain)
    hashes = np.array(
        [xxh3_64_intdigest(value) | 1 for value in plain.cast(pa.binary()).to_numpy(zero_copy_only=False)],
        np.uint64,
    )
    hashes[quiet] ^= np.uint64(2)  # what the client says is not what a person says
    hashes[nothing & (sort != _TEXT)] = 0
    telling = (pc.utf8_length(plain).to_numpy() >= TELLING_LENGTH) & ~quiet & (hashes != 0)
    return hashes, telling


def normalised(texts: pa.Array) -> pa.Array:
    """Texts as far as all exports write them alike: blanks made one, no quotation at the end."""
    own = pc.replace_substring_regex(texts, _QUOTED, "")
    own = pc.if_else(pc.equal(own, ""), texts, own)
    return pc.utf8_trim(pc.replace_substring_regex(own, _BLANKS, " "), " ")


def _without_ids(sentences: pa.Array) -> pa.Array:
    """What the client says, as it shows it: names without ids, one kind of quotes, no blanks."""
    shown = pc.replace_substring_regex(sentences, _IDS, r"\1")
    return pc.replace_substring(pc.replace_substring_regex(shown, _QUOTES, '"'), " ", "")


def unit_of(at: NDArray[np.int64]) -> int:
    """How fine the times are, in milliseconds: 1, a second, or a minute."""
    return next((unit for unit in (60_000, 1_000) if len(at) and not (at % unit).any()), 1)


def mixed(*columns: NDArray[np.generic]) -> NDArray[np.uint64]:
    """One number of 64 bits for the values of a row (splitmix64)."""
    out = np.zeros(len(columns[0]), np.uint64)
    with np.errstate(over="ignore"):
        for column in columns:
            out = (out ^ column.astype(np.int64, copy=False).view(np.uint64)) + np.uint64(0x9E3779B97F4A7C15)
            out = (out ^ (out >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            out = (out ^ (out >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            out ^= out >> np.uint64(31)
    return out


def _valid(column: pa.Array) -> NDArray[np.bool_]:
    return _mask(pc.is_valid(column))


def _mask(condition: pa.Array) -> NDArray[np.bool_]:
    return np.asarray(condition.to_numpy(zero_copy_only=False), np.bool_)
