"""Small invented exports that tests of several rooms write to a folder."""

from __future__ import annotations

from pathlib import Path

RULE = "=" * 64
MAGIC = "消息记录（此消息记录为文本格式，不支持重新导入）"


def qq_txt(*conversations: tuple[str, list[tuple[str, str, str]]], newline: str = "\r\n") -> bytes:
    """A QQ PC text export: conversations of (name, [(time, sender, body)])."""
    parts = [MAGIC, ""]
    for name, records in conversations:
        parts += [RULE, "消息分组:我的群聊", RULE, f"消息对象:{name}", RULE, ""]
        for time, sender, body in records:
            parts += [f"{time} {sender}", body, ""]
    return b"\xef\xbb\xbf" + newline.join([*parts, ""]).encode()


COURT = (
    "周末羽毛球",
    [
        ("2026-03-02 9:00:00", "阿宽(10086001)", "这周六两点，三号场，有人来吗？"),
        ("2026-03-02 9:01:10", "小禾(10086002)", "@阿宽 我来"),
        ("2026-03-03 20:15:00", "老周(10086003)", "拍子线断了，哪里能修？"),
        ("2026-03-09 21:00:00", "阿宽(10086001)", "上周打得不错"),
        ("2026-03-10 8:30:00", "系统消息(10000)", "老周撤回了一条消息"),
        ("2026-03-10 8:31:00", "小禾(10086002)", "[图片]"),
    ],
)
"""Six records, five human messages by three people, over nine days."""


def write_court(folder: Path) -> Path:
    """The court export as a file."""
    path = folder / "court.txt"
    path.write_bytes(qq_txt(COURT))
    return path
