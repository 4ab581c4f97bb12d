"""OneBot 11 events, one per line: what a QQ bot has recorded (NapCat, go-cqhttp, Lagrange, LLOneBot).

**How to get it.** Let the bot's program append every event it receives to a file (in NoneBot, Koishi or
a few lines of one's own behind a WebSocket). Nothing is decrypted; it is what the bot was told.

**What it looks like.** Messages and notices, in order of time::

    {"time":1767230000,"self_id":10086009,"post_type":"message","message_type":"group","message_id":-20011,"group_id":700000001,"user_id":10086001,"message":"周六两点 [CQ:at,qq=10086002] 来吗&#91;认真&#93;","sender":{"user_id":10086001,"nickname":"阿宽","card":"球场阿宽","role":"admin","title":"馆长"}}
    {"time":1767230005,"self_id":10086009,"post_type":"message","message_type":"group","message_id":31,"group_id":700000001,"user_id":10086002,"message":[{"type":"reply","data":{"id":"-20011"}},{"type":"text","data":{"text":"来"}}],"sender":{"nickname":"小禾","card":""}}
    {"time":1767230020,"self_id":10086009,"post_type":"notice","notice_type":"group_ban","sub_type":"ban","group_id":700000001,"operator_id":10086001,"user_id":10086005,"duration":600}

It is the only source with every join, leave, mute and recall. One file may hold many groups and
private chats; each is one of its own.

**What it lacks.** Everything from when the bot was offline; quoted texts; in go-cqhttp the names of
groups. ``message_id`` is a hash that is not unique, so that exports are merged by time, sender and text.

**Handled.** Both forms of messages, also in one file; CQ codes and their escapes; times in seconds or
milliseconds; ids as numbers or strings, also negative ones. ``message_sent`` is the bot's own.
Anonymous members are ``anon:…``. Events inside another object (``{"data": {…}}``) or behind the head
of a log line. Skipped with a count: heartbeats (``meta_event``), requests, reactions. A recall is a row
with who recalled and whose message it was; the message itself is not marked, since it was written
down before.
"""  # noqa: E501 - sample lines

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.formats._onebot_sniff import in_a_log, is_event
from cq.model import Batch


def sniff(peek: Peek) -> str | None:
    """The first record is an event, alone, in an object, or behind the head of a log line."""
    if peek.start[:1] == "{" and is_event(peek.json):
        return "the first record has post_type, self_id and time"
    return "lines with events that have post_type, self_id and time" if in_a_log(peek) else None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 16,384 events; the last one holds the people."""
    from cq.formats._json_lines import json_lines
    from cq.formats._onebot import MAX_ROWS, Reader
    from cq.formats._onebot_event import Event

    reader = Reader(source)
    for piece in json_lines(source, Event, prefixed=True):
        reader.problems += piece.problems
        reader.skip("comment", piece.comments)
        reader.skip("not_a_message", piece.strays)
        for at in range(0, len(piece.values), MAX_ROWS):
            end = at + MAX_ROWS
            yield reader.batch(reader.messages(piece.values[at:end], piece.numbers[at:end]))
    yield reader.last()


FORMAT = Format(
    id="onebot11-jsonl",
    platform="qq",
    sniff=sniff,
    read=read,
    replies=True,
    lacks=frozenset({Lack.QUOTES, Lack.RECALLED}),
)
