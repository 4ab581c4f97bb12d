"""Trials over many drawings: pairs that differ in one cause, logs cut shorter and shorter, groups with nothing wrong.

All of it is simulated; what is wrong, or that nothing is, is so by construction.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import cq
from cq.analysis import section_ids
from simulator import simulate
from simulator.season import WEEK

from . import decay, drift, joining, power, reliance, shops, sizes
from .case import CAUSES, Case, Group, after
from .cast import Part, play
from .deeds import advertise
from .judge import HEALTH, ORDER, exists, read, status

if TYPE_CHECKING:
    import pandas as pd

    from cq.result import Analysis

LADDER = (1.0, 0.5, 0.25, 0.1)
"""Shares of the log, counted from its end."""
JUDGED = ("health", "lifecycle", "size", "habits", "sharing", "onboarding")
"""Sections in which a finding says that something is wrong."""


@dataclass(frozen=True)
class Pair:
    """Two groups of one seed; the second lacks the cause the first has."""

    code: str
    with_it: Callable[[int], Case]
    without: Callable[[int], Case]


STEADY = (
    Part("organizer", 2, 9, rank="owner"), Part("thinker", 3, 5), Part("talker", 3, 14), Part("asker", 5, 3),
    Part("ordinary", 20, 3), Part("ordinary", 8, 2, joined=(1, 50)), Part("lurker", 30, 0.2),
)  # fmt: skip
"""A living group of seventy."""


def _ads(count: float) -> Callable[[int], Case]:
    def build(seed: int) -> Case:
        parts = [*STEADY[:5], STEADY[-1], Part("lurker", 4, 0.0, "seller")]
        log = play(seed, parts, 20)
        for day in range(10 * 7, log.days):
            advertise(log, day, log.tags["seller"], int(count * 2 * log.dice.random() + 0.5) if count else 0)
        return Case((Group(log),))

    return build


def _kind_owner(seed: int) -> Case:
    """The strict owner's group without the fourteen coercive acts and what followed them."""
    parts = [Part("organizer", 1, 4, "owner", rank="owner", acts=power.ORDERS), *power.PEOPLE]
    return Case((Group(play(seed, parts, power.WEEKS, **power.EVERY_DAY)),))


PAIRS = (
    Pair("health/harassment_ads", _ads(9), _ads(0)),
    Pair("health/harassment_flood", sizes.drowned, sizes.lively),
    Pair("health/leaderless", drift.leaderless, drift.by_itself),
    Pair("health/tyranny", power.tyranny, _kind_owner),
    Pair("health/loss_of_focus", drift.scattered, drift.steady),
    Pair("health/boredom", decay.nothing_on, decay.wednesday_at_eight),
    Pair("health/evaporation", decay.evaporating, decay.coming_and_going),
    Pair("size/departure", reliance.star_eight, reliance.star_missed_by_nobody),
    Pair("onboarding/dilution", joining.burst, joining.paced),
    Pair("habits/promotion_fatigue", shops.fruit_shop_deaf, shops.fruit_shop),
)


@dataclass(frozen=True)
class Toggle:
    """What toggling did. ``right``: the status got stronger with the cause; ``same``: how many of the other causes
    were findings in both or in neither, of ``others``. None: the section does not exist."""

    code: str
    right: bool | None
    same: int
    others: int
    saw: str


def toggle(pair: Pair, seed: int) -> Toggle:
    """Both groups of a pair, read alike."""
    one, other = (read(build(seed).groups) for build in (pair.with_it, pair.without))
    if not exists(pair.code):
        return Toggle(pair.code, None, 0, 0, "section missing")
    seen = [status(result, pair.code) or "not_observable" for result in (one, other)]
    rest = [code for code in CAUSES if code != pair.code and exists(code)]
    same = sum((status(one, code) == "finding") == (status(other, code) == "finding") for code in rest)
    # Too little data is no weaker than clear: only what was seen counts.
    right = ORDER.index(seen[0]) < min(ORDER.index(seen[1]), ORDER.index("clear"))
    return Toggle(pair.code, right, same, len(rest), " / ".join(seen))


def ladder(case: Case) -> list[tuple[float, int, int]]:
    """Share of the log, how many codes abstain, how many codes there are."""
    group = case.groups[0]
    log = group.log
    end = group.until or after(log, log.weeks)
    found = []
    for share in LADDER:
        since = end - int(share * (end - log.start))
        result = read((replace(group, since=since if share < 1 else None),))
        codes = Counter(f.status for g in result.groups for s in g.sections.values() for f in s.findings)
        found.append((share, codes["not_enough_data"] + codes["not_observable"], codes.total()))
    return found


@dataclass
class Healthy:
    """Group-years with nothing wrong, and in how many each code was a finding at one of the looks, and at the last.

    ``lively``: the part of them before a group fades out by its own stage, the base for what says it declines.
    """

    years: float = 0.0
    lively: float = 0.0
    ever: Counter[str] = field(default_factory=Counter)
    last: Counter[str] = field(default_factory=Counter)
    codes: set[str] = field(default_factory=set)

    def base(self, code: str) -> float:
        """Group-years in which a code would be wrong."""
        return self.lively if code in DECLINE else self.years


DECLINE = frozenset({"lifecycle/decline", "size/departure", "health/boredom", "health/evaporation"})
"""What a simulated group that fades out by its own stage may rightly be told."""
WEEKS, LOOKS = 52, 4


def healthy(
    seeds: Iterable[int],
    levels: Iterable[Literal["L1", "L2", "L3"]] = ("L1", "L2", "L3"),
    packs: Iterable[Literal["fit", "judge"]] = ("fit", "judge"),
) -> Healthy:
    """Groups in which no cause is at work, read four times a year: simulated ones of each level and pack of
    wordings, and for each seed one whose cast and pace stay as they are."""
    found = Healthy()
    for seed in seeds:
        for level in levels:
            for pack in packs:
                world = simulate(9_000 + seed, level, WEEKS, pack)
                fades = [
                    n for n, week in enumerate(world.truth.weeks) if week.stage in ("declining", "silent")
                ]
                list_of = partial(world.roster_csv, bots=False)
                _look(found, world.frame(), world.setting.start, min(fades, default=WEEKS), list_of)
        log = play(9_500 + seed, STEADY, WEEKS)
        _look(found, log.frame(), log.start, WEEKS, log.roster)
    return found


def _look(
    found: Healthy, frame: pd.DataFrame, start: int, fades: int, list_of: Callable[[Path], Path]
) -> None:
    """All looks at one group, which fades out from some week on."""
    ever, last = set[str](), set[str]()
    at = frame["sent_at"].astype("int64[pyarrow]")
    with tempfile.TemporaryDirectory() as folder:
        roster = list_of(Path(folder) / "roster.csv")
        for look in range(1, LOOKS + 1):
            week = look * WEEKS // LOOKS
            seen = frame[at < start + week * WEEK]
            result = cq.analyze(seen, sections=[s for s in HEALTH if s in section_ids()], roster=roster)
            last = {code for code in _found(result, found.codes) if week <= fades or code not in DECLINE}
            ever |= last
    found.years += WEEKS / 52
    found.lively += fades * LOOKS // WEEKS / LOOKS
    found.ever.update(ever)
    found.last.update(last)


def _found(result: Analysis, codes: set[str]) -> list[str]:
    """Codes that are findings; all that were looked for are added to ``codes``."""
    judged = [
        f for g in result.groups for name, s in g.sections.items() if name in JUDGED for f in s.findings
    ]
    codes |= {f.code for f in judged}
    return [f.code for f in judged if f.status == "finding"]
