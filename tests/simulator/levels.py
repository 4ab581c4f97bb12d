"""What is drawn: roles, acts, act mixes, rates, and the five levels of difficulty.

Numbers only; nothing here draws. The roles and acts are those the analyses try to find.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

ROLES = ("organizer", "thinker", "talker", "asker", "lurker", "challenger", "ordinary")

ACTS = (
    "q", "help", "ans", "sub", "chat", "fill", "ann", "rule", "mod", "welcome", "open", "event", "ad",
    "selfp", "friend", "chal", "redp", "intro", "order",
)  # fmt: skip

KEY_ACTS: Mapping[str, frozenset[str]] = {
    "organizer": frozenset({"ann", "rule", "mod", "welcome", "event"}),
    "thinker": frozenset({"sub", "ans"}),
    "talker": frozenset({"chat"}),
    "asker": frozenset({"help"}),
    "challenger": frozenset({"chal"}),
}
"""The acts that make a role; lurkers and ordinary members have none."""

MIXES: Mapping[str, Mapping[str, float]] = {
    "organizer": {
        "ann": 0.20, "rule": 0.08, "mod": 0.08, "welcome": 0.06, "event": 0.16, "open": 0.10, "redp": 0.03,
        "q": 0.04, "ans": 0.06, "chat": 0.14, "fill": 0.03, "sub": 0.02,
    },
    "thinker": {
        "sub": 0.34, "ans": 0.32, "chat": 0.16, "open": 0.03, "q": 0.05, "selfp": 0.02, "fill": 0.05,
        "help": 0.01, "chal": 0.02,
    },
    "talker": {
        "chat": 0.70, "fill": 0.09, "open": 0.06, "redp": 0.03, "q": 0.05, "sub": 0.01, "ans": 0.02,
        "help": 0.01, "friend": 0.01, "order": 0.02,
    },
    "asker": {
        "help": 0.54, "q": 0.13, "chat": 0.17, "fill": 0.08, "ans": 0.03, "order": 0.03, "open": 0.02,
    },
    "challenger": {
        "chal": 0.46, "chat": 0.22, "q": 0.08, "sub": 0.07, "ans": 0.06, "fill": 0.06, "help": 0.05,
    },
    "ordinary": {
        "chat": 0.40, "fill": 0.22, "help": 0.08, "ans": 0.09, "q": 0.07, "order": 0.05, "sub": 0.02,
        "open": 0.02, "ad": 0.012, "selfp": 0.01, "friend": 0.006, "redp": 0.01, "chal": 0.01, "event": 0.012,
    },
    "lurker": {"fill": 0.40, "chat": 0.25, "q": 0.10, "help": 0.08, "order": 0.12, "ans": 0.03, "redp": 0.02},
}  # fmt: skip
"""Act shares at the centre of a role, before the group turns them by up to 30 %."""

SPAMMER: Mapping[str, float] = {"ad": 0.75, "friend": 0.15, "fill": 0.10}

RATES: Mapping[str, tuple[float, float]] = {
    "organizer": (8, 30), "thinker": (3, 15), "talker": (15, 80), "asker": (1.5, 8), "challenger": (3, 12),
    "ordinary": (1, 8), "lurker": (0.02, 0.6),
}  # fmt: skip
"""Range of the group's median turns a week, by role."""

COUNTS: Mapping[str, int] = {"organizer": 4, "thinker": 6, "talker": 8, "asker": 15, "challenger": 4}
"""Most holders of a role in a group of fifty; none is possible."""

SIZES = ((12, 25), (30, 60), (80, 160), (200, 500))
STAGES = ("budding", "growing", "active", "declining", "silent")
STAGE_RATE = (0.6, 1.1, 1.0, 0.7, 0.35)

Name = Literal["L1", "L2", "L3", "L4", "L5"]


@dataclass(frozen=True, slots=True)
class Level:
    """How clear the roles are and how damaged the export is; shares are of people or of messages."""

    name: str
    role_share: float
    explicit: float
    media: float
    two_roles: float = 0.25
    hostile: float = 0.15
    nickname_only: float = 0.0
    renamed: float = 0.0
    hidden_joins: float = 0.0
    hidden_exits: float = 0.0
    bots: int = 0
    lost_text: float = 0.0
    lost_rows: float = 0.0
    switched: float = 0.0
    double_people: int = 0
    late_start: tuple[float, float] | None = None
    holiday: float = 0.25
    spammers: int = 1
    without_roles: bool = False


LEVELS: Mapping[str, Level] = {
    "L1": Level("L1", 1.0, 0.40, 0.10, two_roles=0.0, hostile=0.0, holiday=0.0, spammers=0),
    "L2": Level("L2", 0.7, 0.20, 0.15, renamed=0.05, hidden_exits=0.5),
    "L3": Level(
        "L3", 0.5, 0.08, 0.25, nickname_only=0.10, renamed=0.10, hidden_joins=0.5, hidden_exits=0.5, bots=1
    ),
    "L4": Level(
        "L4", 0.4, 0.02, 0.25, nickname_only=0.10, renamed=0.25, hidden_joins=0.5, hidden_exits=1.0, bots=1,
        lost_text=0.30, lost_rows=0.02, switched=0.20, double_people=2, late_start=(0.4, 0.7), holiday=1.0,
    ),
    "L5": Level("L5", 0.0, 0.20, 0.15, spammers=0, without_roles=True),
}  # fmt: skip
