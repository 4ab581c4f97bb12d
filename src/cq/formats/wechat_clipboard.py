"""Text copied out of WeChat's window for computers (at most a hundred messages at a time).

How to get it: mark messages in WeChat for Windows or Mac and copy them into a text file. There is nothing
in such a file that marks its format, so it is read with `--input-format wechat-clipboard` only. An export
by a tool is always the better choice.

What it looks like: `name 2023/09/16 2:51 PM` or `name 2023年3月5日 15:45` and the message below; or three
lines, name, `2026年09月20日 15:51`, message; recent ones with 昨天 15:45, 星期三 15:45, 下午 3:45 or the
time alone. Old versions write `name:` and no time at all. A file has one of these shapes; which, is voted.

What it lacks: ids of people and messages, seconds, replies, quotations, kinds (placeholders such as `[Photo]`
or `[图片]` tell), who is the owner, the group (the file's name stands in) and the time zone.

Dates: 昨天, weekdays and times without a date count from the day of copying, which is `--date`, else a date
in the file's name; without it they cannot be read. A date without a year needs one of them, or `--year`. All
of this is counted. Without any times (old versions) all messages stand at the beginning of `--date`, in their
order. A bare time is taken for a head only below an empty line.
"""

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import NAMED_TALK, Format, Lack, ReadOptions, Source, only_when_asked_for
from cq.model import Batch


def _read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    from cq.formats._clipboard_wechat import read_text

    return read_text(source, options)


FORMAT = Format(
    id="wechat-clipboard",
    platform="wechat",
    sniff=only_when_asked_for,
    read=_read,
    lacks=NAMED_TALK | {Lack.GROUP_NAME, Lack.SECONDS, Lack.EVENTS, Lack.QUOTES, Lack.LINKS, Lack.TITLES},
)
