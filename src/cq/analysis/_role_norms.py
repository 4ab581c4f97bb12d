"""The constants of the role scores, fitted on simulated groups by ``benchmarks/roles/fit.py``.

``share`` is the norm of ordinary chat behaviour: how many of an ordinary member's turns carry the key deed,
as the tagger sees it. Scores shrink towards it, not towards the group's own habits.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Norm(msgspec.Struct, frozen=True):
    """``share``: the norm. ``slope`` and ``bias``: from the distance to the norm, in logits, to the score.

    ``volume``: what the number of turns adds; only talk in company lives by it.
    """

    share: float
    slope: float
    bias: float
    volume: float = 0.0


NORMS: Mapping[str, Norm] = {
    "organizer": Norm(0.0241, 2.477, 0.722),
    "thinker": Norm(0.0845, 2.198, 0.548),
    "talker": Norm(0.2521, 1.368, 3.167, 2.118),
    "asker": Norm(0.1103, 2.46, 0.331),
    "challenger": Norm(0.0108, 2.153, 1.296),
}
TURNS_A_WEEK = 3.0
"""Turns of an ordinary member in a week of membership."""
QUIET_TURNS = 1.0
"""Fewer turns a week than this is lurking."""
TAG_NOISE = 0.75
"""What the tagger may be wrong by in a group, in logits of a share, as a standard deviation."""
CALIBRATION: tuple[tuple[float, ...], ...] = (
    (-4.346, 1.064, 0.276, 2.404, -0.612),  # organizer
    (1.029, 1.444, -1.229, -0.213, -3.019),  # thinker
    (-1.065, 0.888, 0.594, 0.172, 2.779),  # talker
    (-1.222, 1.223, 0.34, 0.571, 2.31),  # asker
    (0.525, 0.614, 2.261, -1.437, 0.818),  # lurker
    (0.789, 1.461, -0.119, -0.672, -0.376),  # challenger
    (-0.284, 0.192, 2.078, 0.004, 2.062),  # ordinary
)
"""Of each label: constant, stability, margin, turns, links."""
