"""Write ``sample_exports/weflow-json/weekend-riders-6-weeks.json``: six weeks of an invented WeChat group.

    python tests/samples/make_weekend_riders.py [FOLDER]        # default: sample_exports

The conversations are in ``weekend_riders/``; see ``make_reading_club.py`` for the other long sample.
The file is what WeFlow's "JSON" writes: names as they are at the time of the export, own messages
marked, the row of a recalled message replaced by the notice.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from _dialogue import Dice, Event, Exchange, Step, Timeline, read_questions, read_scenes, read_threads

HERE = Path(__file__).resolve().parent
TEXTS = HERE / "weekend_riders"
TARGET = "weflow-json/weekend-riders-6-weeks.json"
ROOM = "10000000088@chatroom"
GROUP = "城西骑行小队·春"  # renamed in week 4; an export knows the last name only
START = datetime(2026, 3, 2)  # a Monday; the long weekend of Qingming is at the end of week 5
WEEKS = 6
ZONE = timedelta(hours=8)
SEED = 20260302

CAST = {
    "北": "队长-阿北",  # organizer, owner
    "燕": "燕子",  # second organizer; the export is hers
    "轮": "老轮子",  # mechanic, answers everything
    "医": "骑车的牙医",  # thinks aloud about safety
    "山": "山路十八弯",  # challenger
    "豆": "豆浆油条",  # talker
    "慢": "慢慢骑",  # talker
    "胖": "胖达",  # talker
    "新": "新手小白",  # asker, leads a ride in week 6
    "梨": "梨子",  # asker
    "咖": "咖啡因",
    "娟": "娟姐",
    "影": "光影",
    "风": "顶风作案",
    "学": "学车少年",
    "默": "静静听",  # lurker
    "远": "远方",  # lurker
    "杨": "小杨",  # joins in week 2
    "柠": "柠檬水",  # joins in week 3
    "顺": "顺风顺水",  # joins in week 4, sells in week 5, removed
}
IDS = {who: f"wxid_aaaa{i:04d}" for i, who in enumerate(CAST, 1)}
EXPORTER = "燕"
READY = {
    "豆": 8,
    "慢": 8,
    "胖": 6,
    "娟": 4,
    "咖": 4,
    "影": 3,
    "新": 3,
    "燕": 3,
    "风": 2,
    "梨": 2,
    "学": 2,
    "杨": 2,
    "柠": 2,
}
FIRST_OF = {"杨": datetime(2026, 3, 11), "柠": datetime(2026, 3, 17)}
CALLED = {"慢慢": "慢", "老轮子": "轮", "娟姐": "娟", "燕子": "燕", "医生": "医", "山哥": "山", "豆浆": "豆"}
HOURS = {
    "m": ((6.6, 9.2),),
    "n": ((11.8, 13.4),),
    "a": ((14.0, 17.5),),
    "e": ((18.5, 20.0), (19.0, 22.3)),
    "l": ((22.6, 24.4),),
    "s": ((10.0, 12.0), (13.5, 18.0), (19.5, 22.0)),
    "*": ((11.9, 13.4), (15.0, 18.0), (18.6, 22.3)),
}

TEXT, QUOTE, LINK, PAT = 1, 57 << 32 | 49, 5 << 32 | 49, 62 << 32 | 49
# Beginning of a content -> WeFlow's type name and local_type.
KINDS: dict[str, tuple[str, int]] = {
    "[图片]": ("图片消息", 3),
    "[语音消息]": ("语音消息", 34),
    "[视频]": ("视频消息", 43),
    "[表情包": ("动画表情", 47),
    "[位置]": ("位置消息", 48),
    "[链接]": ("链接消息", LINK),
    "[小程序]": ("小程序消息", 33 << 32 | 49),
    "[音乐]": ("音乐消息", 3 << 32 | 49),
    "[文件]": ("文件消息", 6 << 32 | 49),
    "[接龙]": ("其他消息", 53 << 32 | 49),
    "[群公告]": ("群公告", 87 << 32 | 49),
    "[转发的聊天记录]": ("聊天记录", 19 << 32 | 49),
    "[转账]": ("转账消息", 2000 << 32 | 49),
    "[红包]": ("其他消息", 2001 << 32 | 49),
}
STICKERS = ("加油", "捂脸", "点赞", "困", "干杯", "撒花", "抱抱", "笑哭")
NODS = ("收到", "好", "哈哈哈哈", "赞", "+1", "确实", "学到了", "哈哈")
PLACE = re.compile(r"\[位置\] (\S+) (\S+)\(([\d.]+),([\d.]+)\)")


def day_of(week: int, day: int) -> datetime:
    return START + timedelta(weeks=week - 1, days=day)


class Ride:
    """What happens when."""

    def __init__(self) -> None:
        self.dice = Dice(SEED)
        self.line = Timeline(self.dice, pace=24.0)

    def run(self) -> list[Event]:
        cast = list(CAST)
        for scene in read_scenes([TEXTS / "scenes.txt"], cast):
            start = day_of(scene.week, scene.day) + timedelta(hours=scene.hour, minutes=scene.minute)
            self.line.play(start + timedelta(seconds=self.dice.number(1, 50)), scene.steps)
        loose = read_questions(TEXTS / "questions.txt", cast)
        loose += read_threads([TEXTS / "threads.txt"], cast)
        for exchange in self.dice.mixed(loose):
            self.place(exchange)
        self.small_change()
        return sorted(self.line.events)

    def anyone(self, but: set[str], text: str, when: datetime) -> str:
        addressed = {who for name, who in CALLED.items() if name in text}
        return self.dice.weighted(
            {
                who: float(weight)
                for who, weight in READY.items()
                if who not in but | addressed and FIRST_OF.get(who, START) <= when
            }
        )

    def moment(self, exchange: Exchange) -> datetime:
        low, high = day_of(exchange.first, 0), day_of(exchange.last, 7)
        for item in exchange.steps:
            low = max(low, FIRST_OF.get(item.who, low))
        while True:
            day = low + timedelta(days=self.dice.number(0, (high - low).days - 1))
            weekend = day.weekday() > 4
            if (exchange.when == "s" and not weekend) or (exchange.when in "mna" and weekend):
                continue
            first, last = self.dice.pick(HOURS[exchange.when])
            time = day + timedelta(seconds=int(3600 * (first + (last - first) * self.dice.unit())))
            if time < day_of(WEEKS, 6) + timedelta(hours=20):
                return time

    def place(self, exchange: Exchange) -> None:
        length = timedelta(seconds=32 * len(exchange.steps) + 30)
        start = self.line.place(lambda: self.moment(exchange), length)
        if start is None:
            raise RuntimeError(f"no room for {exchange.steps[0].text}")
        opener = exchange.steps[0].who
        named = {item.who for item in exchange.steps if item.who}
        steps: list[Step] = []
        for i, (item, firm) in enumerate(zip(exchange.steps, exchange.firm, strict=True)):
            if firm:
                steps.append(item)
            elif True in exchange.firm[i + 1 : i + 2] or self.dice.chance(0.94):
                who = self.anyone({steps[-1].who} | named, item.text, start)
                answer = i > 1 and self.dice.chance(0.45)
                steps.append(Step("say", who, f"^{opener} {item.text}" if answer else item.text))
        if len(steps) > 2 and self.dice.chance(0.5):
            steps.append(Step("say", self.anyone({steps[-1].who}, "", start), self.nod()))
        self.line.play(start, steps)

    def nod(self) -> str:
        return f"[表情包：{self.dice.pick(STICKERS)}]" if self.dice.chance(0.55) else self.dice.pick(NODS)

    def small_change(self) -> None:
        """Good mornings, stickers, a message taken back, a pat."""
        for number in range(WEEKS * 7 - 1):
            day = START + timedelta(days=number)
            if self.dice.chance(0.5):
                time = day + timedelta(hours=7, minutes=self.dice.number(0, 100))
                self.burst(time, ("早", "早安", "早上好", "[表情包：早安]", "早 ☀️"), self.dice.number(1, 3))
            if self.dice.chance(0.45):
                time = day + timedelta(hours=22, minutes=self.dice.number(25, 59))
                self.burst(time, ("晚安", "睡了", "[表情包：晚安]", "明天见"), self.dice.number(1, 2))
            if self.dice.chance(0.55):
                time = day + timedelta(hours=self.dice.number(9, 18), minutes=self.dice.number(0, 59))
                self.burst(time, ("[图片]", "[表情包：摸鱼]", "路过", "爬完楼了", "[语音消息]"), 1)
            if self.dice.chance(0.2):
                time = day + timedelta(hours=self.dice.number(12, 21), minutes=self.dice.number(0, 59))
                if self.line.free(time, time):
                    who = self.anyone(set(), "", time)
                    if self.dice.chance(0.6):
                        self.line.add(time, "recall", "", who)
                    else:
                        self.line.add(time, "pat", "", f"{who} {self.anyone({who}, '', time)} 的头盔")

    def burst(self, time: datetime, texts: tuple[str, ...], most: int) -> None:
        if not self.line.free(time, time + timedelta(minutes=3)):
            return
        spoke: set[str] = set()
        for _ in range(most):
            who = self.anyone(spoke, "", time)
            spoke.add(who)
            self.line.add(time, "say", who, self.dice.pick(texts))
            time += timedelta(seconds=self.dice.number(5, 90))


class Writer:
    """Events to rows."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.last: dict[str, dict[str, Any]] = {}
        self.serial = 7_000_000_000_000_000_000

    def row(self, time: datetime, kind: tuple[str, int], content: str, who: str) -> dict[str, Any]:
        stamp = (time - ZONE).replace(tzinfo=UTC)
        sender = IDS.get(who, ROOM)
        row: dict[str, Any] = {
            "localId": 0,
            "createTime": int(stamp.timestamp()),
            "formattedTime": f"{time:%Y-%m-%d %H:%M:%S}",
            "type": kind[0],
            "localType": kind[1],
            "content": content,
            "isSend": int(who == EXPORTER),
            "senderUsername": sender,
            "senderDisplayName": CAST.get(who, GROUP),
            "source": "",
            "senderAvatarKey": sender,
        }
        self.serial += 1_000_003 + 37 * len(content)
        if kind != KINDS["[红包]"]:
            row["platformMessageId"] = str(self.serial)
        self.rows.append(row)
        return row

    def write(self, event: Event) -> None:
        getattr(self, "do_" + event.verb)(event.time, event.who, event.text)

    def do_say(self, time: datetime, who: str, text: str) -> None:
        text = text.replace("\\n", "\n")
        quoted = None
        if text.startswith("^"):
            quoted, text = self.last.get(text[1]), text[2:].lstrip()
        called: list[str] = []
        for other, name in CAST.items():
            if f"{{@{other}}}" in text:
                called.append(IDS[other])
                text = text.replace(f"{{@{other}}}", f"@{name}\u2005")
        if "{@all}" in text:
            called.append("notify@all")
            text = text.replace("{@all} ", "@所有人\u2005")
        kind = next((kind for head, kind in KINDS.items() if text.startswith(head)), ("文本消息", TEXT))
        title, url = text, ""
        if kind[1] == LINK:
            text, _, url = text.partition("|")
            title = text.removeprefix("[链接] ")
        row = self.row(time, kind, text, who)
        if url:
            row |= {"appMsgType": "5", "appMsgKind": "link", "linkTitle": title, "linkUrl": url}
        if kind[1] == 47:
            row["emojiMd5"] = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
        if place := PLACE.match(text):
            name, label, lat, lng = place.groups()
            row |= {"locationLat": float(lat), "locationLng": float(lng)}
            row |= {"locationPoiname": name, "locationLabel": label}
        if called:
            row["source"] = self.source(called)
        if quoted is not None and kind[1] == TEXT:
            self.quote(row, quoted, text)
        self.last[who] = row

    def source(self, called: list[str]) -> str:
        """The forms in which phones and computers write whom a message calls."""
        ids = ",".join(called)
        if self.serial % 3 == 0:
            ids = f"<![CDATA[{ids}]]>"
        elif self.serial % 3 == 1:
            ids = "," + ids
        return f"<msgsource><atuserlist>{ids}</atuserlist><silence>0</silence></msgsource>"

    def quote(self, row: dict[str, Any], quoted: dict[str, Any], text: str) -> None:
        preview = quoted["content"].split("[引用 ")[0].replace("\u2005", " ").replace("\n", " ")
        row["type"], row["localType"] = "引用消息", QUOTE
        row["content"] = f"{text}[引用 {quoted['senderDisplayName']}：{preview}]"
        if "platformMessageId" in quoted:
            row["replyToMessageId"] = quoted["platformMessageId"]
        row |= {"appMsgType": "57", "appMsgKind": "quote"}
        row |= {"quotedSender": quoted["senderDisplayName"], "quotedContent": preview}

    def system(self, time: datetime, text: str, local_type: int = 10000) -> None:
        self.row(time, ("系统消息", local_type), text, "")

    def do_invite(self, time: datetime, _who: str, text: str) -> None:
        host, guest = text.split(" ")
        self.system(time, f'"{CAST[host]}"邀请"{CAST[guest]}"加入了群聊')

    def do_qr(self, time: datetime, _who: str, text: str) -> None:
        _host, guest = text.split(" ")
        self.system(time, f'" {CAST[guest]}"通过扫描你分享的二维码加入群聊  ')
        self.system(time, f'"{CAST[guest]}"与群里其他人都不是微信朋友关系，请注意隐私安全')

    def do_kick(self, time: datetime, _who: str, text: str) -> None:
        _host, guest = text.split(" ")
        self.system(time, f'你将"{CAST[guest]}"移出了群聊')

    def do_rename(self, time: datetime, _who: str, text: str) -> None:
        who, name = text.split(" ")
        self.system(time, f'"{CAST[who]}"修改群名为“{name}”')

    def do_recall(self, time: datetime, _who: str, who: str) -> None:
        """The row itself is gone; only the notice is left."""
        row = self.last.get(who)
        if row is not None and row is self.rows[-1]:
            self.rows.pop()
        self.system(time, "你撤回了一条消息" if who == EXPORTER else f'"{CAST[who]}" 撤回了一条消息')

    def do_pat(self, time: datetime, _who: str, text: str) -> None:
        who, other, suffix = text.split(" ")
        actor = "我" if who == EXPORTER else f'"{CAST[who]}"'
        target = "我" if other == EXPORTER else f'"{CAST[other]}"'
        self.system(time, f"{actor} 拍了拍 {target} {suffix}".replace("我 拍", "我拍"), PAT)

    def do_claim(self, time: datetime, _who: str, text: str) -> None:
        who, host = text.split(" ")
        if who == EXPORTER:
            self.system(time, f"你领取了{CAST[host]}的红包")
        elif host == EXPORTER:
            self.system(time, f"{CAST[who]}领取了你的红包")


def export() -> bytes:
    writer = Writer()
    for event in Ride().run():
        writer.write(event)
    for number, row in enumerate(writer.rows, 1):
        row["localId"] = number
    last = writer.rows[-1]["createTime"]
    document = {
        "weflow": {"version": "1.0.3", "exportedAt": last + 40_000, "generator": "WeFlow"},
        "session": {
            "wxid": ROOM,
            "nickname": GROUP,
            "remark": "",
            "displayName": GROUP,
            "type": "群聊",
            "lastTimestamp": last,
            "messageCount": len(writer.rows),
        },
        "messages": writer.rows,
    }
    return json.dumps(document, ensure_ascii=False, indent=2).encode()


def main(folder: Path) -> None:
    path = folder / TARGET
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(export())


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parents[1] / "sample_exports")
