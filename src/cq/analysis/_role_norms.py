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
    "organizer": Norm(0.024, 2.673, 0.705),
    "thinker": Norm(0.0607, 2.294, 0.587),
    "talker": Norm(0.2741, 1.155, 3.742, 2.488),
    "asker": Norm(0.1051, 2.72, 0.185),
    "challenger": Norm(0.0088, 2.719, 1.08),
}
TURNS_A_WEEK = 3.0
"""Turns of an ordinary member in a week of membership."""
QUIET_TURNS = 1.0
"""Fewer turns a week than this is lurking."""
TAG_NOISE = 0.5
"""What the tagger may be wrong by in a group, in logits of a share, as a standard deviation."""
CALIBRATION: tuple[tuple[float, ...], ...] = (
    (0.644, 0.965, -0.145, -0.383, 0.037),  # active
    (0.555, 0.553, 2.68, -1.572, 0.75),  # lurker
    (-0.857, 0.162, 2.654, 0.224, 2.318),  # ordinary
)
"""Of active roles, lurkers, ordinary members: constant, stability, margin, turns, links."""
