"""The conversation as it looks when copied out of the windows of QQ and WeChat."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from invented import Conversation

from writers.qq_text import PC_LOST, body, clock, rows_but


def stamp(at: datetime, shape: str) -> str:
    """As Windows in English, Windows in Chinese, and QQ NT write it."""
    match shape:
        case "en":
            return f"{at.month}/{at.day}/{at.year} {clock(at, 'en')}"
        case "nt":
            return f"{at:%m-%d %H:%M:%S}"
        case _:
            return f"{at.year}/{at.month}/{at.day} {clock(at)}"


def qq_clipboard(shape: str) -> Callable[[Conversation], dict[str, bytes]]:
    def write(conversation: Conversation) -> dict[str, bytes]:
        parts, day = [], ""
        for told in rows_but(conversation, *PC_LOST, "recall", "system"):
            if (person := told.person) is None:
                continue
            text = body(told)
            match shape:
                case "story":
                    head = f"{told.at:%Y/%m/%d %H:%M:%S}<{person.name}({person.qq})>:"
                    parts.append(f"{head}{text}\n")
                case "nt":
                    parts.append(f"{person.name}: {stamp(told.at, 'nt')}\n{text}\n\n")
                case "manager":
                    date = f"{told.at:%Y/%m/%d} " if day != (day := f"{told.at:%F}") else ""
                    parts.append(f"【冒泡】{person.name}({person.qq}) {date}{clock(told.at)}\n{text}\n\n")
                case "phone":
                    if day != (day := f"{told.at.year}-{told.at.month}-{told.at.day}"):
                        parts.append(f"— —  {day}  — —\n\n")
                    parts.append(f"{person.name}  {told.at:%H:%M:%S} \n{text}\n\n")
                case _:
                    parts.append(f"{person.name} {stamp(told.at, shape)}\n{text}\n\n")
        return {"周末羽毛球(东区) 2025-12-31.txt": "".join(parts).encode()}

    return write


WECHAT_TAGS = {
    "image": "[Photo]",
    "sticker": "[Sticker]",
    "voice": "[语音]",
    "video": "[Video]",
    "location": "[位置]",
}
WECHAT_TITLED = {
    "file": "[文件]",
    "link": "[Link]",
    "mini_program": "[小程序]",
    "red_packet": "[红包]",
    "forward": "[聊天记录]",
}


def wechat_clipboard(shape: str) -> Callable[[Conversation], dict[str, bytes]]:
    def write(conversation: Conversation) -> dict[str, bytes]:
        parts = []
        for told in rows_but(conversation):
            if (person := told.person) is None:
                continue
            if told.title:
                text = WECHAT_TITLED.get(told.kind, "[位置]") + told.title
            else:
                text = WECHAT_TAGS.get(told.kind) or told.text or ""
            at = told.at
            match shape:
                case "en":
                    time = f"{at:%Y/%m/%d} {at.hour % 12 or 12}:{at:%M} {'PM' if at.hour >= 12 else 'AM'}"
                    head = f"{person.name} {time}"
                case "zh":
                    head = f"{person.name} {at.year}年{at.month}月{at.day}日 {at:%H:%M}"
                case _:
                    head = f"{person.name}\n{at:%Y年%m月%d日 %H:%M}"
            parts.append(f"{head}\n{text}\n\n")
        return {"周末羽毛球(东区).txt": "".join(parts).encode()}

    return write


WRITERS = {
    "qq-clipboard": qq_clipboard("zh"),
    "qq-clipboard:english": qq_clipboard("en"),
    "qq-clipboard:manager": qq_clipboard("manager"),
    "qq-clipboard:phone": qq_clipboard("phone"),
    "qq-clipboard:nt": qq_clipboard("nt"),
    "qq-clipboard:story-painter": qq_clipboard("story"),
    "wechat-clipboard": wechat_clipboard("en"),
    "wechat-clipboard:chinese": wechat_clipboard("zh"),
    "wechat-clipboard:three-lines": wechat_clipboard("three"),
}
