"""What a simulation gives: messages as an export would tell them, and the truth beside them."""

from __future__ import annotations

import csv
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cq.model import COLUMNS, Event, Kind, MemberRole

from .levels import Level
from .season import Setting, local

if TYPE_CHECKING:
    import pandas as pd

QQ_BODIES = {
    Kind.IMAGE: "[图片]", Kind.STICKER: "[表情]", Kind.VOICE: "[语音]", Kind.VIDEO: "[视频]", Kind.FILE: "[文件]资料.docx",
    Kind.FORWARD: "[聊天记录]", Kind.RED_PACKET: "[QQ红包]",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Message:
    """One row of the export. ``at``: UTC milliseconds; ``reply_to``: index of the quoted message.

    ``mentions``, ``actor`` and ``targets`` are sender ids (``@all`` for everybody).
    """

    at: int
    sender_id: str | None
    sender_name: str | None
    kind: Kind
    text: str | None
    reply_to: int | None = None
    mentions: tuple[str, ...] = ()
    event: Event | None = None
    actor: str | None = None
    targets: tuple[str, ...] = ()
    detail: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class RosterMember:
    """One row of the members list; times are UTC milliseconds, ``joined_at`` may lie before the export."""

    member_id: str
    name: str
    role: MemberRole
    joined_at: int
    left_at: int | None


@dataclass(frozen=True, slots=True)
class RoleTruth:
    """What a person really is. ``label``: the role held longest within the export.

    ``shares``: how much of each role (adds up to 1, time-weighted); ``spans``: first week and role;
    ``acts``: turns by act; ``weeks``: turns in each week of the export.
    """

    label: str
    shares: Mapping[str, float]
    spans: tuple[tuple[int, str], ...]
    exposure_weeks: float
    is_lurker: bool
    turns: int
    acts: Mapping[str, int]
    weeks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class WeekTruth:
    """What a week really was."""

    start: int
    stage: str
    holiday: bool
    causes: Mapping[str, float]
    turns: int
    members: int


@dataclass(frozen=True, slots=True)
class Truth:
    """The truth. By message (``acts``, ``reply_to``, ``turn``, ``session``); the last three -1 or None where none.

    ``acts`` of events, system rows and bots are empty. ``reply_to`` is the last message of the turn truly
    answered. ``person``: sender id → person; ``roles``: person → role; ``is_bot``: sender ids.
    """

    acts: tuple[frozenset[str], ...]
    reply_to: tuple[int | None, ...]
    turn: tuple[int, ...]
    session: tuple[int, ...]
    person: Mapping[str, str]
    is_bot: frozenset[str]
    roles: Mapping[str, RoleTruth]
    weeks: tuple[WeekTruth, ...]
    turn_replies: tuple[int, ...] = ()
    """By turn: the turn it answers, or -1."""


@dataclass(frozen=True, slots=True)
class World:
    """One simulated group."""

    group_id: str
    group_name: str
    level: Level
    setting: Setting
    messages: tuple[Message, ...]
    members: tuple[RosterMember, ...]
    truth: Truth
    numbers: Mapping[str, str] = field(default_factory=dict)
    """Sender id → account number, also where the export tells only a nickname."""

    def role_of(self, sender_id: str) -> RoleTruth | None:
        """The true role behind a sender, None for bots and strangers."""
        return self.truth.roles.get(self.truth.person.get(sender_id, ""))

    def frame(self) -> pd.DataFrame:
        """The messages as ``cq.read`` would give them."""
        import pandas as pd
        import pyarrow as pa

        from cq.model import message_schema, record_batch

        rows = self.messages
        ids = [f"sim{n:08d}" for n in range(len(rows))]
        columns: dict[str, Any] = dict.fromkeys(COLUMNS)
        columns |= {
            "message_id": ids,
            "platform": "qq",
            "group_id": self.group_id,
            "group_name": self.group_name,
            "sent_at": pa.array([m.at for m in rows], pa.timestamp("ms", tz="UTC")),
            "sender_id": [m.sender_id for m in rows],
            "sender_name": [m.sender_name for m in rows],
            "kind": [m.kind.value for m in rows],
            "text": [m.text for m in rows],
            "url": [m.url for m in rows],
            "reply_to": [None if m.reply_to is None else ids[m.reply_to] for m in rows],
            "mentions": [list(m.mentions) for m in rows],
            "event": [m.event.value if m.event else None for m in rows],
            "event_actor": [m.actor for m in rows],
            "event_target": [list(m.targets) for m in rows],
            "event_detail": [m.detail for m in rows],
            "origin_file": "simulated",
            "origin_record": range(1, len(rows) + 1),
        }
        table = pa.Table.from_batches([record_batch(columns, len(rows))], message_schema())
        frame: pd.DataFrame = table.to_pandas(types_mapper=pd.ArrowDtype)
        return frame

    def roster_csv(self, path: Path, *, bots: bool = True) -> Path:
        """The members list as a file ``--roster`` reads; nickname-only members without an id."""
        with path.open("w", encoding="utf-8", newline="") as file:
            out = csv.writer(file)
            out.writerow(["member_id", "name", "role", "joined_at", "left_at"])
            for member in self.members:
                if bots or member.member_id not in self.truth.is_bot:
                    id_ = "" if member.member_id.startswith("name:") else member.member_id
                    times = [
                        f"{local(t):%Y-%m-%d %H:%M:%S}" if t else ""
                        for t in (member.joined_at, member.left_at)
                    ]
                    out.writerow([id_, member.name, member.role, *times])
        return path

    def write_qq_txt(self, path: Path) -> Path:
        """The log as QQ for PC exports it. Quotes, pokes and links' addresses are lost; ids are always numbers."""
        rule = "=" * 64
        head = ["消息记录（此消息记录为文本格式，不支持重新导入）", "", rule, "消息分组:我的群聊", rule]
        lines = [*head, f"消息对象:{self.group_name}", rule, ""]
        for message in self.messages:
            if message.kind is Kind.POKE or message.event is Event.RED_PACKET:
                continue
            at = local(message.at)
            sender = "系统消息(10000)"
            if message.sender_id:
                sender = f"{message.sender_name}({self.number(message.sender_id)})"
            lines += [f"{at:%Y-%m-%d} {at.hour}:{at:%M:%S} {sender}", self._qq_body(message), ""]
        path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join([*lines, ""]).encode())
        return path

    def number(self, sender_id: str) -> str:
        """The account number behind a sender id."""
        return self.numbers.get(sender_id) or str(40_000_000 + zlib.crc32(sender_id.encode()) % 9_000_000)

    def name_of(self, sender_id: str) -> str:
        """The last name of a sender."""
        return next(
            (m.name for m in self.members if m.member_id == sender_id), sender_id.removeprefix("name:")
        )

    def _qq_body(self, message: Message) -> str:
        targets = "、".join(map(self.name_of, message.targets))
        match message.event:
            case Event.JOIN if message.actor:
                return f"{self.name_of(message.actor)}邀请{targets}加入了本群。"
            case Event.JOIN:
                return f"{targets}加入本群。"
            case Event.LEAVE:
                return f"{targets}退出了本群。"
            case Event.REMOVE:
                return f"{targets}被{self.name_of(message.actor or '')}移出本群。"
            case Event.RECALL:
                return f"{self.name_of(message.actor or '')}撤回了一条消息"
        body = QQ_BODIES.get(message.kind) or message.text or ""
        return body.replace("\n", "\r")
