"""WechatExporter (BlueMatthew), from a backup of an iPhone or iPad: the HTML export, since 2020.

**How one gets it.** A backup of the phone made with iTunes or Finder, opened in WechatExporter; format HTML.
It needs no key and no decryption. Keep the page together with its ``Files`` folder: of long chats most
messages lie in ``Files/Data/msg-N.js``. The TXT of the same tool has no ids.

**What it looks like.** A block a message::

    <div class="msg chat left" msgid="17" msgtype="1"> …
    <span class="dspname left" wxId="wxid_aaaa0001">阿北</span> 2022-02-01 09:00:00 …
    <pre>明早七点</pre> … </div>
    <div class="msg chat-notice">"阿北"邀请"默默"加入了群聊</div>

``right`` is the owner of the phone. Times are those of the computer that made it (``--tz``).

**What it lacks.** The id of the group; its name is the page's title. Answers are kept as text only. Message
ids are those of the phone, so overlapping exports are merged by time, sender and text. Notices often have
no time: they get that of the message before (notice ``time_of_neighbour``).

**Handled.** The scripts hold the same blocks as strings. AM and PM of some builds. NULs and other remains
of WeChat's database in texts (2026). A quotation above a line of dashes. A damaged block costs itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.formats._pages import tool
from cq.model import Batch


def sniff(peek: Peek) -> str | None:
    """A block of class ``msg chat`` is the first mark of a tool in the page."""
    return "a page with WechatExporter's blocks" if tool(peek) == FORMAT.id else None


def parts(source: Source) -> Sequence[Source]:
    """The scripts with the messages that the page loads later, in their order."""
    from cq.formats._wechatexporter_parts import scripts_of

    return scripts_of(source)


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._wechatexporter_page import read_export

    return read_export(source, options, parts(source))


FORMAT = Format(
    id="wechatexporter-html",
    platform="wechat",
    sniff=sniff,
    read=read,
    parts=parts,
    lacks=frozenset({Lack.GROUP_ID, Lack.ZONE, Lack.REPLIES, Lack.MENTIONS, Lack.RECALLED}),
)
