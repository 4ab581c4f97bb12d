"""WeChat archives as wx-cli, WeLink, WechatExporter, wechat-dump and WeFlow (Markdown, SQL) write them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import groupby

from invented import Conversation, Told

from writers.wechat_json import TAGS, local_type, one_line, quoted_by, sentence
from writers.wechat_text import rows

Files = Mapping[str, bytes]


def _said(conversation: Conversation, told: Told, tags: Mapping[str, str]) -> str:
    """Text, or a tag with a title."""
    return (told.text or "") if told.kind == "text" else tags[told.kind] + (told.title or "")


# -- wx-cli ------------------------------------------------------------------------------------------


def _cli(conversation: Conversation, told: Told) -> str:
    quoted = quoted_by(conversation, told)
    if quoted and quoted.person:
        return f"[引用] {told.text}\n  ↳ {quoted.person.name}: {quoted.text}"
    if told.event:
        return ("[撤回] " if told.event == "recall" else "[系统] ") + sentence(told)
    if told.kind == "image":
        return f"[图片] local_id={told.n}"
    return _said(conversation, told, TAGS)


def _cli_name(told: Told, nameless: bool) -> str:
    return "" if told.person is None or (nameless and told.sender == "me") else told.person.name


def wxcli_txt(*, nameless: bool = False) -> Callable[[Conversation], Files]:
    """``nameless``: the owner's rows have no name."""

    def write(conversation: Conversation) -> Files:
        told_rows = rows(conversation)
        text = f"=== {conversation.group_name}[群] ({len(told_rows)} 条) ===\n\n"
        for told in told_rows:
            name = _cli_name(told, nameless)
            text += f"[{told.local[:16]}] {name}{': ' if name else ''}{_cli(conversation, told)}\n"
        return {"wx.txt": text.encode()}

    return write


def wxcli_md(*, nameless: bool = False) -> Callable[[Conversation], Files]:
    def write(conversation: Conversation) -> Files:
        told_rows = rows(conversation)
        text = f"# {conversation.group_name}（群聊）\n\n> 导出 {len(told_rows)} 条消息\n\n"
        for told in told_rows:
            name = _cli_name(told, nameless)
            body = _cli(conversation, told).replace("\n", "\n> ")
            text += f"### {told.local[:16]}\n\n{f'**{name}**: ' if name else ''}{body}\n\n"
        return {"wx.md": text.encode()}

    return write


# -- WeLink ------------------------------------------------------------------------------------------


def _link_rows(conversation: Conversation) -> list[Told]:
    return rows(conversation, *(told.event for told in conversation.rows if told.event))


def welink_txt(conversation: Conversation) -> Files:
    text = "".join(
        f"{told.local[:16]} [{told.person.name}]: {_said(conversation, told, TAGS)}\n"
        for told in _link_rows(conversation)
        if told.person
    )
    return {f"{conversation.group_name}.txt": text.encode()}


def welink_md(conversation: Conversation) -> Files:
    text = f"---\ntitle: {conversation.group_name}\nsource: WeLink\nexported: 2026-01-05\n---\n\n"
    text += f"# 聊天归档 · {conversation.group_name}\n"
    for day, told_today in groupby(_link_rows(conversation), lambda told: told.local[:10]):
        text += f"\n## 📅 {day}\n\n"
        for told in told_today:
            assert told.person
            body = _said(conversation, told, TAGS).replace("\n", "\n  ")
            text += f"- **{told.person.name}** `{told.at:%H:%M}` — {body}\n"
    return {"archive.md": text.encode()}


# -- WechatExporter ------------------------------------------------------------------------------------

_IPHONE = TAGS | {"sticker": "[表情]", "voice": "[语音 00:03]", "location": "[位置] "}


def wechatexporter(*, half_days: bool = False, line_end: str = "\n") -> Callable[[Conversation], Files]:
    """Answers have no head and are left out; notices are bare lines. ``half_days``: AM and PM."""

    def write(conversation: Conversation) -> Files:
        text = f"{conversation.group_name} - 微信聊天记录\n\n"
        for told in rows(conversation):
            if told.event:
                text += f"{sentence(told)}\n"
            elif told.person and not told.reply_to:
                time = f"{told.at:%Y-%m-%d %I:%M:%S %p}" if half_days else told.local
                text += f"{told.person.name} ({time}):{_said(conversation, told, _IPHONE)}\n"
        return {f"{conversation.group_name}.txt": text.replace("\n", line_end).encode()}

    return write


# -- wechat-dump -----------------------------------------------------------------------------------------

_ANDROID = {
    "text": (1, "{text}"), "image": (3, "Image|img:THUMBNAIL_DIRPATH://th_00ff"), "sticker": (47, "Emoji"),
    "voice": (34, "Voice"), "video": (43, "VIDEO FILE"), "file": (1090519089, "FILE:{title}"),
    "link": (49, "URL:{url}"), "red_packet": (436207665, "[RED ENVELOPE]\n{title}"),
    "location": (48, "LOCATION:{title} (31.2,121.5)"),
}  # fmt: skip


def wechat_dump(*, fractions: bool = False) -> Callable[[Conversation], Files]:
    def write(conversation: Conversation) -> Files:
        text = ""
        events = [told.event for told in conversation.rows if told.event]
        for told in rows(conversation, "forward", "mini_program", *events, typed_tag=True):
            assert told.person
            type_, body = _ANDROID[told.kind]
            type_ = 822083633 if told.reply_to else type_
            name = "me" if told.sender == "me" else told.person.name
            time = f"{told.local}.000000" if fractions and told.n % 2 else told.local
            said = body.format(text=told.text, title=told.title, url=told.url)
            text += f"{type_}|{name}:{time}:{said}\n"
        return {f"{conversation.group_name}.txt": text.encode()}

    return write


# -- WeFlow ------------------------------------------------------------------------------------------------

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>])")
_NO_BLANK = {kind: tag.rstrip() for kind, tag in TAGS.items()}


def _weflow_said(conversation: Conversation, told: Told, tags: Mapping[str, str]) -> str:
    body = sentence(told) if told.event else _said(conversation, told, tags)
    quoted = quoted_by(conversation, told)
    return f"{body}[引用 {quoted.person.name}：{one_line(quoted.text)}]" if quoted and quoted.person else body


def weflow_md(*, escaped: bool = True) -> Callable[[Conversation], Files]:
    def marked(text: str) -> str:
        return _SPECIAL.sub(r"\\\1", text)

    def write(conversation: Conversation) -> Files:
        text = f"# {marked(conversation.group_name)}\n\n"
        for told in rows(conversation):
            name = told.person.name if told.person else conversation.group_name
            body = _weflow_said(conversation, told, _NO_BLANK)
            text += f"## {told.local} {marked(name)}\n\n{marked(body) if escaped else body}\n\n"
        return {f"{conversation.group_name}.md": text.encode()}

    return write


def weflow_sql(conversation: Conversation) -> Files:
    columns = "session_id, local_id, message_id, create_time, sender, is_send, local_type, media_type, content, media_path"
    text = f"BEGIN;\nCREATE TABLE IF NOT EXISTS weflow_messages ({columns});\n"

    def quoted(value: str) -> str:
        return "'" + value.replace("'", "''") + "'"

    for told in conversation.rows:
        values = [
            quoted(conversation.wechat_room), str(told.n), quoted(told.server_id), str(told.seconds),
            quoted(told.person.wxid if told.person else conversation.wechat_room), str(int(told.sender == "me")),
            str(local_type(told)), "NULL", quoted(_weflow_said(conversation, told, TAGS)), "NULL",
        ]  # fmt: skip
        text += f"INSERT INTO weflow_messages ({columns}) VALUES ({', '.join(values)});\n"
    return {f"{conversation.group_name}.sql": (text + "COMMIT;\n").encode()}


WRITERS = {
    "wxcli-txt": wxcli_txt(),
    "wxcli-txt:nameless": wxcli_txt(nameless=True),
    "wxcli-md": wxcli_md(),
    "wxcli-md:nameless": wxcli_md(nameless=True),
    "welink-txt": welink_txt,
    "welink-md": welink_md,
    "wechatexporter-txt": wechatexporter(),
    "wechatexporter-txt:half-days": wechatexporter(half_days=True, line_end="\r\n"),
    "wechat-dump-txt": wechat_dump(),
    "wechat-dump-txt:fractions": wechat_dump(fractions=True),
    "weflow-md": weflow_md(),
    "weflow-md:bare-texts": weflow_md(escaped=False),
    "weflow-sql": weflow_sql,
}
