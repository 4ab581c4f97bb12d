"""Born of gathering people, thriving on talk, dying of ads: the order of three peaks; who leaves after ads.

Context, no finding: a young group has had only its first peak, and peaks say nothing about reasons.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cq.analysis import _calendar as cal
from cq.analysis._cause_ads import exits_after_bursts
from cq.conversation.acts import Act
from cq.model import Event
from cq.section import Metric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.analysis._cause_ground import Ground

    Floats = NDArray[np.float64]

LEAST_WEEKS = 12
_SMOOTH = 4
_LEAST = {"joins": 5, "chat": 100, "ads": 10}
"""So many of each in the whole log, or it has no peak worth a date."""


def peaks(ground: Ground) -> dict[str, Metric]:
    """The weeks in which joins, talk and the share of ads were highest, over four weeks each (F32), and exits
    after days with many ads (F50)."""
    out = exits_after_bursts(ground, ground.ads)
    size = len(ground.weeks)
    if size < LEAST_WEEKS:
        return out
    view, turns = ground.view, ground.turns
    came = [view.sent_at[e.row] for e in view.events if e.event is Event.JOIN for _ in e.targets]
    joins = ground.weeks.counts(np.array(came, np.int64)).astype(np.float64)
    chat, ads = ground.weekly(ground.has(Act.CHAT)), ground.weekly(ground.ads)
    share = np.divide(_smooth(ads), _smooth(turns), out=np.zeros(size), where=_smooth(turns) > 0)
    found: dict[str, int] = {}
    for name, totals, curve in (
        ("joins", joins, _smooth(joins)),
        ("chat", chat, _smooth(chat)),
        ("ads", ads, share),
    ):
        if totals.sum() >= _LEAST[name]:
            found[name] = int(np.argmax(curve))
            day = cal.day_of(int(ground.weeks.edges[found[name]]), view.zone)
            out[f"peak_of_{name}"] = Metric(cal.iso(day), "date", int(totals.sum()))
    if len(found) == len(_LEAST):
        order = sorted(found, key=lambda name: (found[name], list(found).index(name)))
        out["order_of_peaks"] = Metric("_".join(order), "code")
    return out


def _smooth(values: Floats) -> Floats:
    """Mean of a week and the three after it, so that the peak is dated by its beginning."""
    padded = np.concatenate((values, np.full(_SMOOTH - 1, values[-1] if len(values) else 0.0)))
    return np.convolve(padded, np.ones(_SMOOTH) / _SMOOTH, mode="valid")
