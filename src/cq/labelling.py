"""Which messages of a log are most worth marking by hand, and the file they are marked in.

Uncertain ones teach most; a few sure ones show whether the sure ones are right. The choice depends on the
log and the policy alone: the same call picks the same messages. What a label does is the judge's business.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cq import judging, locales
from cq.ads.verdict import OUTCOMES, Verdict
from cq.sidefiles import LabelRow, read_labels
from cq.streams import output

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cq.ads.group import GroupAds
    from cq.analysis import GroupView
    from cq.reading import Reading, ReadRequest

SHARES = {"suspected": 0.5, "near": 0.3, "confirmed": 0.1, "none": 0.1}
"""Of what a call picks, by how sure the judge is: most of it uncertain, a tenth each of what it holds for
certain. What one pool lacks, the next fill."""
PER_SENDER = 0.2
"""At most this share of one sender's: else one spammer would be all there is to mark."""
LEAST_PER_SENDER = 2
NEAR = 0.15
"""Rule evidence from which a message that is none is near the lowest limit, which is twice that."""
SPARE = 20
"""So many times as many candidates as wanted are looked at."""
SHOWN_CHARACTERS = 1_000
"""A longer text is cut in the file; its message is then found by its id."""


class Candidate(NamedTuple):
    """A message that could be marked. ``rank``: smaller is better within its pool."""

    pool: str
    rank: float
    row: int
    sender: str
    wording: str
    text: str
    message_id: str
    group: str


def existing(path: Path) -> list[LabelRow]:
    """The rows of a labels file that is there already; none if there is no file."""
    return read_labels(path, judging.label_words()) if path.exists() else []


def candidates(
    reading: Reading,
    request: ReadRequest,
    what: judging.AdsRequest,
    before: Sequence[LabelRow],
    count: int,
    lang: str,
) -> list[LabelRow]:
    """Up to ``count`` new rows for a labels file, none of them in ``before`` or labelled in the policy."""
    known = {row.message_id for row in before} | {label.message_id for label in what.policy.labels}
    texts = {_bare(row.text) for row in before} | {_bare(label.text) for label in what.policy.labels}
    found: list[Candidate] = []
    suggested: dict[str, Verdict] = {}
    for view, rows, judged in judging.judged_groups(reading, request, what):
        here = [c for c in _of_group(view, rows, judged, count) if c.message_id not in known]
        kept = _picked([c for c in here if _bare(c.text) not in texts], count)
        found += kept
        suggested |= zip((c.message_id for c in kept), _verdicts(judged, kept), strict=True)
    words = locales.load(lang)["ads"]
    return [
        LabelRow(c.message_id, c.text[:SHOWN_CHARACTERS], _suggestion(suggested[c.message_id], words))
        for c in _picked(found, count)
    ]


def write(path: Path, before: Sequence[LabelRow], added: Sequence[LabelRow]) -> None:
    """Write a labels file whole or not at all: the rows that were there as they were, then the new ones."""
    from cq.export.verdicts import write_labels

    with output(str(path)) as stream:
        write_labels(({k: v or "" for k, v in _cells(row).items()} for row in (*before, *added)), stream)


def _cells(row: LabelRow) -> dict[str, str | None]:
    return {f: getattr(row, f) for f in row.__struct_fields__}


def _of_group(view: GroupView, rows: slice, judged: GroupAds, count: int) -> Iterator[Candidate]:
    """The best of each pool, several times as many as are wanted: some will say the same."""
    import numpy as np

    at = np.flatnonzero(judged.judged[rows]) + rows.start
    words = judged.judge.reader.words(view.text.take(at).fill_null("").to_pylist())
    model = judged.judge.reader.model
    above = words.model - (model.t_lo if model is not None else np.inf)
    for pool, rank in _ranks(judged.outcome[at], judged.score[at], above).items():
        best = np.flatnonzero(np.isfinite(rank))
        best = best[np.argsort(rank[best], kind="stable")[: count * SPARE]]
        for i in best.tolist():
            wording = words.skeletons[i].as_py()
            person = int(view.person[at[i]])
            sender = view.people[person].id if person >= 0 else ""
            text, id_ = (column[int(at[i])].as_py() or "" for column in (view.text, view.message_id))
            if wording:
                yield Candidate(
                    pool, float(rank[i]), int(at[i]), sender, wording, text, id_, view.group.group_id
                )


def _ranks(
    outcome: NDArray[np.int8], score: NDArray[np.float32], above: NDArray[np.float32]
) -> dict[str, NDArray[np.float64]]:
    """Per pool and message the distance from the nearest limit, infinite for what is not in the pool.

    ``above``: the model's score above its lowest limit. Of what is surely none, chance decides.
    """
    import numpy as np

    from cq.ads.words import CONFIRMED, SUSPECTED

    none = outcome == OUTCOMES.index("none")
    near = none & ((score >= NEAR) | (above >= 0))
    chance = np.random.Generator(np.random.PCG64(len(outcome))).random(len(outcome))
    away = np.minimum(np.abs(score - SUSPECTED), np.abs(above))
    found = {
        "suspected": (outcome == OUTCOMES.index("suspected"), np.abs(score - CONFIRMED)),
        "near": (near, away),
        "confirmed": (outcome == OUTCOMES.index("confirmed"), score),
        "none": (none & ~near, chance),
    }
    return {pool: np.where(inside, rank, np.inf).astype(np.float64) for pool, (inside, rank) in found.items()}


def _picked(found: Sequence[Candidate], count: int) -> list[Candidate]:
    """The best of each pool by its share, distinct wordings, spread over senders; then whatever fills up."""
    ordered = sorted(found, key=lambda c: (c.rank, c.message_id))
    limit = max(LEAST_PER_SENDER, round(count * PER_SENDER))
    senders: Counter[tuple[str, str]] = Counter()
    wordings: set[str] = set()
    picked: dict[str, Candidate] = {}

    def take(pool: str, most: int) -> None:
        for c in ordered:
            if most <= 0 or len(picked) >= count:
                return
            sender = (c.group, c.sender)
            if c.pool == pool and c.wording not in wordings and senders[sender] < limit:
                picked[c.message_id] = c
                wordings.add(c.wording)
                senders[sender] += 1
                most -= 1

    for pool, share in SHARES.items():
        take(pool, max(1, round(count * share)))
    for pool in SHARES:
        take(pool, count)
    return list(picked.values())


def _verdicts(judged: GroupAds, picked: Sequence[Candidate]) -> list[Verdict]:
    import numpy as np

    rows: NDArray[np.int64] = np.array([c.row for c in picked], np.int64)
    return judged.verdicts(rows) if len(rows) else []


def _suggestion(verdict: Verdict, words: Mapping[str, Mapping[str, Mapping[str, str]]]) -> str:
    if verdict.verdict == "none" or verdict.kind not in words["kinds"]:
        return str(words["say"]["others"])
    return f"{words['verdicts'][verdict.verdict]['name']} {words['kinds'][verdict.kind]['name']}"


def _bare(text: str | None) -> str:
    return (text or "").strip()[:SHOWN_CHARACTERS]
