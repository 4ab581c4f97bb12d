"""The conversation as the CSV of chatlog, PyWxDump, MemoTrace, WeFlow (for WeClone) and WeLink."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from datetime import UTC

from invented import PEOPLE, Conversation, Person, Told


def table(
    head: Iterable[str], rows: Iterable[Iterable[object]], end: str = "\r\n", bom: bool = False
) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator=end)
    writer.writerow(head)
    writer.writerows(rows)
    return (("\ufeff" if bom else "") + stream.getvalue()).encode()


def name(key: str | None) -> str:
    return PEOPLE[key].name if key else ""


def sentence(told: Told, with_id: bool = False) -> str:
    """What WeChat shows for an event; chatlog puts ids after names where it fills a template."""

    def who(key: str | None) -> str:
        return f"{name(key)}({PEOPLE[key].wxid})" if with_id and key else name(key)

    match told.event:
        case "recall":
            return f'"{name(told.actor)}" 撤回了一条消息'
        case "join":
            return f'"{who(told.actor)}"邀请"{"、".join(map(who, told.targets))}"加入了群聊'
        case "poke":
            return f'"{name(told.actor)}" 拍了拍 "{name(told.targets[0])}"'
        case _:
            return f'"{name(told.actor)}"修改群名为“{told.detail}”'


# --- chatlog -----------------------------------------------------------------------------------

CHATLOG_HEAD = ("Time", "SenderName", "Sender", "TalkerName", "Talker", "Content")


def _rendered(c: Conversation, told: Told) -> str:
    host = "http://127.0.0.1:5030"
    match told.kind:
        case "text" if told.reply_to:
            quoted = c.row(told.reply_to)
            assert quoted.person
            head = f"{quoted.person.name}({quoted.person.wxid}) {quoted.at:%m-%d %H:%M:%S}"
            lines = [head, *(quoted.text or "").split("\n")]
            return "".join(f"> {line}\n" for line in lines if line) + (told.text or "")
        case "text":
            return told.text or ""
        case "image":
            return f"![图片]({host}/image/00ff,msg/attach/00ff.dat)"
        case "video":
            return f"![视频]({host}/video/00ff)"
        case "sticker":
            return "![动画表情](http://example.org/e.gif)"
        case "voice":
            return f"[语音]({host}/voice/{told.server_id})"
        case "link":
            return f"[链接|{told.title}]({told.url})"
        case "file":
            return f"[文件|{told.title}]({host}/file/00ff)"
        case "mini_program":
            return f"[小程序|{told.title}]()"
        case "forward":
            return f"[合并转发|{told.title}]\n  阿宽 2025-12-30 10:00:00\n  早\n\n"
        case "location":
            return f"[位置|{told.title}|广州市|23.1|113.3]"
        case "red_packet":
            return "[红包]"
        case _:
            return sentence(told, with_id=True)


def _chatlog_rows(c: Conversation) -> list[list[str]]:
    return [
        [
            told.local,
            told.person.name if told.person else "",
            told.person.wxid if told.person else "系统消息",
            c.group_name,
            c.wechat_room,
            _rendered(c, told),
        ]
        for told in c.rows
        if told.event != "poke"
    ]


def chatlog(c: Conversation) -> Mapping[str, bytes]:
    return {f"{c.wechat_room}_2025-12-31_2026-01-04.csv": table(CHATLOG_HEAD, _chatlog_rows(c), "\n")}


def chatlog_alpha(c: Conversation) -> Mapping[str, bytes]:
    rows = [[str(1_767_196_680_000_000 + i), *row] for i, row in enumerate(_chatlog_rows(c))]
    return {"chatlog.csv": table(("MessageID", *CHATLOG_HEAD), rows, "\n")}


# --- PyWxDump ----------------------------------------------------------------------------------

PYWXDUMP_HEAD = (
    "id",
    "MsgSvrID",
    "type_name",
    "is_sender",
    "talker",
    "room_name",
    "msg",
    "src",
    "CreateTime",
)
PYWXDUMP_OLD_HEAD = (*PYWXDUMP_HEAD[:6], "content", "CreateTime")
_WORDS = {
    "text": "文本", "image": "图片", "video": "视频", "sticker": "动画表情", "voice": "语音", "file": "文件",
    "link": "(分享)卡片式链接", "mini_program": "(分享)小程序", "forward": "合并转发的聊天记录",
    "location": "位置", "red_packet": "赠送红包封面", "poke": "拍一拍", "recall": "系统通知", "system": "系统通知",
}  # fmt: skip


def _dumped(c: Conversation, told: Told) -> tuple[str, str, str]:
    """``type_name``, ``msg`` and ``src``."""
    word = _WORDS[told.kind]
    match told.kind:
        case "text" if told.reply_to:
            quoted = c.row(told.reply_to)
            return "引用回复", f"{told.text}\n\n[引用]({quoted.local}){name(quoted.sender)}:{quoted.text}", ""
        case "text":
            return word, told.text or "", ""
        case "image" | "video":
            return word, word, "FileStorage\\MsgAttach\\00\\00.dat"
        case "sticker":
            return word, "表情", "http://example.org/e.gif"
        case "voice":
            return word, "语音时长：2.00秒\n翻译结果：", "audio.wav"
        case "link":
            link = f'<a href="{told.url}" target="_blank">点击查看详情</a>'
            return word, f"{told.title}\n\n\n{link}", ""
        case "location":
            return word, f"纬度:【23.1】 经度:【113.3】\n位置：{told.title} \n其他信息：{{}}", ""
        case "forward":
            return word, f"{told.title}\n阿宽: 早", ""
        case _ if told.event:
            return word, sentence(told), ""
        case _:
            return word, told.title or "", ""


def _pywxdump_rows(c: Conversation) -> list[list[object]]:
    rows: list[list[object]] = []
    for told in c.rows:
        word, msg, src = _dumped(c, told)
        mine = int(told.sender == "me")
        nobody = "未知" if told.kind == "poke" else "系统"
        talker = "我" if mine else told.person.wxid if told.person else nobody
        rows.append([told.n, told.server_id, word, mine, talker, c.wechat_room, msg, src, told.local])
    return rows


def _users(people: Iterable[Person]) -> bytes:
    users = {
        p.wxid: {"wxid": p.wxid, "nickname": p.nickname, "remark": p.name if p.name != p.nickname else "", "account": ""}
        for p in people
        if p.key != "me"
    }  # fmt: skip
    return json.dumps(users, ensure_ascii=False, indent=4).encode()


def pywxdump(c: Conversation) -> Mapping[str, bytes]:
    """Shards, the later one first by name."""
    rows, room = _pywxdump_rows(c), c.wechat_room
    return {
        f"{room}/{room}_5000_10000.csv": table(PYWXDUMP_HEAD, rows[15:]),
        f"{room}/{room}_0_5000.csv": table(PYWXDUMP_HEAD, rows[:15]),
        f"{room}/users.json": _users(c.people.values()),
    }


def pywxdump_gbk(c: Conversation) -> Mapping[str, bytes]:
    """Saved again by a Chinese Excel, tab separated."""
    files = dict(pywxdump(c))
    for path in [p for p in files if p.endswith(".csv")]:
        rows = csv.reader(io.StringIO(files[path].decode(), newline=""))
        stream = io.StringIO(newline="")
        csv.writer(stream, delimiter="\t").writerows(rows)
        files[path] = stream.getvalue().encode("gb18030")
    return files


def pywxdump_old(c: Conversation) -> Mapping[str, bytes]:
    rows = [
        [*row[:6], json.dumps({"src": row[7], "msg": row[6]}, ensure_ascii=False), row[8]]
        for row in _pywxdump_rows(c)
    ]
    room = c.wechat_room
    return {
        f"{room}/{room}_0_5000.csv": table(PYWXDUMP_OLD_HEAD, rows),
        f"{room}/users.json": _users(c.people.values()),
    }


# --- MemoTrace ---------------------------------------------------------------------------------

MEMOTRACE3_HEAD = ("消息ID", "类型", "发送人", "时间", "内容", "备注", "昵称", "更多信息")
_V3_WORDS = {
    "text": "文本", "image": "图片", "video": "视频", "sticker": "表情包", "voice": "语音", "file": "文件",
    "link": "分享链接", "mini_program": "小程序", "forward": "合并转发的聊天记录", "location": "位置分享",
    "red_packet": "红包", "recall": "系统消息",
}  # fmt: skip


def _noted(c: Conversation, told: Told) -> tuple[str, str]:
    word = _V3_WORDS[told.kind]
    match told.kind:
        case "text" if told.reply_to:
            quoted = c.row(told.reply_to)
            return "引用消息", f"{told.text}\n引用：{name(quoted.sender)}: {quoted.text}"
        case "text":
            return word, told.text or ""
        case "recall":
            return word, sentence(told)
        case "link":
            return word, f"【分享链接】\n标题：{told.title}\n描述：\n链接：{told.url}\n应用："
        case "mini_program" | "location":
            return word, f"【{word}】\n标题：{told.title}\n"
        case "red_packet":
            return word, f"【红包】: {told.title}"
        case _:
            return word, f"【{word}】{told.title or ''}"


def memotrace3(c: Conversation) -> Mapping[str, bytes]:
    rows = []
    for told in c.rows:
        if told.event in (None, "recall"):  # of the others the sentence is lost
            who = name(told.sender)
            word, text = _noted(c, told)
            rows.append([told.server_id, word, who, told.local, text, who, who, "more"])
    folder = f"聊天记录/{c.group_name}({c.wechat_room})"
    return {f"{folder}/{c.group_name}.csv": table(MEMOTRACE3_HEAD, rows, bom=True)}


MEMOTRACE2_HEAD = (
    "localId", "TalkerId", "Type", "SubType", "IsSender", "CreateTime", "Status", "StrContent", "StrTime",
    "Remark", "NickName", "Sender",
)  # fmt: skip
_V2_TYPES = {
    "text": (1, 0), "image": (3, 0), "video": (43, 0), "sticker": (47, 0), "voice": (34, 0), "file": (49, 6),
    "link": (49, 5), "mini_program": (49, 33), "forward": (49, 19), "location": (48, 0),
    "red_packet": (49, 2001), "recall": (10000, 0), "system": (10000, 0), "poke": (10000, 4),
}  # fmt: skip


def _stored(told: Told) -> str:
    match told.kind:
        case "text":
            return told.text or ""
        case "image":
            return '<?xml version="1.0"?>\n<msg>\n\t<img aeskey="00" />\n</msg>\n'
        case "video":
            return '<?xml version="1.0"?>\n<msg><videomsg length="1" /></msg>'
        case "voice":
            return '<msg><voicemsg voicelength="2000" /></msg>'
        case "sticker":
            return '<msg><emoji md5="00" ></emoji></msg>'
        case "location":
            return f'<?xml version="1.0"?><msg><location x="23.1" y="113.3" poiname="{told.title}" label="" /></msg>'
        case _:
            return sentence(told) if told.event else ""


def memotrace2(c: Conversation) -> Mapping[str, bytes]:
    """System rows bear the id of the sender before them, as the bug has it."""
    rows, last = [], ""
    for told in c.rows:
        if told.reply_to:
            continue
        last = told.person.wxid if told.person else last
        mine = int(told.sender == "me")
        rows.append(
            [told.n, 1, *_V2_TYPES[told.kind], mine, told.seconds, 2, _stored(told), told.local, "", name(told.sender), last]
        )  # fmt: skip
    return {f"{c.group_name}_utf8.csv": table(MEMOTRACE2_HEAD, rows, bom=True)}


# --- WeFlow for WeClone ------------------------------------------------------------------------

WECLONE_HEAD = ("id", "MsgSvrID", "type_name", "is_sender", "talker", "msg", "src", "CreateTime")
_ENGLISH = {"image", "sticker", "video", "voice", "location", "file"}
_PLACEHOLDERS = {
    "image": "[图片]", "video": "[视频]", "sticker": "[表情包]", "voice": "[语音消息]", "file": "[文件]",
    "link": "[链接]", "mini_program": "[小程序]", "forward": "[转发的聊天记录]", "location": "[位置]",
    "red_packet": "[红包]",
}  # fmt: skip


def weclone(c: Conversation) -> Mapping[str, bytes]:
    rows = []
    for told in c.rows:
        if told.event:
            continue
        text = told.text or f"{_PLACEHOLDERS.get(told.kind, '')} {told.title or ''}".strip()
        if told.reply_to:
            quoted = c.row(told.reply_to)
            text = f"{told.text}[引用 {name(quoted.sender)}：{quoted.text}]"
        word = told.kind if told.kind in _ENGLISH else "text"
        at = f"{told.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z"
        rows.append([told.n, told.server_id, word, int(told.sender == "me"), name(told.sender), text, "", at])
    return {f"{c.group_name}.csv": table(WECLONE_HEAD, rows, bom=True)}


# --- WeLink ------------------------------------------------------------------------------------

WELINK_HEAD = ("日期", "时间", "发言者", "内容", "类型")


def welink(c: Conversation) -> Mapping[str, bytes]:
    rows = []
    for told in c.rows:
        if not told.event:
            kind = "文本" if told.kind == "text" else "其他"
            text = told.text or _PLACEHOLDERS[told.kind]
            rows.append([f"{told.at:%Y-%m-%d}", f"{told.at:%H:%M}", name(told.sender), text, kind])
    return {f"{c.group_name}.csv": table(WELINK_HEAD, rows, "\n", bom=True)}


# --- tables of one's own -----------------------------------------------------------------------

_FIELDS = ("time", "sender", "sender_name", "text", "kind", "id", "reply_to", "reply_quote", "mentions", "url",
           "card_title", "is_self")  # fmt: skip


def _own(c: Conversation) -> list[dict[str, object]]:
    rows = []
    for told in c.rows:
        quoted = c.row(told.reply_to) if told.reply_to else None
        values = {
            "time": told.local,
            "sender": told.person.wxid if told.person else "",
            "sender_name": name(told.sender),
            "text": sentence(told) if told.event else told.text or told.title or "",
            "kind": told.kind,
            "id": f"m{told.n}",
            "reply_to": f"m{told.reply_to}" if told.reply_to else "",
            "reply_quote": quoted.text if quoted else "",
            "mentions": [m if m == "@all" else PEOPLE[m].wxid for m in told.mentions],
            "url": told.url or "",
            "card_title": told.title or ""
            if told.kind in ("link", "file", "mini_program", "forward")
            else "",
            "is_self": told.sender == "me" if told.sender else "",
        }
        rows.append(values)
    return rows


def _map(c: Conversation, prefix: str) -> bytes:
    """The map stands beside the folder of the export."""
    columns = "".join(f'{field} = "{prefix}{field}"\n' for field in _FIELDS)
    group = f'platform = "wechat"\ngroup = "{c.wechat_room}"\ngroup_name = "{c.group_name}"\n'
    return f"[columns]\n{columns}\n[constants]\n{group}".encode()


def own_csv(c: Conversation) -> Mapping[str, bytes]:
    rows = [[" ".join(v) if isinstance(v, list) else v for v in row.values()] for row in _own(c)]
    data = table((f"c_{field}" for field in _FIELDS), rows)
    return {"table.csv": data, "../export.map.toml": _map(c, "c_")}


def own_jsonl(c: Conversation) -> Mapping[str, bytes]:
    lines = [json.dumps({"m": row}, ensure_ascii=False) for row in _own(c)]
    return {"log.jsonl": "\n".join(lines).encode(), "../export.map.toml": _map(c, "m.")}


WRITERS = {
    "csv": own_csv,
    "jsonl": own_jsonl,
    "chatlog-csv": chatlog,
    "chatlog-alpha-csv": chatlog_alpha,
    "pywxdump-csv": pywxdump,
    "pywxdump-csv:gbk": pywxdump_gbk,
    "pywxdump-old-csv": pywxdump_old,
    "memotrace3-csv": memotrace3,
    "memotrace2-csv": memotrace2,
    "weflow-weclone-csv": weclone,
    "welink-csv": welink,
}
