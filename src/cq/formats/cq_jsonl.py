"""cq's own messages as JSON lines (`cq messages -f jsonl`).

How to get it: `cq messages EXPORT -f jsonl -o messages.jsonl`.

What it looks like: one object per line with every column of a normalised message; times are RFC
3339. Lossless: read back it gives the same messages with the same ids. Other programs may filter it,
reorder it or add lines of their own, as long as the columns stay.
"""

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Peek, ReadOptions, Source
from cq.model import COLUMNS, Batch, Problem


def _sniff(peek: Peek) -> str | None:
    if set(COLUMNS) <= set(peek.json.get("", ())):
        return "every line is an object with cq's message columns"
    return None


def _read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    import msgspec

    from cq.formats._own import OwnRows

    decoder = msgspec.json.Decoder(dict)
    line = 0
    for block in source.lines():
        rows = OwnRows(source.label, options.zone)
        problems = []
        for raw in block.split(b"\n"):
            line += 1
            if not raw.strip():
                continue
            try:
                rows.add(decoder.decode(raw))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                problems.append(Problem("bad_json", f"{source.label}:{line}", str(error)[:120]))
            except (KeyError, TypeError, ValueError) as error:
                problems.append(Problem("bad_row", f"{source.label}:{line}", str(error)[:120]))
        line -= block.endswith(b"\n")
        yield rows.batch(problems)
    yield Batch(notices=source.notices())


FORMAT = Format(
    id="cq-jsonl",
    platform="any",
    sniff=_sniff,
    read=_read,
    replies=True,
)
