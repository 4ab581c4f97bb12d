"""Build the weights of the ads model, or measure how they do on what they were not built from.

    python benchmarks/ads/fit.py                      # the shipped file, byte for byte
    python benchmarks/ads/fit.py --own-only --out x   # invented messages only
    python benchmarks/ads/fit.py --without-source qq --half dev --out x
    python benchmarks/ads/fit.py --measure            # every source and family left out in turn

Needs the labelled public data beside the repository, except with ``--own-only``.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Collection
from pathlib import Path
from typing import Literal

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "src")]

from fitting import examples as made  # noqa: E402
from fitting import weights  # noqa: E402

SHIPPED = HERE.parents[1] / "src" / "cq" / "ads" / "data" / "bigrams.bin"


def fit(
    sources: Collection[str] = made.SOURCES,
    half: Literal["dev", "all"] = "all",
    packs: bool | Collection[str] = True,
    rounds: int = weights.ROUNDS,
    files: Collection[str] = made.FILES,
) -> bytes:
    """The file of the model from these public sources (of qq, sms, weibo), packs (all, none, or kinds) and
    files of written messages."""
    return weights.build(made.examples(sources, half, packs, files), rounds)


def main() -> int:
    """Build and write, or measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--own-only", action="store_true", help="invented messages only")
    options.add_argument("--without-source", action="append", default=[], choices=made.SOURCES)
    options.add_argument("--half", choices=("dev", "all"), default="all", help="of the public data")
    options.add_argument("--out", type=Path, default=None, help="where to write the file")
    options.add_argument(
        "--measure", action="store_true", help="leave sources and families out, print figures"
    )
    chosen = options.parse_args()
    if chosen.measure:
        from fitting import holdout

        holdout.measure()
        return 0
    sources = [s for s in made.SOURCES if s not in chosen.without_source and not chosen.own_only]
    whole = sources == list(made.SOURCES) and chosen.half == "all"
    if chosen.out is None and not whole:
        options.error("--out is needed: this is not the file that is shipped")
    began = time.perf_counter()
    data = fit(sources, chosen.half)
    out = chosen.out or SHIPPED
    out.write_bytes(data)
    print(f"{out}: {len(data):,} bytes in {time.perf_counter() - began:.0f} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
