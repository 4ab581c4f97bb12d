"""JSON lines of your own, with a map of their keys.

**How one gets it.** From a bot, a database, a script: one JSON object per line. It is read with
`cq analyze FILE --input-format jsonl --map FILE`; nothing marks such a file, so cq never guesses it.

**What it looks like.** One object per line; blank lines and lines with `#` are passed over::

    {"ts": 1772366405000, "from": {"id": "s01", "nick": "青柠"}, "body": "这周读《边城》", "mid": "m1"}

The map is that of the format `csv` (see there), with keys instead of columns. A dot leads inside::

    [columns]
    time = "ts"
    sender = "from.id"
    sender_name = "from.nick"
    text = "body"
    id = "mid"

    [time]
    unit = "ms"

**What it lacks.** What has no key. A value that is an object or a list stands there as JSON; a list of
strings can be `mentions`. A key of the map that none of the first records has is an error where it is
the time, the sender or the text; others may be missing from every record.
"""

from __future__ import annotations

from collections.abc import Iterator

from cq.errors import InputError
from cq.formats import Format, ReadOptions, Source, only_when_asked_for
from cq.model import Batch


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of one piece of the file each."""
    from cq.formats._mapped import Mapped
    from cq.formats._mapped_lines import line_fields
    from cq.formats._table_rows import told_batches

    if options.map is None:
        raise InputError("map_needed", path=source.label, id="jsonl")
    source.declared = options.map.encoding
    mapped = Mapped(source, options, options.map)
    tables = line_fields(source, options.map.columns.used())
    return told_batches(source, tables, mapped.tell, mapped.group, mapped.doubts)


FORMAT = Format(
    id="jsonl",
    platform="any",
    sniff=only_when_asked_for,
    read=read,
    replies=True,
    needs_map=True,
)
