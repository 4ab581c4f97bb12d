"""What this room is given: the rows of one group, in time order, as columns.

The columns are those of the view of a group; nothing here knows where they come from, and nobody's
name means anything but "this person is spoken to".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

Ints = NDArray[np.int64]
Persons = NDArray[np.int32]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Talk:
    """A log. Arrays have one entry per row, rows ascend in time.

    ``sent_at``: UTC ms. ``person``: index of the sender, -1 for none. ``human``: whose rows are talk;
    all others (system rows, bots) are looked through. ``text``: Arrow strings, null for none.
    ``reply_to``: the row answered, -1 for none. ``mention_row`` and ``mention_person``: parallel, one
    entry per resolved mention. ``names``: per person every name it was shown by; a text that begins
    with one ("Ada: …", "@Ada …") speaks to that person.
    """

    sent_at: Ints
    person: Persons
    human: Bools
    text: pa.Array
    reply_to: Ints
    mention_row: Ints
    mention_person: Persons
    names: Sequence[Sequence[str]]
