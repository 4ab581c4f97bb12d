"""How much there is to read, and whether busy hours show that it is too much.

Load alone is no fault: symptoms are looked for hour by hour, each hour of the day with its like, because
mornings differ from evenings anyway. Measures that rise with load by themselves are avoided: characters are
taken per message (in busy hours others cut a turn in two), and a text counts as said again when it is among
the twenty turns before (not the hour before, which holds more texts when it is busy).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cq.analysis import _measures as m
from cq.analysis._findings import Limit, Value, found, shown, too_little
from cq.analysis._statistics import false_discovery, rank_correlation
from cq.conversation.acts import Act
from cq.section import Metric

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from cq.analysis._cause_ground import Ground
    from cq.analysis.size import Settings
    from cq.section import Finding, Status, ValueUnit

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

CODE = "size/overload"
READ_PER_MINUTE = 400
"""Characters of Chinese a person reads in a minute."""
WINDOW_MS, STEPS = 20 * 60_000, 4
BEFORE = 20
_LEAST_TURNS = 3
"""An hour with fewer turns has no rates."""
_BUSY = 0.75
SYMPTOMS = {"answers": (-1, 0.1), "characters": (-1, 0.3), "repeats": (1, 0.45)}
"""Each with the sign it has under overload, and how strong it must be. In healthy groups of the simulator (24
groups of three levels, twelve weeks each) busy hours are talk in company: answers rise with load (.2 to .5),
messages get shorter (up to .22) and repeat each other (up to .37). Beyond that it is a symptom."""


class Symptom(NamedTuple):
    """``rho`` within hours of the day; in the busiest quarter of the hours and in the others."""

    rho: float
    p: float
    busy: float | None
    calm: float | None


@dataclass(frozen=True)
class Load:
    """The last twelve weeks, or what there is of them."""

    ground: Ground
    settings: Settings

    @cached_property
    def turns(self) -> Ints:
        """The turns looked at."""
        return np.flatnonzero(self.ground.since(self.settings.weeks))

    @cached_property
    def days(self) -> tuple[Ints, Ints, Ints]:
        """Messages, characters and turns of each local day, days without any included."""
        turns, view = self.ground.found.turns, self.ground.view
        day = view.local_day[turns.first_row[self.turns]]
        if not len(day):
            return (np.zeros(0, np.int64),) * 3
        place = day - day[0]
        messages, characters = (
            np.bincount(place, column[self.turns]).astype(np.int64)
            for column in (turns.messages, turns.characters)
        )
        return messages, characters, np.bincount(place)

    @cached_property
    def posters(self) -> Ints:
        """Different people in each 20 minutes in which anybody spoke, taken every 5 minutes."""
        turns = self.ground.found.turns
        step = turns.start_ms[self.turns] // (WINDOW_MS // STEPS)
        people = len(self.ground.view.people)
        keys = np.concatenate([(step + k) * people + turns.person[self.turns] for k in range(STEPS)])
        _, counts = np.unique(m.distinct(keys) // people, return_counts=True)
        return counts.astype(np.int64)

    @cached_property
    def hours(self) -> tuple[Ints, Ints, Ints]:
        """Per turn looked at its hour bin (0 …); per bin its turns and its hour of the day."""
        turns, view = self.ground.found.turns, self.ground.view
        hour = view.local_ms[turns.first_row[self.turns]] // m.HOUR_MS
        different, place, counts = np.unique(hour, return_inverse=True, return_counts=True)
        return place, counts, different % 24

    @cached_property
    def symptoms(self) -> dict[str, Symptom]:
        """What goes with load; nothing where there are too few hours."""
        _, counts, clock = self.hours
        good = counts >= _LEAST_TURNS
        if int(good.sum()) < self.settings.least_hours:
            return {}
        turns, chosen = self.ground.found.turns, self.turns
        worded = turns.characters[chosen] > 0
        columns = {
            "answers": self._rate(
                self.ground.answered[chosen], ~self.ground.found.acts.has(Act.FILLER)[chosen]
            ),
            "characters": self._rate(turns.characters[chosen] / turns.messages[chosen], worded),
            "repeats": self._rate(self._repeated(), worded),
        }
        busy = _busiest(counts[good], clock[good])
        found = {}
        for name, column in columns.items():
            rank = rank_correlation(counts[good].astype(np.float64), column[good], clock[good])
            if rank is not None:
                rates = column[good]
                far = (_mean(rates[which & np.isfinite(rates)]) for which in (busy, ~busy))
                found[name] = Symptom(rank[0], rank[1], *far)
        return found

    def _rate(self, value: Floats | Flags, among: Flags) -> Floats:
        """Per hour bin the mean of a value among some turns, NaN where there are none."""
        place, counts, _ = self.hours
        n = np.bincount(place[among], minlength=len(counts))
        total = np.bincount(place[among], np.asarray(value, np.float64)[among], len(counts))
        return np.asarray(np.divide(total, n, out=np.full(len(counts), np.nan), where=n > 0), np.float64)

    def _repeated(self) -> Flags:
        """Turns whose first text is that of one of the twenty turns before."""
        import pyarrow as pa

        rows = self.ground.found.turns.first_row[self.turns]
        coded = self.ground.view.text.take(pa.array(rows)).dictionary_encode()
        code = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        order = np.argsort(code, kind="stable")
        again = np.zeros(len(code), np.bool_)
        same = (np.diff(code[order]) == 0) & (np.diff(order) <= BEFORE) & (code[order][1:] >= 0)
        again[order[1:][same]] = True
        return again


def _mean(values: Floats) -> float | None:
    return float(values.mean()) if len(values) else None


def _busiest(counts: Ints, clock: Ints) -> Flags:
    """The busiest quarter of the bins of each hour of the day."""
    found = np.zeros(len(counts), np.bool_)
    for hour in np.unique(clock).tolist():
        mine = clock == hour
        found[mine] = counts[mine] >= np.quantile(counts[mine], _BUSY)
    return found


def metrics(load: Load) -> dict[str, Metric]:
    """How much there is to read."""
    messages, characters, turns = load.days
    n = len(messages)
    if not n:
        return {}
    minutes = characters / READ_PER_MINUTE
    posters = load.posters
    found = {
        "turns_per_day": Metric(float(np.median(turns)), "per_day", n),
        "messages_per_day": Metric(float(np.median(messages)), "per_day", n),
        "messages_busy_day": Metric(m.nearest_rank(messages, 0.9), "per_day", n),
        "reading_minutes": Metric(m.median(minutes), "number", n),
        "reading_minutes_busy_day": Metric(m.nearest_rank(minutes, 0.9), "number", n),
        "posters_20_minutes": Metric(m.nearest_rank(posters, 0.99), "count", len(posters)),
    }
    hours = int((load.hours[1] >= _LEAST_TURNS).sum())
    for name, symptom in load.symptoms.items():
        found[f"load_{name}"] = Metric(symptom.rho, "number", hours)
    return found


def overload(load: Load, members: int | None) -> Finding:
    """Two symptoms and a load in the top band. Severity ``warning``: people answer less and leave.

    The band is that of the article: some hundreds of messages a day in groups of a few dozen, a thousand in
    larger ones. Never from the load alone. With 200 hours a rank correlation of .25 is found four times in
    five at this level, so that ``clear`` means something.
    """
    settings = load.settings
    hours = int((load.hours[1] >= _LEAST_TURNS).sum())
    if len(load.ground.weeks) < settings.load_weeks:
        return too_little(CODE, "warning", "weeks", len(load.ground.weeks), settings.load_weeks)
    if hours < settings.least_hours or not load.symptoms:
        return too_little(CODE, "warning", "hours", hours, settings.least_hours)
    people = load.ground.speakers(load.ground.since(settings.weeks)) if members is None else members
    band = settings.band_small if people < settings.small else settings.band_large
    busy_day = float(m.nearest_rank(load.days[0], 0.9) or 0)
    names = list(load.symptoms)
    adjusted = dict(zip(names, false_discovery([load.symptoms[n].p for n in names]), strict=True))
    seen = [
        n
        for n in names
        if adjusted[n] < settings.alpha_load and load.symptoms[n].rho * SYMPTOMS[n][0] >= SYMPTOMS[n][1]
    ]
    loud: Status = "finding" if len(seen) > 1 else "watch"
    status: Status = loud if seen and busy_day >= band else "clear"
    values = {
        "busy_day": Value(busy_day),
        "minutes": Value(float(m.nearest_rank(load.days[1], 0.9) or 0) / READ_PER_MINUTE),
        "per_member": Value(busy_day / people if people else None),
        "symptoms": Value(len(seen), "count"),
        "hours": Value(hours, "count"),
        "band": Value(band, "count"),
        **_told(load.symptoms),
    }
    limits = [
        Limit("band", band, "article"),
        Limit("alpha", settings.alpha_load, "statistics"),
        *(Limit(f"rho_{n}", SYMPTOMS[n][1], "simulated") for n in names),
        Limit("symptoms", 2),
    ]
    evidence = shown(load.ground.view, _busy_rows(load)) if status != "clear" else []
    return found(CODE, status, "warning", 0.8 if len(seen) != 1 else 0.6, values, limits, evidence)


def _told(symptoms: Mapping[str, Symptom]) -> dict[str, Value]:
    """What each symptom is in calm and in busy hours, and its p before correction."""
    values = {}
    for name, symptom in symptoms.items():
        unit: ValueUnit = "number" if name == "characters" else "ratio"
        values[f"{name}_calm"] = Value(symptom.calm, unit)
        values[f"{name}_busy"] = Value(symptom.busy, unit)
        values[f"{name}_p"] = Value(symptom.p)
    return values


def _busy_rows(load: Load) -> Ints:
    """The first row of each of the five busiest hours."""
    place, counts, _ = load.hours
    busiest = np.sort(np.argsort(-counts, kind="stable")[:5])
    first = np.searchsorted(place, busiest)
    return load.ground.found.turns.first_row[load.turns[first]]
