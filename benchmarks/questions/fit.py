"""Build the weights of `cq.text.questions`, byte for byte.

    python benchmarks/questions/fit.py              # writes src/cq/text/questions.bin
    python benchmarks/questions/fit.py --out x

From CPED (Chen et al. 2022, Apache-2.0), the ``valid`` split: 11,137 lines of television dialogue, of which
``DA == "question"`` ask; and from the invented messages of ``chat.toml``, each of which counts three times.
Logistic regression in whole numbers (`cq.ads._descent`) over runs of one to three characters and what the
rules say; of all runs the most telling 8,000 are kept and fitted again.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from math import isqrt
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "src")]

from cq.ads._descent import SHARE, TRUTH_BITS, Integers, Texts, descend  # noqa: E402
from cq.ads._descent import Weights as Start  # noqa: E402
from cq.text.question_weights import RULE, Weights, codes_of  # noqa: E402
from cq.text.questions import by_rule, cleaned  # noqa: E402

DATA = ROOT.parent / "shared" / "data" / "cped" / "valid_split.csv"
SHIPPED = ROOT / "src" / "cq" / "text" / "questions.bin"

MOST_RUNS = 8_000
LEAST_TEXTS = 2
PULL = SHARE * 3 // 2
ROUNDS = 150
CHAT_SHARE = 3 * SHARE
CHAT = "chat"
_INT8 = 127


class Labelled(NamedTuple):
    """``show``: the series a line is from (`CHAT` of invented ones); ``asks``: whether it is a question."""

    text: pa.Array
    show: NDArray[np.str_]
    asks: NDArray[np.bool_]


class _Seen(NamedTuple):
    """Which codes stand in which text."""

    codes: Integers
    rows: Integers


def dialogue(path: Path = DATA) -> Labelled:
    """The labelled lines of CPED."""
    table = pyarrow.csv.read_csv(path)
    asks = np.array([act == "question" for act in table["DA"].to_pylist()])
    show = np.array([str(show) for show in table["TV_ID"].to_pylist()])
    return Labelled(table["Utterance"].combine_chunks().cast(pa.string()), show, asks)


def messages(path: Path) -> Labelled:
    """Invented messages from a file with what asks under ``asks`` and the rest under ``tells``."""
    page = tomllib.loads(path.read_text(encoding="utf-8"))
    lines = [(line, kind == "asks") for kind in ("asks", "tells") for line in _lines(page[kind])]
    return Labelled(
        pa.array([line for line, _ in lines], pa.string()),
        np.full(len(lines), CHAT),
        np.array([asks for _, asks in lines], np.bool_),
    )


def _lines(found: str | dict[str, str]) -> list[str]:
    blocks = [found] if isinstance(found, str) else list(found.values())
    return [line for block in blocks for line in block.split("\n") if line]


def both(one: Labelled, other: Labelled) -> Labelled:
    """One after the other."""
    return Labelled(
        pa.concat_arrays([one.text, other.text]),
        np.concatenate((one.show, other.show)),
        np.concatenate((one.asks, other.asks)),
    )


def lessons() -> Labelled:
    """What the shipped weights are built from."""
    return both(dialogue(), messages(HERE / "chat.toml"))


def build(examples: Labelled, used: NDArray[np.bool_]) -> Weights:
    """The weights from the examples that are used."""
    codes, rows = codes_of(cleaned(examples.text))
    ruled = np.flatnonzero(by_rule(examples.text))
    rows = np.concatenate((rows, ruled))
    order = np.argsort(rows, kind="stable")
    seen = _Seen(np.concatenate((codes, np.full(len(ruled), RULE)))[order], rows[order])
    share = np.where(examples.show == CHAT, CHAT_SHARE, SHARE) * used
    known, often = np.unique(seen.codes[used[seen.rows]], return_counts=True)
    known, often = known[often >= LEAST_TEXTS], often[often >= LEAST_TEXTS]
    fitted = _fit(seen, known, examples.asks, share)
    telling = np.abs(fitted.columns) * np.array([isqrt(int(n) << 8) for n in often], np.int64)
    known = np.sort(known[np.argsort(-telling, kind="stable")[:MOST_RUNS]])
    fitted = _fit(seen, known, examples.asks, share)
    step = int(np.abs(fitted.columns).max()) // _INT8 + 1
    levels = (2 * fitted.columns + step) // (2 * step)
    kept = levels != 0
    return Weights(known[kept].astype(np.uint32), levels[kept].astype(np.int8), step, fitted.bias)


def _fit(seen: _Seen, known: Integers, asks: NDArray[np.bool_], share: Integers) -> Start:
    place = np.minimum(np.searchsorted(known, seen.codes), len(known) - 1)
    there = (known[place] == seen.codes) & (share[seen.rows] > 0)
    used = share > 0
    texts = Texts(
        columns=place[there],
        known=np.bincount(seen.rows[there], minlength=len(share))[used],
        # A sum, not a mean: what a line ends with says as much in a long one.
        distinct=np.ones(int(used.sum()), np.int64),
        truth=np.where(asks, 1 << TRUTH_BITS, 0)[used],
        share=share[used],
    )
    return descend(texts, Start(0, np.zeros(len(known), np.int64)), pull=PULL, rounds=ROUNDS)


def main() -> int:
    """Build and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=SHIPPED)
    out: Path = parser.parse_args().out
    if not DATA.is_file():
        print(f"fit.py: no labelled dialogue at {DATA}; nothing was built", file=sys.stderr)
        return 1
    examples = lessons()
    data = build(examples, np.ones(len(examples.asks), np.bool_)).to_bytes()
    out.write_bytes(data)
    print(f"{out}: {len(data):,} bytes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
