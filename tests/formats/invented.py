"""One invented conversation with every quirk, for writers that put it down as each format does.

``written(conversation)`` of a writer is the export as a tool would have made it; read back, it has to
give these rows, up to what the format declares that it lacks (``Format.lacks``, ``Format.lost``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
BASE = datetime(2025, 12, 31, 23, 58, tzinfo=SHANGHAI)
"""The evening of New Year: midnight and the year change in the middle of the talk."""


@dataclass(frozen=True)
class Person:
    """``key`` names a person in the rows; ``name`` is what the group shows (the card)."""

    key: str
    qq: str
    wxid: str
    name: str
    nickname: str
    role: str = "member"

    @property
    def uid(self) -> str:
        """QQ NT's other id."""
        return f"u_{self.key}AAAA"


PEOPLE = {
    person.key: person
    for person in (
        Person("kuan", "10086001", "wxid_kuan00000001", "球场阿宽", "阿宽", "owner"),
        Person("he", "10086002", "wxid_he0000000002", "小禾(室友)", "小禾(室友)"),
        Person("zhou", "10086003", "wxid_zhou00000003", "夜班 老周", "老周"),
        Person("lin", "10086004", "wxid_lin000000004", "Λin<k> 9:30", "Λin<k> 9:30"),
        Person("me", "10086009", "wxid_me0000000009", "西西's bike", "西西's bike"),
        Person("new", "10086005", "wxid_new000000005", "路过", "路过"),
    )
}
ME = PEOPLE["me"]


@dataclass(frozen=True)
class Told:
    """One row. ``n`` counts from 1; ``after`` are seconds after :data:`BASE`.

    ``reply_to`` is the ``n`` of the answered row. Events have no sender; ``actor`` and ``targets`` are
    keys of people. Of kinds other than text and events, ``title`` is the card's or file's title.
    """

    n: int
    after: int
    sender: str | None
    kind: str = "text"
    text: str | None = None
    title: str | None = None
    url: str | None = None
    reply_to: int | None = None
    mentions: tuple[str, ...] = ()
    event: str | None = None
    actor: str | None = None
    targets: tuple[str, ...] = ()
    detail: str | None = None

    @property
    def at(self) -> datetime:
        return BASE + timedelta(seconds=self.after)

    @property
    def seconds(self) -> int:
        """Epoch seconds."""
        return int(self.at.timestamp())

    @property
    def local(self) -> str:
        """``YYYY-MM-DD HH:MM:SS`` in Shanghai."""
        return f"{self.at:%Y-%m-%d %H:%M:%S}"

    @property
    def person(self) -> Person | None:
        return PEOPLE[self.sender] if self.sender else None

    @property
    def server_id(self) -> str:
        """A native id of 19 digits."""
        return str(7_000_000_000_000_000_000 + self.n * 7919)


ROWS: tuple[Told, ...] = (
    Told(1, 0, "kuan", text="周六下午两点，三号场。\n\n要来的回复 1"),
    Told(2, 5, "he", text="1"),
    Told(3, 5, "he", text="1"),
    Told(4, 31, "zhou", text='我来，带"新"拍子, 两副', reply_to=1),
    Told(5, 90, "lin", text="@小禾(室友)\u2005你呢？ 10:30 见", mentions=("he",)),
    Told(6, 125, "me", text="=1+1 也算报名 <b>&amp;</b>"),
    Told(7, 130, "he", kind="image"),
    Told(8, 131, "lin", kind="sticker"),
    Told(9, 140, "kuan", kind="voice"),
    Told(10, 150, "zhou", kind="file", title="场地安排.xlsx"),
    Told(11, 200, "kuan", kind="link", title="新手握拍五步", url="https://example.org/grip?a=1&b=2"),
    Told(12, 210, None, "recall", event="recall", actor="he", targets=("he",)),
    Told(13, 300, None, "system", event="join", actor="kuan", targets=("new",), detail="invite"),
    Told(14, 320, "new", text="大家好，我是新来的👋"),
    Told(15, 400, "kuan", kind="red_packet", title="新年快乐"),
    Told(16, 460, "me", text="@所有人\u2005周六见", mentions=("@all",)),
    Told(17, 520, "lin", text="[图片]"),
    Told(18, 600, "zhou", text="好\u2028走，Q: 带锁吗?"),
    Told(19, 660, "he", kind="forward", title="群聊的聊天记录"),
    Told(20, 720, "lin", kind="mini_program", title="打卡小程序"),
    Told(21, 725, "lin", kind="location", title="三号场"),
    Told(22, 780, "zhou", kind="video"),
    Told(23, 900, "he", text="到了", reply_to=5),
    Told(24, 960, None, "poke", event="poke", actor="lin", targets=("he",)),
    Told(25, 1000, None, "system", event="rename_group", actor="kuan", detail="周末羽毛球(东区)"),
    Told(26, 3 * 86400, "kuan", text="明天照旧"),
)
"""What was said. Nobody in it has two names, and no name belongs to two people."""


@dataclass(frozen=True)
class Conversation:
    rows: tuple[Told, ...] = ROWS
    people: Mapping[str, Person] = field(default_factory=lambda: dict(PEOPLE))
    group_name: str = "周末羽毛球(东区)"
    qq_group: str = "700000001"
    wechat_room: str = "10000000001@chatroom"

    def row(self, n: int) -> Told:
        return self.rows[n - 1]


CONVERSATION = Conversation()

Writer = Callable[[Conversation], Mapping[str, bytes]]
"""An export of the conversation: files by their relative path."""
