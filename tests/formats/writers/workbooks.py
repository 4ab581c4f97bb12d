"""The conversation as the Excel workbooks of QCE, WeFlow, EchoTrace, CipherTalk, WDA, MemoTrace, chatlog_alpha.

Written by openpyxl; ``resaved`` is the same after Excel or WPS has opened and saved it: real dates and
numbers, shared strings, blank rows and columns, cells that are only coloured, hidden sheets.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import openpyxl
from invented import PEOPLE, Conversation, Told
from openpyxl.styles import Font

from writers.qq_text import qce_text, rows_but
from writers.tables import chatlog_alpha, memotrace3, name, sentence

Grid = list[list[Any]]
Grids = Mapping[str, Grid]
"""Sheets by name, and their rows."""


def workbook(sheets: Grids) -> bytes:
    """As a library writes it: strings in the cells."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append([None if cell == "" else cell for cell in row])
        for cells in sheet.iter_rows():
            for cell in cells:
                if isinstance(cell.value, str):
                    cell.data_type = "s"  # =1+1 is a text here
    return _saved(book)


def _saved(book: openpyxl.Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


def resaved(sheets: Grids) -> bytes:
    """The same with what spreadsheets do to it, and a hidden sheet of somebody's own before it."""
    book = openpyxl.Workbook()
    book.active.title = "草稿"
    book.active["B2"] = "别动"
    book.active.sheet_state = "hidden"
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for y, row in enumerate(rows, 2):  # a blank row above,
            for x, value in enumerate(row, 2):  # and a blank column before
                cell = sheet.cell(y + (y > 9), x)  # and one in the middle
                if isinstance(value, str) and _TIME.fullmatch(value):
                    cell.value = datetime.fromisoformat(value)
                elif isinstance(value, str) and re.fullmatch(r"[1-9]\d{4,11}", value):
                    cell.value = float(value)
                elif value != "":
                    cell.value = value
                    if isinstance(value, str):
                        cell.data_type = "s"
        sheet["AZ3"].font = sheet["C400"].font = Font(bold=True)
    return _saved(book)


Writer = Callable[[Conversation], Mapping[str, bytes]]


def writers(file: str, sheets: Callable[[Conversation], Grids]) -> tuple[Writer, Writer]:
    """As the tool writes it, and saved again."""
    return (lambda c: {file: workbook(sheets(c))}, lambda c: {file: resaved(sheets(c))})


# --- QCE ---------------------------------------------------------------------------------------

QCE_HEAD = ["序号", "时间", "发送者", "发送者QQ号", "群头衔", "消息类型", "消息内容", "是否撤回", "资源数量"]
QCE_LOST = ("link", "mini_program", "red_packet", "sticker", "forward")
_QCE_TYPES = {"voice": "audio", "video": "video", "file": "file", "location": "location"}


def qce(version: str, *, titles: bool = True) -> Callable[[Conversation], Grids]:
    def rows(c: Conversation) -> Grids:
        grid: Grid = [[h for h in QCE_HEAD if titles or h != "群头衔"]]
        for n, told in enumerate(rows_but(c, *QCE_LOST), 1):
            person = told.person
            at = (
                f"{datetime.utcfromtimestamp(told.seconds):%Y-%m-%dT%H:%M:%SZ}"
                if version == "v6"
                else told.local
            )
            word = "reply" if told.reply_to else "system" if told.event else _QCE_TYPES.get(told.kind, "text")
            text = qce_text(told, version)
            row: list[Any] = [n, at, person.name if person else "系统消息", person.qq if person else "0"]
            row += ["馆长" if person and person.role == "owner" else ""] if titles else []
            text = f"[回复消息]{text}" if version == "v6" and told.reply_to else text
            grid.append([*row, word, text, "否", int(told.kind in ("image", "voice", "video", "file"))])
        return {
            "聊天记录": grid,
            "统计信息": [["统计项", "值"], ["消息总数", len(grid) - 1]],
            "发送者统计": [["排名", "发送者", "QQ号", "UID", "消息数量", "占比(%)"], [1, "阿宽", "10086001", "u_x", 9, 40.5]],
        }  # fmt: skip

    return rows


# --- WeFlow, EchoTrace, CipherTalk, WDA ----------------------------------------------------------

WORDS = {
    "text": "文本消息", "image": "图片消息", "video": "视频消息", "sticker": "动画表情", "voice": "语音消息", "file": "文件消息",
    "link": "链接消息", "mini_program": "小程序消息", "forward": "聊天记录", "location": "位置消息",
    "red_packet": "其他消息", "recall": "系统消息", "system": "系统消息", "poke": "系统消息",
}  # fmt: skip
TAGS = {
    "image": "[图片]", "video": "[视频]", "sticker": "[表情包]", "voice": "[语音消息]", "file": "[文件] ", "link": "[链接] ",
    "mini_program": "[小程序] ", "forward": "[转发的聊天记录]", "location": "[位置] ", "red_packet": "[红包] ",
}  # fmt: skip


def _shown(c: Conversation, told: Told, quotes: bool = True) -> tuple[str, str]:
    """The word for its type, and the content."""
    if told.event:
        return WORDS[told.kind], sentence(told)
    if told.reply_to:
        quoted = c.row(told.reply_to)
        tail = f"[引用 {name(quoted.sender)}：{quoted.text}]" if quotes else ""
        return "引用消息", f"{told.text}{tail}"
    return WORDS[told.kind], told.text or f"{TAGS[told.kind]}{told.title or ''}"


def _role(told: Told, c: Conversation) -> str:
    return "我" if told.sender == "me" else name(told.sender) or c.group_name


def _session(c: Conversation) -> Grid:
    return [["会话信息"], ["微信ID", c.wechat_room, "", "昵称", c.group_name, "", "备注", ""]]


_TOOL = ["导出工具", "WeFlow", "导出版本", "0.0.2", "平台", "wechat", "导出时间", "2026-01-05 08:00:00"]
_FULL = [
    "序号",
    "时间",
    "发送者昵称",
    "发送者微信ID",
    "发送者备注",
    "群昵称",
    "发送者身份",
    "消息类型",
    "内容",
]


def weflow(c: Conversation) -> Grids:
    grid = [*_session(c), _TOOL, _FULL]
    for told in c.rows:
        p = told.person
        who = [p.nickname, p.wxid, "", p.name] if p else [c.group_name, c.wechat_room, "", ""]
        grid.append([told.n, told.local, *who, _role(told, c), *_shown(c, told)])
    return {c.group_name[:31]: grid}


def weflow_compact(c: Conversation) -> Grids:
    grid = [*_session(c), _TOOL, ["序号", "时间", "发送者身份", "消息类型", "内容"]]
    grid += [[told.n, told.local, _role(told, c), *_shown(c, told)] for told in c.rows]
    return {c.group_name[:31]: grid}


def echotrace(c: Conversation) -> Grids:
    grid = [*_session(c), [h for h in _FULL if h != "群昵称"]]
    for told in c.rows:
        p = told.person
        who = [p.name, p.wxid, ""] if p else ["群成员", c.wechat_room, ""]
        word, text = _shown(c, told, quotes=False)
        word = "红包卡片" if told.kind == "red_packet" else word
        role = "我" if told.sender == "me" else name(told.sender) or "群成员"
        if told.kind != "poke":  # of which nothing but [拍一拍] is left
            grid.append([told.n, told.local, *who, role, word, text])
    return {"聊天记录": grid}


_TYPES = {
    "text": 1, "image": 3, "video": 43, "sticker": 47, "voice": 34, "file": 6 << 32 | 49, "link": 5 << 32 | 49,
    "mini_program": 33 << 32 | 49, "forward": 19 << 32 | 49, "location": 48, "red_packet": 2001 << 32 | 49,
    "recall": 10000, "system": 10000, "poke": 10000,
}  # fmt: skip


def ciphertalk(c: Conversation) -> Grids:
    grid: Grid = [
        [
            "序号",
            "时间",
            "日期",
            "时刻",
            "星期",
            "发送者",
            "微信ID",
            "消息类型",
            "消息内容",
            "原始类型代码",
            "时间戳",
        ]
    ]
    for told in c.rows:
        word, text = _shown(c, told)
        type_ = 57 << 32 | 49 if told.reply_to else _TYPES[told.kind]
        day = [told.local, f"{told.at:%Y-%m-%d}", f"{told.at:%H:%M:%S}", "星期三"]
        grid.append([told.n, *day, _role(told, c), c.wechat_room, word, text, type_, told.seconds])
    return {"聊天记录": grid}


_RENDERED = {
    "sticker": "emoji", "mini_program": "link", "forward": "chatHistory", "red_packet": "redPacket", "recall": "system",
    "poke": "system",
}  # fmt: skip


def wda(c: Conversation) -> Grids:
    rows = [told for told in c.rows if told.kind != "mini_program"]  # which are links here
    grid: Grid = [["序号", "时间", "发送者", "消息类型", "内容", "本地 ID", "服务 ID"]]
    for told in rows:
        word = "quote" if told.reply_to else _RENDERED.get(told.kind, told.kind)
        text = sentence(told) if told.event else told.text or told.title or TAGS[told.kind]
        who = "" if told.event else "我" if told.sender == "me" else name(told.sender)
        grid.append([told.n, told.local, who, word, text, told.n, told.server_id])
    info = [["会话", c.group_name], ["会话 ID", c.wechat_room], ["账号", "wxid_me0000000009"]]
    return {"会话信息": info, "消息": grid}


# --- those that have the columns of a CSV --------------------------------------------------------


def _grid(files: Mapping[str, bytes]) -> Grid:
    text = next(iter(files.values())).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def memotrace(c: Conversation) -> Grids:
    members = [[p.wxid, "", "群成员", p.name, p.nickname] for p in PEOPLE.values()]
    return {
        "聊天记录": _grid(memotrace3(c)),
        "成员信息": [["wxid", "微信号", "类型", "群昵称", "昵称"], *members],
    }


def chatlog(c: Conversation) -> Grids:
    return {"Sheet1": _grid(chatlog_alpha(c))}


def _all() -> Iterable[tuple[str, Sequence[Writer]]]:
    yield "qce-xlsx", writers("group_周末_700000001_20260105_080000.xlsx", qce("v6"))
    yield "qce-xlsx:v5", writers("group_周末_700000001_20260105_080000.xlsx", qce("v5", titles=False))
    yield "weflow-xlsx", writers("周末羽毛球.xlsx", weflow)
    yield "echotrace-xlsx", writers("周末羽毛球.xlsx", echotrace)
    yield "ciphertalk-xlsx", writers("周末羽毛球.xlsx", ciphertalk)
    yield "wda-xlsx", writers("conversations/0001_周末_10000000001@chatroom_0a1b2c3d/messages.xlsx", wda)
    yield "memotrace3-xlsx", writers("聊天记录/周末羽毛球(10000000001@chatroom)/周末羽毛球.xlsx", memotrace)
    yield "chatlog-alpha-xlsx", writers("chatlog.xlsx", chatlog)


WRITERS: dict[str, Writer] = {}
for _id, (_plain, _again) in _all():
    WRITERS[_id] = _plain
    WRITERS[f"{_id}{'-' if ':' in _id else ':'}resaved"] = _again
