"""Write ``sample_exports/qq-pc-txt/reading-club-12-weeks.txt``: twelve weeks of an invented QQ group.

    python tests/samples/make_reading_club.py [FOLDER]        # default: sample_exports

The conversations are in ``reading_club/``: scenes with a date, questions, threads of small talk and
notes for the daily check-in. This script gives them people, time and the bytes of QQ's own export.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from _dialogue import (
    Dice,
    Event,
    Exchange,
    Step,
    Timeline,
    read_lists,
    read_questions,
    read_scenes,
    read_threads,
)

HERE = Path(__file__).resolve().parent
TEXTS = HERE / "reading_club"
TARGET = "qq-pc-txt/reading-club-12-weeks.txt"
GROUP = "周三夜读会(慢一点)"
START = datetime(2025, 8, 25)  # a Monday; week 6 and half of week 7 are the National Day holiday
SEED = 20250825


@dataclass(frozen=True)
class Person:
    name: str
    account: str
    head_start: int = 0
    """Messages written before the log begins; together with those in it they make the level."""

    weight: float = 0.0
    """How readily this person throws in an answer that nobody in particular was written for."""


CAST = {
    "楠": Person("阿楠", "(10086001)", 900, 4),  # owner
    "脊": Person("书脊", "(10086002)", 600, 2),  # admin
    "雨": Person("半山听雨", "(10086003)", 300),  # thinker
    "苏": Person("老编辑苏", "(10086004)", 250),  # expert, answers; last message in week 7
    "茄": Person("小番茄🍅", "(10086005)", 500, 9),  # talker
    "飞": Person("阿飞飞飞", "(10086006)", 420, 9),  # talker
    "橙": Person("橙子汽水", "(10086007)", 300, 7),  # talker, new card in week 6
    "米": Person("米粒", "(10086008)", 20, 4),  # asker, leads a session in week 12
    "满": Person("考研中的小满", "(10086009)", 60, 3),  # asker, new card in week 8
    "鹿": Person("鹿鸣", "<luming@example.com>", 80, 2),  # abroad
    "钟": Person("逆行的钟", "(10086011)", 70, 1),  # challenger
    "柴": Person("拾柴", "(10086012)", 260),  # second thinker
    "木": Person("木鱼(带娃读书)", "(10086013)", 160, 5),  # the export is hers
    "皮": Person("陈皮普洱", "(10086014)", 150, 5),
    "林": Person("雨林", "(10086015)", 90, 4),
    "甲": Person("小鱼", "(10086016)", 140, 4),  # librarian
    "乙": Person("小鱼", "(10086017)", 30, 4),  # student of the same name
    "窗": Person("南窗", "(10086018)", 3),  # lurker
    "默": Person("默", "(10086019)", 1),  # lurker
    "唐": Person("夜班护士小唐", "(10086020)", 100, 3),
    "栗": Person("一颗栗子", "(10086021)"),  # joins in week 1
    "药": Person("山药蛋", "(10086022)"),  # 2
    "云": Person("云边", "(10086023)"),  # 3
    "K": Person("Kiki在路上", "(10086024)"),  # 4, leaves in week 11
    "茶": Person("茶水间", "(10086025)"),  # 5
    "月": Person("七月的风", "(10086026)", 0, 4),  # 7, becomes a voice
    "萝": Person("胡萝卜", "(10086027)"),  # 8
    "秦": Person("老秦", "(10086028)"),  # 9
    "二": Person("不二", "(10086029)"),  # 10
    "广": Person("微笑向暖", "(10086030)"),  # advertiser, weeks 5 and 9
}
EXPORTER = "木"
SYSTEM = "系统消息(10000)"
BOT = "Q群管家(2854196310)"
OFFICE = {"楠": "群主", "脊": "管理员"}  # and from the last week on 木
LEVELS = ((6, "潜水"), (60, "冒泡"), (200, "吐槽"), (420, "活跃"), (760, "话唠"), (1 << 30, "传说"))

LAST_OF = {"苏": datetime(2025, 10, 11, 9, 30)}
FIRST_OF = {
    "药": datetime(2025, 9, 8),
    "云": datetime(2025, 9, 9),
    "月": datetime(2025, 10, 13),
    "萝": datetime(2025, 10, 19),
}
# Whom a form of address means: nobody thanks himself.
CALLED = {
    "番茄": "茄",
    "飞飞": "飞",
    "橙": "橙",
    "木鱼": "木",
    "陈皮": "皮",
    "皮老师": "皮",
    "小鱼": "甲乙",
    "小唐": "唐",
    "米粒": "米",
    "满": "满",
    "阿楠": "楠",
    "群主": "楠",
    "书脊": "脊",
    "钟哥": "钟",
    "七月": "月",
    "鹿鸣": "鹿",
}

# Share of the small talk by week (6 is the holiday) and by weekday.
WEEKLY = (1.1, 1.2, 1.25, 1.25, 1.2, 0.2, 0.65, 1.0, 0.85, 0.8, 0.8, 0.85)
DAILY = (0.85, 0.9, 0.8, 0.95, 1.1, 1.35, 1.25)
HOLIDAY = (datetime(2025, 10, 1), datetime(2025, 10, 8))
HOURS = {
    "m": ((6.7, 9.3),),
    "n": ((11.7, 13.5),),
    "a": ((14.0, 17.7),),
    "e": ((18.3, 20.2), (19.0, 22.3), (21.2, 22.7)),
    "l": ((22.7, 24.9),),
    "s": ((9.5, 12.0), (13.0, 18.0), (19.0, 22.3)),
    "*": ((11.8, 13.4), (15.0, 18.0), (18.5, 22.3), (20.0, 22.5)),
}
NIGHT = ((25.6, 28.4),)

CHECKINS = (42, 39, 38, 37, 35, 4, 16, 23, 19, 5, 4, 4)
HABITS: dict[str, tuple[float, str, str]] = {
    "茄": (9, "打卡！P{a}-{b}，{note}", "打卡！P{a}-{b} [表情]"),
    "飞": (7, "打卡 {a}—{b} {note}", "打卡 {a}—{b}"),
    "橙": (5, "打卡{b}页，{note}", "打卡{b}页 [表情]"),
    "米": (9, "打卡：{a}-{b}页。{note}", "打卡：{a}-{b}页"),
    "唐": (6, "打卡，夜里读的，到{b}页。{note}", "打卡，夜里读的，到{b}页"),
    "木": (7, "打卡 {note}（第{b}页）", "打卡 到第{b}页"),
    "皮": (5, "打卡。{note}。", "打卡。"),
    "雨": (4, "打卡：{note}。", "打卡。第{b}页。"),
    "柴": (5, "打卡 {n}页。{note}。", "打卡 {n}页"),
    "满": (5, "#打卡 {a}-{b} {note}", "#打卡 {a}-{b}"),
    "甲": (4, "打卡，{note}", "打卡 P{b}"),
    "乙": (4, "打卡 p{b} {note}", "打卡 p{b}"),
    "林": (3, "打卡 {a}-{b} {note}", "打卡 {a}-{b}"),
    "楠": (3, "打卡～{note}", "打卡～到{b}页"),
    "鹿": (2, "补打卡 {note}", "补打卡 {a}-{b}"),
}
BOOKS = ((1, 4, 368), (5, 9, 220), (10, 12, 300))


def day_of(week: int, day: int) -> datetime:
    return START + timedelta(weeks=week - 1, days=day)


class Club:
    def __init__(self) -> None:
        self.dice = Dice(SEED)
        self.line = Timeline(self.dice, pace=26.0)
        self.fill = read_lists(TEXTS / "fill.txt")

    # -- what happens when ------------------------------------------------------------------------

    def run(self) -> list[Event]:
        for scene in read_scenes(sorted(TEXTS.glob("scenes_*.txt")), [*CAST, "ANON"]):
            start = day_of(scene.week, scene.day) + timedelta(hours=scene.hour, minutes=scene.minute)
            start += timedelta(seconds=self.dice.number(3, 50))
            if not self.line.free(start, start, 0):
                raise RuntimeError(f"begins before another one has ended: {scene.title}")
            session = scene.day == 2 and scene.hour > 19  # people think before they answer
            self.line.play(start, self.with_laughs(scene.steps), 2.1 if session else 1)
        for week in range(1, 13):
            if week != 6:
                at = day_of(week, 2) + timedelta(hours=20)
                self.line.add(at, "bot", "", "【定时消息】今晚8:30共读，请提前翻好书，手机调静音。")
        # Whoever can speak only for a few weeks takes a place first.
        questions = read_questions(TEXTS / "questions.txt", list(CAST))
        threads = read_threads(sorted(TEXTS.glob("threads_*.txt")), list(CAST))
        jobs = [(self.span(x, i), x) for x in questions + threads for i in range(x.repeats)]
        jobs = self.dice.mixed(jobs)
        jobs.sort(key=lambda job: job[0][1] - job[0][0])
        for span, exchange in jobs:
            self.place(exchange, span)
        self.check_in()
        self.small_change()
        return sorted(self.line.events)

    def with_laughs(self, steps: tuple[Step, ...]) -> list[Step]:
        """Here and there one more laugh after a laugh, one more nod after a long message."""
        out: list[Step] = []
        for item, after in zip(steps, [*steps[1:], None], strict=True):
            out.append(item)
            if item.verb != "say" or after is None or after.at_once or item.who == "广":
                continue
            if "哈哈哈" in item.text and self.dice.chance(0.45):
                out.append(
                    Step("say", self.anyone({item.who, after.who}), self.dice.pick(self.fill["laugh"]))
                )
            elif len(item.text) > 75 and self.dice.chance(0.4):
                out.append(Step("say", self.anyone({item.who, after.who}), self.dice.pick(self.fill["nod"])))
        return out

    def anyone(self, but: set[str], text: str = "", when: datetime | None = None) -> str:
        addressed = {who for name, people in CALLED.items() if name in text for who in people}
        first = when or START
        weights = {
            who: person.weight
            for who, person in CAST.items()
            if person.weight and who not in but | addressed and FIRST_OF.get(who, START) <= first
        }
        return self.dice.weighted(weights)

    def span(self, exchange: Exchange, turn: int) -> tuple[datetime, datetime]:
        """When everybody who speaks in it is there; what comes up again does so weeks later."""
        low, high = day_of(exchange.first, 0), day_of(exchange.last, 7)
        part = (high - low) / exchange.repeats
        low, high = low + turn * part, low + (turn + 1) * part
        for who in {item.who for item in exchange.steps}:
            low = max(low, FIRST_OF.get(who, low))
            high = min(high, LAST_OF.get(who, high))
        return low, high

    def moment(self, span: tuple[datetime, datetime], when: str, who: str) -> datetime:
        """A time in the span that suits the remark, more often in lively weeks."""
        days = (span[1] - span[0]).days
        while True:
            day = (span[0] + timedelta(days=self.dice.number(0, max(days - 1, 0)))).replace(hour=0, minute=0)
            week, weekday = divmod((day - START).days, 7)
            share = WEEKLY[week] * DAILY[weekday] / 1.7
            if HOLIDAY[0] <= day <= HOLIDAY[1]:
                share *= 0.12
            workday = weekday < 5 or day in (datetime(2025, 9, 28), datetime(2025, 10, 11))
            if (when == "s" and workday) or not self.dice.chance(share):
                continue
            if when in "na" and not workday and self.dice.chance(0.6):
                continue
            hours = NIGHT if (who, when) == ("唐", "l") else HOURS[when]
            low, high = self.dice.pick(hours)
            time = day + timedelta(seconds=int(3600 * (low + (high - low) * self.dice.unit())))
            if span[0] <= time and time + timedelta(minutes=6) < min(
                span[1], day_of(12, 6) + timedelta(hours=20)
            ):
                return time

    def place(self, exchange: Exchange, span: tuple[datetime, datetime]) -> None:
        opener = exchange.steps[0].who
        length = timedelta(seconds=34 * len(exchange.steps) + 40)
        start = self.line.place(lambda: self.moment(span, exchange.when, opener), length)
        if start is None:
            raise RuntimeError(f"no room for {exchange.steps[0].text}")
        steps: list[Step] = []
        for i, (item, firm) in enumerate(zip(exchange.steps, exchange.firm, strict=True)):
            text = self.slots(item.text)
            if firm:
                steps.append(Step("say", item.who, text))
            elif True in exchange.firm[i + 1 : i + 2] or self.dice.chance(0.88):
                named = {x.who for x in exchange.steps if x.who}
                steps.append(Step("say", self.anyone({steps[-1].who} | named, text, start), text))
        tail = steps[-1].text
        if "哈哈" in tail and self.dice.chance(0.5):
            steps.append(
                Step("say", self.anyone({steps[-1].who}, "", start), self.dice.pick(self.fill["laugh"]))
            )
        elif exchange.when != "*" and len(steps) > 2 and self.dice.chance(0.25):
            steps.append(
                Step("say", self.anyone({steps[-1].who}, "", start), self.dice.pick(self.fill["nod"]))
            )
        self.line.play(start, steps)

    def slots(self, text: str) -> str:
        while "{food}" in text:
            text = text.replace("{food}", self.dice.pick(self.fill["food"]), 1)
        while "{n}" in text:
            text = text.replace("{n}", str(self.dice.number(9, 42)), 1)
        while "{page}" in text:
            text = text.replace("{page}", str(self.dice.number(38, 204)), 1)
        return text

    # -- rituals ----------------------------------------------------------------------------------

    def check_in(self) -> None:
        notes = read_lists(TEXTS / "checkins.txt")
        page = {(who, book): 0 for who in HABITS for book in BOOKS}
        for week, count in enumerate(CHECKINS, 1):
            book = next(b for b in BOOKS if b[0] <= week <= b[1])
            pool = notes[f"{book[0]}-{book[1]}"]
            share = len(pool) / sum(
                CHECKINS[week - 1 : book[1]]
            )  # in the order of the book, to its last week
            weights = {who: weight for who, (weight, _, _) in HABITS.items()}
            if week >= 10:  # by then the group has voted for a weekly one
                weights = {"唐": 1.0}
            moments: list[tuple[datetime, str]] = []
            seen: set[tuple[str, int]] = set()
            while len(moments) < count:
                who, day = self.dice.weighted(weights), self.dice.number(0, 6)
                quiet = day > 1 if week == 6 else day < 3 if week == 7 else day == 4 and self.dice.chance(0.4)
                if (who, day) in seen or (quiet and self.dice.chance(0.9)):
                    continue
                seen.add((who, day))
                moments.append((self.quiet_moment(day_of(week, day), who), who))
            for time, who in sorted(moments):
                read = self.dice.number(5, 26)
                a = page[who, book] + 1
                b = min(a + read, book[2])
                page[who, book] = b % book[2]
                with_note = bool(pool) and self.dice.chance(share)
                note = pool.pop(self.dice.number(0, min(2, len(pool) - 1))) if with_note else ""
                form = HABITS[who][1 if with_note else 2]
                text = form.format(a=a, b=b, n=read, note=note)
                self.line.add(time, "say", who, text)

    def quiet_moment(self, day: datetime, who: str) -> datetime:
        hours = {"唐": (2.0, 5.0), "柴": (5.6, 6.8), "木": (21.4, 22.3)}.get(who)
        for attempt in range(10**6):
            low, high = (attempt < 40 and hours) or self.dice.pick(
                ((7.5, 9.0), (12.0, 13.6), (18.5, 22.9), (21.0, 23.8))
            )
            time = day + timedelta(seconds=int(3600 * (low + (high - low) * self.dice.unit())))
            if self.line.free(time, time, 5):
                return time
        raise RuntimeError(day)

    def small_change(self) -> None:
        """Greetings, good nights, pictures, bubbles."""
        for number in range(12 * 7):
            day = START + timedelta(days=number)
            lively = WEEKLY[number // 7] * (0.1 if HOLIDAY[0] <= day <= HOLIDAY[1] else 1)
            if self.dice.chance(0.3 * lively):
                self.burst(day + timedelta(hours=7, minutes=self.dice.number(5, 110)), "greet", 3)
            if self.dice.chance(0.28 * lively) and number < 83:
                self.burst(day + timedelta(hours=22, minutes=self.dice.number(35, 80)), "night", 3)
            for _ in range(self.dice.number(0, 2)):
                if self.dice.chance(0.7 * lively):
                    hour = self.dice.pick((9, 10, 12, 15, 16, 17, 18, 21))
                    time = day + timedelta(hours=hour, minutes=self.dice.number(0, 59))
                    self.burst(time + timedelta(seconds=self.dice.number(0, 59)), "idle", 1)

    def burst(self, time: datetime, kind: str, most: int) -> None:
        if not self.line.free(time, time + timedelta(minutes=4)):
            return
        spoke: set[str] = set()
        for _ in range(self.dice.number(1, most)):
            who = self.anyone(spoke | {"鹿", "钟"}, "", time)
            spoke.add(who)
            self.line.add(time, "say", who, self.dice.pick(self.fill[kind]))
            time += timedelta(seconds=self.dice.number(4, 110))


class Writer:
    """Events to records: names as they are at the time, levels, system sentences."""

    def __init__(self, dice: Dice) -> None:
        self.dice = dice
        self.names = {who: person.name for who, person in CAST.items()}
        self.said = {who: person.head_start for who, person in CAST.items()}
        self.office = dict(OFFICE)
        self.signed: list[str] = []
        self.sign_title = ""
        self.records: list[tuple[datetime, str, str]] = []

    def sender(self, who: str) -> str:
        if who == "ANON":
            return "(80000000)"
        self.said[who] += 1
        level = next(title for most, title in LEVELS if self.said[who] < most)
        return f"【{self.office.get(who, level)}】{self.names[who]}{CAST[who].account}"

    def resolve(self, text: str) -> str:
        if "{" in text:
            for who, name in self.names.items():
                text = text.replace(f"{{{who}}}", name)
        return text

    def system(self, time: datetime, text: str) -> None:
        self.records.append((time, SYSTEM, text))

    def write(self, event: Event) -> None:
        handler: Callable[[datetime, str, str], None] = getattr(self, "do_" + event.verb)
        handler(event.time, event.who, event.text)

    def do_say(self, time: datetime, who: str, text: str) -> None:
        text = self.resolve(text)
        if (
            len(text) > 9 and self.said.get(who, 0) % 67 == 41
        ):  # now and then one is taken back and typed again
            before = self.records[-1][0]
            if self.said[who] % 2:
                self.records.append((max(before, time - timedelta(seconds=9)), self.sender(who), text[:-2]))
            self.do_recall(max(before, time - timedelta(seconds=4)), "", who)
        self.records.append((time, self.sender(who), text))

    def do_sign(self, time: datetime, who: str, note: str) -> None:
        self.signed.append(f"{len(self.signed) + 1}. {self.names[who]} {note}".rstrip())
        self.records.append((time, self.sender(who), "\n".join(["#接龙", self.sign_title, "", *self.signed])))

    def do_signup(self, _time: datetime, _who: str, title: str) -> None:
        self.sign_title, self.signed = title, []

    def do_bot(self, time: datetime, _who: str, text: str) -> None:
        self.records.append((time, BOT, self.resolve(text)))

    def do_card(self, _time: datetime, _who: str, text: str) -> None:
        who, _, name = text.partition(" ")
        self.names[who] = name

    def do_join(self, time: datetime, _who: str, who: str) -> None:
        self.system(time, f"{self.names[who]}加入本群。")

    def do_invite(self, time: datetime, _who: str, text: str) -> None:
        host, guest = text.split(" ")
        self.system(time, f"{self.names[host]}邀请{self.names[guest]}加入了本群。")

    def do_leave(self, time: datetime, _who: str, who: str) -> None:
        self.system(time, f"{self.names[who]}退出了本群。")

    def do_kick(self, time: datetime, _who: str, who: str) -> None:
        self.system(time, f"{self.names[who]}被管理员{self.names['脊']}移出了本群。")

    def do_admin(self, time: datetime, _who: str, who: str) -> None:
        self.office[who] = "管理员"
        self.system(time, f"{self.names[who]}成为本群管理员")

    def do_recall(self, time: datetime, _who: str, text: str) -> None:
        who, _, author = text.partition(" ")
        if author:
            self.system(time, f"管理员{self.names[who]}撤回了成员{self.names[author]}的一条消息")
        else:
            self.system(time, f"{'你' if who == EXPORTER else self.names[who]}撤回了一条消息")

    def do_file(self, time: datetime, _who: str, text: str) -> None:
        who, _, name = text.partition(" ")
        self.system(time, f"{self.names[who]}分享了文件“{name}”")

    def do_packet(self, time: datetime, _who: str, text: str) -> None:
        host, guest = text.split(" ")
        self.system(time, f"{self.names[guest]}领取了{self.names[host]}的红包")


def records() -> list[tuple[datetime, str, str]]:
    club = Club()
    writer = Writer(club.dice)
    for event in club.run():
        writer.write(event)
    return writer.records


def clock(time: datetime) -> str:
    return f"{time:%Y-%m-%d} {time.hour}:{time:%M:%S}"


def export() -> bytes:
    rule = "=" * 64
    out = ["消息记录（此消息记录为文本格式，不支持重新导入）", "", rule, "消息分组:我的群聊", rule]
    out += [f"消息对象:{GROUP}", rule, ""]
    for time, sender, text in records():
        out += [f"{clock(time)} {sender}", text.replace("\n", "\r"), ""]
    return b"\xef\xbb\xbf" + "".join(line + "\r\n" for line in out).encode()


def main(folder: Path) -> None:
    path = folder / TARGET
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(export())


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parents[1] / "sample_exports")
