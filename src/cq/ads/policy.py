"""What the operator decides: what counts as an ad here is policy, not truth.

In a shop group an organiser's product post is the purpose of the group. Kinds and senders can be left
out, words allowed, rules switched off or added, messages labelled by hand. Nothing here judges.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from cq.ads.verdict import AdKind


class OwnRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule of the operator's: any of ``words``, or a regular expression, read on the folded text. Its usual
    weight suspects whatever the model says: it is the operator's word."""

    name: str
    kind: AdKind
    words: Sequence[str] = ()
    pattern: str | None = None
    weight: float = 1.2


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[ads.rules]``: words that make a message no ad, built-in rules switched off, rules of one's own."""

    allow: Sequence[str] = ()
    off: Sequence[str] = ()
    add: Sequence[OwnRule] = ()


class Label(msgspec.Struct, frozen=True):
    """A message marked by hand, found by its id or by its text. ``label`` is an ad kind, ``ad`` for an ad
    of no particular kind, or ``none``."""

    label: str
    message_id: str | None = None
    text: str | None = None


class Policy(msgspec.Struct, frozen=True):
    """The settings of the ads room.

    ``ignore_kinds``: kinds that are no ads here. ``exempt_senders``: member ids (or persons of the alias
    file) whose messages are never ads. ``model``: whether bigram weights may promote what rules noticed.
    ``handled_within_days``: a recall or removal later than this has nothing to do with the ad; a
    convention. ``response_hours``: a reply later than this is no response to an ad; as for questions.
    ``excerpt_characters``: length of an example in a table.
    """

    ignore_kinds: Sequence[AdKind] = ()
    exempt_senders: Sequence[str] = ()
    model: bool = True
    rules: Rules = Rules()
    labels: Sequence[Label] = ()
    handled_within_days: int = 7
    response_hours: int = 24
    excerpt_characters: int = 80
