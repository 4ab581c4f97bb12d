"""How well ``cq.text.questions`` finds questions, and how fast.

    python benchmarks/questions/measure.py [--floor 0.70]

Television dialogue (CPED, see ``fit.py``): the rules alone, which were written without it, and rules with
weights built on the other shows, a show at a time. Invented chat (``tests/text/chat_messages.toml``): the
rules alone, and what is shipped. ``--floor``: exit 1 when F1 on dialogue, cross-validated, is below.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from fit import CHAT, DATA, ROOT, build, dialogue, lessons, messages
from numpy.typing import NDArray

from cq.text.questions import by_rule, is_question

GUARD = ROOT / "tests" / "text" / "chat_messages.toml"

Flags = NDArray[np.bool_]


def figures(asks: Flags, found: Flags) -> tuple[float, float, float]:
    """Precision, recall, F1."""
    both, said, true = int((asks & found).sum()), int(found.sum()), int(asks.sum())
    return both / max(said, 1), both / max(true, 1), 2 * both / max(said + true, 1)


def cross() -> tuple[Flags, Flags, list[str]]:
    """Per line of dialogue whether it asks, whether weights of the other shows find it, and F1 by show."""
    examples = lessons()
    asks, found, by_show = examples.asks, np.zeros(len(examples.asks), np.bool_), []
    for show in sorted(set(examples.show) - {CHAT}):
        held = examples.show == show
        found[held] = is_question(examples.text.filter(pa.array(held)), build(examples, ~held))
        by_show.append(f"{figures(asks[held], found[held])[2]:.3f}")
    spoken = examples.show != CHAT
    return asks[spoken], found[spoken], by_show


def speed(texts: pa.Array, n: int = 1_000_000) -> float:
    """CPU seconds for a million texts."""
    many = pa.concat_arrays([texts] * (n // len(texts) + 1)).slice(0, n)
    is_question(texts)
    began = time.process_time()
    is_question(many)
    return time.process_time() - began


def _say(name: str, asks: Flags, found: Flags) -> float:
    precision, recall, f1 = figures(asks, found)
    print(f"{name:<44} precision {precision:.3f}  recall {recall:.3f}  F1 {f1:.3f}")
    return f1


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--floor", type=float, default=0.0, help="exit 1 when F1 is below")
    floor: float = parser.parse_args().floor
    chat = messages(Path(GUARD))
    print(f"invented chat: {len(chat.asks)} messages, {chat.asks.sum()} questions")
    _say("  rules", chat.asks, by_rule(chat.text))
    _say("  rules and weights", chat.asks, is_question(chat.text))
    print(f"  {speed(chat.text):.2f} s CPU for 1,000,000")
    if not DATA.is_file():
        print(f"SKIPPED: no labelled dialogue at {DATA}", file=sys.stderr)
        return 0
    lines = dialogue()
    print(f"dialogue: {len(lines.asks)} lines, {lines.asks.sum()} questions")
    _say("  rules", lines.asks, by_rule(lines.text))
    asks, found, by_show = cross()
    f1 = _say("  rules and weights, held-out shows", asks, found)
    print(f"  by show: {' '.join(by_show)}; {speed(lines.text):.2f} s CPU for 1,000,000")
    return 0 if f1 >= floor else 1


if __name__ == "__main__":
    raise SystemExit(main())
