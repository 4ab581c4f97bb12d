"""What a judgement on one message looks like (contract section 4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any, Literal

import msgspec


class AdKind(StrEnum):
    """What an ad is about. Closed list of the contract; the order breaks ties, first wins."""

    VICE = "vice"
    CHAIN = "chain"
    JOB = "job"
    EVENT = "event"
    LINK = "link"
    PRODUCT = "product"
    TRAFFIC = "traffic"
    FLOOD = "flood"
    NONE = "none"


KINDS: tuple[AdKind, ...] = tuple(AdKind)
AD_KINDS: tuple[AdKind, ...] = KINDS[:7]
"""The kinds a text can have by its words; flooding is behaviour."""

Outcome = Literal["none", "suspected", "confirmed"]
OUTCOMES: tuple[Outcome, ...] = ("none", "suspected", "confirmed")


class Evidence(msgspec.Struct, frozen=True, gc=False):
    """What speaks for an ad. ``span`` counts characters of the original text and ``text`` is that slice;
    ``seen_as`` is what it was folded to. All three are null for the model and for behaviour."""

    rule: str
    kind: AdKind
    weight: float
    span: tuple[int, int] | None = None
    text: str | None = None
    seen_as: str | None = None


class Against(msgspec.Struct, frozen=True, gc=False):
    """What speaks against it; the weight is negative."""

    rule: str
    weight: float
    span: tuple[int, int] | None = None
    text: str | None = None


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """One message judged: a row of ``cq ads --format jsonl``. ``v["kind"]`` is ``v.kind``.

    ``sent_at`` is RFC 3339 with the offset of the report's zone; without an export, ``message_id`` is
    ``line:i`` and ``sent_at`` and ``sender_id`` are null.
    """

    message_id: str
    sent_at: str | None
    sender_id: str | None
    text: str
    verdict: Outcome
    kind: AdKind
    kinds: Sequence[tuple[AdKind, float]] = ()
    score: float = 0.0
    evidence: Sequence[Evidence] = ()
    against: Sequence[Against] = ()

    def __getitem__(self, name: str) -> Any:
        if name not in self.__struct_fields__:
            raise KeyError(name)
        return getattr(self, name)

    def keys(self) -> Iterator[str]:
        """The names of the fields, so that ``dict(verdict)`` works."""
        return iter(self.__struct_fields__)
