"""What of a group the ads room looks at: columns of its whole log, one entry per row, by time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Messages:
    """``kind``: int8 index into the kinds of :mod:`cq.model`. ``person``: int32 index of the sender, -1 for
    nobody. ``human``: human messages of the contract. ``sent_at``: int64 UTC ms. ``joined_at``: int64 UTC ms,
    when the sender of the row last came in before it as far as the log or the members tell, else -1.
    ``exempt``: the sender is exempt by the policy. ``text`` is a large string, the others are strings.
    """

    text: pa.Array
    url: pa.Array
    card_title: pa.Array
    message_id: pa.Array
    kind: NDArray[np.int8]
    person: NDArray[np.int32]
    human: NDArray[np.bool_]
    sent_at: NDArray[np.int64]
    joined_at: NDArray[np.int64]
    exempt: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.sent_at)
