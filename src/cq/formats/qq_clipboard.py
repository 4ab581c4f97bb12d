"""Text copied out of QQ: chat windows, the message manager, phones, and dice bots' logs made of it.

How to get it: mark messages in QQ and copy them into a text file. There is nothing in such a file that marks
its format, so it is read with `--input-format qq-clipboard` only. An export is always the better choice.

What it looks like: a head line, then the message. Heads may be `【title】name 2/14/2020 9:16:13 PM`,
`name 2016/4/15 10:35:01`, `【title】name(10086001) 0:31:48` (message manager), a line `— —  2020-2-21  — —`
and then `name  23:50:12` (phones), `name: 05-08 01:00:11` (QQ NT), or whole lines
`2022/08/18 19:43:21<name(10086001)>:text` (story-painter). A file has one of these shapes; which, is voted.

What it lacks: whatever the copied text did not show: mostly QQ numbers, often the date or its year, always
message ids, replies, the group and the time zone. The file's name stands in for the group's.

Dates: a date that is missing is carried forward from the last one, to the next day where the clock goes
back by more than six hours; lines before the first date count back from it. Without any date `--date` is
needed, without a year `--year`; a date in the file's name does, too. All of this is counted. A line of a
message that itself looks like a head is taken for one.
"""

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import NAMED_TALK, Format, Lack, ReadOptions, Source, only_when_asked_for
from cq.model import Batch


def _read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    from cq.formats._clipboard_qq import read_text

    return read_text(source, options)


FORMAT = Format(
    id="qq-clipboard",
    platform="qq",
    sniff=only_when_asked_for,
    read=_read,
    lacks=NAMED_TALK | {Lack.GROUP_NAME, Lack.EVENTS, Lack.QUOTES, Lack.LINKS, Lack.TITLES},
    lost=frozenset({"link", "forward", "mini_program", "location"}),
)
