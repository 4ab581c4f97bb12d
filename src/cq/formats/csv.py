"""A table of your own: CSV with a column map.

**How one gets it.** From a database, a script, a spreadsheet, a tool that cq does not know. It is read with
`cq analyze FILE --input-format csv --map FILE`; nothing marks such a file, so cq never guesses it.

**What it looks like.** Any CSV with a head::

    发言时间,学号,姓名,说了什么,类别
    2026/3/1 20:00:05,s01,青柠,这周读《边城》,文字

and a map beside it, in TOML, that says which column is what::

    encoding = "gb18030"            # only if it is not recognised
    delimiter = ";"                 # comma, semicolon and tab are recognised

    [columns]
    time = "发言时间"               # the only one that must be there
    sender = "学号"                 # an id; without one, people are their names
    sender_name = "姓名"
    text = "说了什么"
    kind = "类别"
    # also: date (where it stands apart from the time), sender_title, group, group_name, id, reply_to,
    # reply_quote, mentions, url, card_title, is_self

    [time]
    format = "%Y/%m/%d %H:%M:%S"    # as in Python's strptime; or:
    # unit = "ms"                   # of an epoch: s, ms, us, ns
    # zone = "UTC"                  # of times that name none, instead of --tz

    [constants]
    platform = "qq"                 # wechat, qq, or any word: whose system sentences, which placeholders
    group = "700000001"             # the id of the group, where no column has it
    group_name = "读书会"
    chat = "group"                  # or private

    [kinds]                         # what the column of kinds holds: text image sticker voice video file link
    "文字" = "text"                 # mini_program forward contact_card location red_packet transfer poke call
    "图" = "image"                  # announcement system recall other

Without `format` and `unit`, cq reads `2026-03-01 20:00:05` and what spreadsheets make of it, RFC 3339, and
epoch seconds or milliseconds. `reply_to` holds values of the column `id`.

**What it lacks.** What has no column. Without kinds, placeholders such as `[图片]` are read; rows without a
sender are sentences of the system. A column of the map that the file has not is an error.
"""

from __future__ import annotations

from collections.abc import Iterator

from cq.errors import InputError
from cq.formats import Format, ReadOptions, Source, only_when_asked_for
from cq.formats._table import csv_rows
from cq.model import Batch


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of one piece of the file each."""
    from cq.formats._mapped import Mapped, each_with_fields
    from cq.formats._table_rows import told_batches

    if options.map is None:
        raise InputError("map_needed", path=source.label, id="csv")
    source.declared = options.map.encoding
    mapped, used = Mapped(source, options, options.map), options.map.columns.used()
    tables = csv_rows(source, used.values(), delimiter=options.map.delimiter)
    return told_batches(source, each_with_fields(tables, used), mapped.tell, mapped.group, mapped.doubts)


FORMAT = Format(
    id="csv",
    platform="any",
    sniff=only_when_asked_for,
    read=read,
    replies=True,
    needs_map=True,
)
