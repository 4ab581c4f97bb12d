"""How well ``cq.text.questions`` finds questions: precision, recall and F1 on labelled dialogue.

CPED (Chen et al. 2022, Apache-2.0), the ``valid`` split: Chinese television dialogue, a line an
utterance, almost without punctuation; ``DA == "question"`` against every other act. The rules were
written without it and are not tuned on it. It is dialogue face to face, not chat: people who see each
other ask without words, and nobody types a question mark here.

    python benchmarks/questions.py [valid_split.csv] [--floor 0.6]
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import pyarrow.csv

from cq.text.questions import is_question

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "cped" / "valid_split.csv"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("path", nargs="?", type=Path, default=DATA)
    parser.add_argument("--floor", type=float, default=0.0, help="exit 1 when F1 is below")
    options = parser.parse_args()
    if not options.path.is_file():
        print(f"SKIPPED: no labelled data at {options.path}", file=sys.stderr)
        return 0
    table = pyarrow.csv.read_csv(options.path)
    truth = [act == "question" for act in table["DA"].to_pylist()]
    texts = table["Utterance"].combine_chunks().cast("string")
    started = time.perf_counter()
    found = is_question(texts).tolist()
    seconds = time.perf_counter() - started
    both = sum(t and f for t, f in zip(truth, found, strict=True))
    precision, recall = both / max(sum(found), 1), both / max(sum(truth), 1)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    print(
        f"{len(truth)} utterances, {sum(truth)} questions, {sum(found)} found: "
        f"precision {precision:.3f}, recall {recall:.3f}, F1 {f1:.3f} ({len(truth) / seconds:,.0f}/s)"
    )
    return 0 if f1 >= options.floor else 1


if __name__ == "__main__":
    raise SystemExit(main())
