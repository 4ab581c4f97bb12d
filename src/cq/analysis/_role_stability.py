"""How sure a role is: the same scores over weeks drawn anew, the evidence a role needs, and what it is worth.

Weeks are drawn with replacement, the same for everybody, and the tagger is wrong by a drawn amount; how often
the label comes out again is its stability. Nothing here decides which role somebody has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cq.analysis import _role_norms as norms
from cq.analysis import _role_scores as sc
from cq.analysis._role_deeds import ACTIVE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.analysis._role_counts import Counts

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

DRAWS = 200
_SEED = 20_260_301
_CELLS = 200_000
"""Scores worked out at once, so that a large group needs no more memory than a small one."""

FIRM, LIKELY = 0.9, 0.8
MARGIN = 0.15
"""How far the best score must lie above the next one, and above a half, to be more than a guess."""
CERTAINTIES = ("tentative", "likely", "firm")

ALL_TURNS, ALL_DAYS, ALL_WEEKS, ALL_KEYS = 20, 5, 4, 5
"""Without these nothing is firm."""
OWN_KEYS = {"organizer": 5, "thinker": 5, "talker": 20, "asker": 3, "challenger": 3}
OWN_DAYS = {"organizer": 3, "thinker": 3, "talker": 4, "asker": 1, "challenger": 2}
SYSTEM_EVENTS = 2
ASKED_SESSIONS = 2
AIMED_DISSENT = 2
BY_LINKS = tuple(sc.ROLES.index(role) for role in ("thinker", "talker", "asker"))
"""Roles that answer, are answered, or chat; notices and dissent are told by their words."""
SOME_LINKS = 0.05
"""Where fewer turns say whom they answer, none of these roles is firm."""
RARE_TURNS = 1.0
"""A lurker's rate, a week, with 97.5 % confidence."""


class Judged(NamedTuple):
    """Per person. ``scores``: [person, role]. ``label``: index into ``LABELS``. ``composition``: [draw,
    label], shares of the people judged."""

    scores: Floats
    label: Ints
    stability: Floats
    certainty: Ints
    confidence: Floats
    composition: Floats


def judge(counts: Counts, links: float | None, observable: Flags, draws: int = DRAWS) -> Judged:
    """The labels of some people and how sure they are.

    ``links``: the share of turns that say whom they answer. ``observable``: whose silence can be told from
    absence.
    """
    lively = _lively(counts, observable)
    scores = _scores(counts, lively)
    label = _labelled(scores, counts)
    same, composition = _drawn(counts, lively, label, label != sc.UNKNOWN, draws)
    right = chance(counts, scores, label, same, links)
    certainty = _certain(counts, scores, label, same, right, links)
    return Judged(scores, label, same, certainty, capped(right, label, links), composition)


def liveliness(counts: Counts) -> Floats:
    """Per week 0 to 1: how much the group talked. Silence among the silent says little."""
    talk = counts.turns.sum(0)
    usual = np.quantile(talk, 0.8) if len(talk) else 0.0
    return np.minimum(1.0, talk / usual) if usual > 0 else np.zeros(len(talk))


def _labelled(scores: Floats, counts: Counts) -> Ints:
    """The best label; unknown below five turns, unless enough silent weeks in a talking group speak."""
    label = sc.labels(scores)
    silent = (counts.exposed.sum(1) >= sc.ENOUGH_WEEKS) & (counts.turns.sum() >= sc.TALKING_GROUP)
    thin = np.where(label == sc.LURKER, ~silent, counts.turns.sum(1) < sc.ENOUGH_TURNS)
    return np.where(thin, sc.UNKNOWN, label)


def standing(counts: Counts, observable: Flags, some: Flags | None, draws: int) -> tuple[Ints, Floats]:
    """Only the labels, and how stable those of ``some`` are; 0 for all others."""
    lively = _lively(counts, observable)
    label = _labelled(_scores(counts, lively), counts)
    if some is None:
        return label, np.zeros(len(label))
    return label, _drawn(counts, lively, label, some & (label != sc.UNKNOWN), draws)[0]


def _lively(counts: Counts, observable: Flags) -> Floats:
    return counts.exposed * liveliness(counts) * observable[:, None]


def _scores(counts: Counts, lively: Floats) -> Floats:
    return sc.all_scores(
        counts.turns.sum(1),
        counts.worded.sum(1),
        counts.keys.sum(1),
        np.maximum(counts.exposed.sum(1), 1.0),
        lively.sum(1),
        counts.heard,
        counts.answerers,
    )


def _drawn(counts: Counts, lively: Floats, label: Ints, known: Flags, draws: int) -> tuple[Floats, Floats]:
    """How often each label comes out again, and the shares of the labels in every draw."""
    weeks = counts.turns.shape[1]
    rng = np.random.default_rng(_SEED)
    weights = rng.multinomial(weeks, np.full(weeks, 1 / weeks), draws).astype(np.float64)
    noise = rng.normal(size=(draws, 1, len(ACTIVE))) * norms.TAG_NOISE
    turns, worded, keys, exposed, quiet = (
        part[known] for part in (counts.turns, counts.worded, counts.keys, counts.exposed, lively)
    )
    people = len(turns)
    flat = keys.transpose(1, 0, 2).reshape(weeks, people * len(ACTIVE))
    same, composition = np.zeros(people), np.zeros((draws, len(sc.LABELS)))
    step = max(1, _CELLS // max(1, people))
    for low in range(0, draws, step):
        some = weights[low : low + step]
        found = sc.labels(
            sc.all_scores(
                some @ turns.T,
                some @ worded.T,
                (some @ flat).reshape(len(some), people, len(ACTIVE)),
                np.maximum(some @ exposed.T, 1.0),
                some @ quiet.T,
                counts.heard[known],
                counts.answerers[known],
                noise[low : low + step],
            )
        )
        same += (found == label[known]).sum(0)
        for role in range(len(sc.LABELS) - 1):
            composition[low : low + step, role] = (found == role).mean(1) if people else 0.0
    stability = np.zeros(len(counts))
    stability[known] = same / draws
    return stability, composition


def _certain(
    counts: Counts, scores: Floats, label: Ints, stability: Floats, right: Floats, links: float | None
) -> Ints:
    """Index into ``CERTAINTIES``, from stability, margin and the evidence the role needs. An active role is
    firm only where such labels were ``right`` nine times of ten, and one that lives by links not without."""
    weeks = (counts.turns > 0).sum(1)
    turns = counts.turns.sum(1)
    general = (turns >= ALL_TURNS) & (counts.active_days >= ALL_DAYS) & (weeks >= ALL_WEEKS)
    clear = margin(scores, label) >= MARGIN
    enough, ample = np.ones(len(counts), np.bool_), general.copy()
    for r, role in enumerate(ACTIVE):
        own = label == sc.ROLES.index(role)
        keys = counts.keys[:, :, r].sum(1)
        bound = (keys >= OWN_KEYS[role]) & (counts.days[:, r] >= OWN_DAYS[role]) & clear
        if role == "organizer":
            bound |= (counts.events >= SYSTEM_EVENTS) & clear
        if role == "asker":
            bound &= counts.sessions >= ASKED_SESSIONS
        if role == "challenger":
            bound &= counts.aimed >= AIMED_DISSENT
        enough = np.where(own, bound, enough)
        told = (links or 0.0) >= SOME_LINKS or sc.ROLES.index(role) not in BY_LINKS
        ample = np.where(own, general & (keys >= ALL_KEYS) & (right >= FIRM) & told, ample)
    silent = label == sc.LURKER
    rare = rate_bound(turns, counts.exposed.sum(1)) < RARE_TURNS
    enough, ample = np.where(silent, True, enough), np.where(silent, rare, ample)
    level = np.where(enough & (stability >= LIKELY), 1, 0)
    return np.where(enough & ample & (stability >= FIRM), 2, level)


def margin(scores: Floats, label: Ints) -> Floats:
    """How far the score that decided lies above the next best and above a half; ordinary: below a half."""
    ranked = np.sort(scores, axis=1)
    above = np.minimum(ranked[:, -1] - ranked[:, -2], ranked[:, -1] - sc.HALF + MARGIN)
    return np.where(label >= sc.ORDINARY, sc.HALF - ranked[:, -1] + MARGIN, above)


def rate_bound(turns: Floats, weeks: Floats) -> Floats:
    """Upper 97.5 % bound of a Poisson rate a week, after Byar; the rule of three for none."""
    n = turns + 1
    upper = n * (1 - 1 / (9 * n) + 1.96 / (3 * np.sqrt(n))) ** 3
    return np.where(turns == 0, 3.0, upper) / np.maximum(weeks, 1e-9)


def link_cap(links: float | None) -> float:
    """How sure a role can be that lives by links: 0.76 without any, 0.93 where half of the turns have one.

    Askers told from helpers in 1,526 cases of Ubuntu IRC with replies annotated by hand; English.
    """
    return 0.76 + 0.36 * min(links or 0.0, 0.48)


def reasons(counts: Counts, scores: Floats, label: Ints, stability: Floats, links: float | None) -> Floats:
    """What the chance looks at: [person, (1, log odds of stability, margin, log turns, links)]."""
    steady = np.log((stability * DRAWS + 1) / ((1 - stability) * DRAWS + 1))
    columns = (
        np.ones(len(label)),
        steady,
        np.clip(margin(scores, label), 0, 0.65),
        np.log10(1 + counts.turns.sum(1)),
        np.full(len(label), min(links or 0.0, 0.48)),
    )
    return np.stack(columns, axis=1)


def chance(counts: Counts, scores: Floats, label: Ints, stability: Floats, links: float | None) -> Floats:
    """How often such labels were right on simulated groups, by a logistic regression for each label."""
    table = np.array(norms.CALIBRATION)[np.minimum(label, sc.ORDINARY)]
    return sc.sigma((table * reasons(counts, scores, label, stability, links)).sum(1))


def capped(right: Floats, label: Ints, links: float | None) -> Floats:
    """The confidence: the chance, capped for the roles whose deeds live by who answers whom."""
    return np.where(np.isin(label, BY_LINKS), np.minimum(right, link_cap(links)), right)
