"""Groups of a log as columns, one after the other, and what each has to do with the others.

Here the store meets the analyses: rows become a :class:`~cq.analysis.GroupView`. Nothing is measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cq.ahead import ahead
from cq.logs import by_group
from cq.operators import NOTHING_TOLD, Operators

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cq.analysis import GroupView
    from cq.reading import ReadRequest
    from cq.store.log import GroupSpan, MessageLog


def views(
    log: MessageLog,
    request: ReadRequest,
    spans: Sequence[GroupSpan],
    alias: Mapping[str, str],
    roster: Any = None,
    *,
    operators: Operators = NOTHING_TOLD,
    elsewhere: bool = False,
) -> Iterator[GroupView]:
    """The whole log of each group, one after the other, in log order.

    ``elsewhere``: where there are several groups, a pass over their texts comes first, so that what was
    posted in other groups can be known of each.
    """
    from cq.analysis._build import build

    groups = {s.group.group_id: s.group for s in spans}
    wanted = None if request.group is None else set(groups)
    others = _elsewhere(log, wanted) if elsewhere and len(spans) > 1 else None
    for group_id, batches in by_group(ahead(log.batches(wanted))):
        view = build(
            batches,
            groups[group_id],
            [m for m in log.members if m.group_id == group_id],
            zone=request.zone,
            alias=alias,
            roster=roster,
            operator=operators.of(groups[group_id].group_name, group_id),
        )
        if others is not None:
            view.memo["elsewhere"] = others[group_id]
        yield view


def _elsewhere(log: MessageLog, wanted: set[str] | None) -> dict[str, NDArray[np.int32]]:
    """Per group and row: in how many of the other groups the same words were posted."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    from cq.ads.campaigns import elsewhere, fingerprints

    found: dict[str, list[NDArray[np.uint64]]] = {}
    for group_id, batches in by_group(ahead(log.batches(wanted))):
        texts = (pc.fill_null(batch.column("text"), "").cast(pa.large_string()) for batch in batches)
        found[group_id] = [fingerprints(text) for text in texts]
    counts = elsewhere([np.concatenate(pieces) for pieces in found.values()])
    return dict(zip(found, counts, strict=True))
