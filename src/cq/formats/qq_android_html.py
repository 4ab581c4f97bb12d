"""Old QQ for Android, read out by QQ-History-Backup: a page per chat.

**How one gets it.** QQBackup/QQ-History-Backup on a backup of one's own phone (QQ for Android before NT):
it writes ``群聊-<name>-<number>.html`` for each chat.

**What it looks like.** One paragraph a message, without a head or a script::

    <p align='left'><font color="blue"><b>【群主】球场阿宽(10086001)</b></font>-----
    <font color="green">2019-03-05 09:13:20</font></br>周六两点</br></br></p>

The owner of the phone is called ``我``. Times are those of the computer that made it (``--tz``).

**What it lacks.** Message ids, answers, types: kinds are read from placeholders and pictures. The name and
the number of the group stand in the file's name only.

**Handled.** Whether the words are escaped shows the file as a whole; where they are not, tags that people
typed are words. A title is split off where it is one of QQ's own or borne by three people. A damaged
paragraph costs itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.formats._pages import tool
from cq.model import Batch


def sniff(peek: Peek) -> str | None:
    """The fonts of its heads are the first mark of a tool in the page."""
    return "a page with QQ-History-Backup's heads" if tool(peek) == FORMAT.id else None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._qq_android_page import read_page

    return read_page(source, options)


FORMAT = Format(
    id="qq-android-html",
    platform="qq",
    sniff=sniff,
    read=read,
    lacks=frozenset(
        {
            Lack.GROUP_ID,
            Lack.GROUP_NAME,
            Lack.MESSAGE_IDS,
            Lack.OWN_NAME,
            Lack.ZONE,
            Lack.KINDS,
            Lack.REPLIES,
            Lack.QUOTES,
            Lack.MENTIONS,
            Lack.LINKS,
            Lack.RECALLED,
        }
    ),
    lost=frozenset({"link", "forward", "mini_program", "location"}),
)
