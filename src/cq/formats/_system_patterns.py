"""The wording of system sentences: which fixed words mean which event.

A table and its compilation, no logic: what to do with a match is :mod:`_system_text`'s business.
Sources: QQ PC, QCE and go-cqhttp for QQ; puppet-padlocal, puppet-wechat, WeFlow and WDA for WeChat.
Wording nobody has seen in a file (QQ's mutes, ranks, titles) is a guess and errs on the narrow side.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from cq.model import Event

QUOTES = '"“”'
_Q = f"[{QUOTES}]"
_MAX_NAME = 100
"""Longest single name. Without a bound two free names make a pattern quadratic in the text."""

_MACROS = {
    "<R>": r"(?:(?:管理员|群主)[ \u00a0]?)?",
    "<GROUP>": r"[本该此]?群聊?[。.]?",
    "<INTO>": r"加入(?:了群聊|了?本群|了?该群)[。.]?",  # 邀请你加入群聊 is a card: nobody has joined
    "<WAS>": r"~(?:已经?)?被~",
    "<AFTER>": r"(?:~[:：]~|\s{1,3}|(?=[“\"「《【]))",  # where free text may begin
    "<TIME>": r"(?P<d>[\d一二两三四五六七八九十半]{1,8} ?(?:秒钟?|分钟?|个?小时|天|日|周|个?月)"
    r"(?: ?\d{1,4} ?(?:秒钟?|分钟?|个?小时|天)){0,4})",
    "<STAR>": r"群?精华(?:消息)?[。.]?",
    "<ADMIN>": r"[本该]?群?的?~管理员[。.]?",
    "<RIGHTS>": r"群?管理员(?:身份|资格|权限)?[。.]?",
    "~": r"[ \u00a0\u2005]{0,2}",  # last: the others use it
}


class Row(NamedTuple):
    """``<A>`` is the actor, ``<B>`` a target, ``<L>`` a list of targets, group ``d`` the detail."""

    event: Event
    pattern: str
    detail: str | None = None
    only: str | None = None


# Grouped by a word the sentence must hold, so that few patterns are tried; each matches the whole
# sentence. Order: free text after a clear mark, then fixed ends, then pokes, whose free end would
# swallow the rest.
TABLE: dict[str, tuple[Row, ...]] = {
    "名": (
        Row(Event.RENAME_GROUP, rf"<A>~修改群名为~(?P<d>{_Q}.+{_Q})"),
        Row(Event.RENAME_GROUP, r"<A>~(?:修改|更改|变更)了?~本?群聊?名称?~为~(?P<d>.+)", only="qq"),
        Row(Event.RENAME_GROUP, r"<A>~[将把]~本?群聊?名称?~[修更变]?改为~(?P<d>.+)", only="qq"),
    ),
    "group name": (Row(Event.RENAME_GROUP, rf"<A> changed (?:the )?group name to (?P<d>{_Q}.+{_Q})\.?"),),
    "公告": (
        Row(Event.RECALL, r"(?:<A>~)?撤回了一条群公告[。.]?", "announcement"),
        Row(
            Event.ANNOUNCEMENT,
            r"<A>~(?:发布|发表|更新|修改)了?~(?:[一1][条则个])?~(?:新的?)?~本?群?公告(?:<AFTER>(?P<d>.+)|[。.])?",
        ),
    ),
    "文件": (
        Row(
            Event.FILE_SHARE,
            r"<A>~(?:分享|上传|共享)了?~(?:[一1\d]{1,4}个)?~(?:新的?)?群?文件(?:<AFTER>(?P<d>.+)|[。.])?",
            only="qq",
        ),
        Row(
            Event.FILE_SHARE,
            r"<A>~(?:分享|上传|共享)了~群?文件(?!夹)(?P<d>[^\r\n]{1,255}\.[A-Za-z0-9]{1,8})[。]?",
            only="qq",
        ),
    ),
    "头衔": (
        Row(Event.TITLE_CHANGE, r"(?:恭喜)?~<B>~获得了?~群主授予的~(?P<d>.+?)~头衔[。.]?", only="qq"),
        Row(Event.TITLE_CHANGE, r"<B>~获得了?~新的?(?:专属)?头衔~[:：]~(?P<d>.+)", only="qq"),
    ),
    "加入": (
        Row(Event.JOIN, r"<B>~通过~(?:扫描)?~<A>~分享的群?二维码~加入了?<GROUP>", "qr"),
        Row(Event.JOIN, r"<B>~通过~<A>~的(?:邀请|群)?二维码~加入了?<GROUP>", "qr"),
        Row(Event.JOIN, r"<B>~通过~(?:扫描)?~群?二维码~加入了?<GROUP>", "qr"),
        Row(Event.JOIN, r"<B>~通过~<A>~的邀请~加入了?<GROUP>", "invite"),
        Row(Event.JOIN, r"<A>~邀请~<L>~<INTO>", "invite"),
        Row(Event.JOIN, r"<B>~<INTO>"),
    ),
    " group chat": (
        Row(Event.JOIN, r"<A> invited <L> to (?:the|a) group chat\.?", "invite"),
        Row(Event.JOIN, r"<B> joined (?:the )?group chat via the QR [Cc]ode shared by <A>\.?", "qr"),
        Row(Event.JOIN, r"<B> joined (?:the )?group chat via the QR [Cc]ode (?P<a>you) shared\.?", "qr"),
        Row(Event.JOIN, r"<B> joined the group chat\.?"),
        Row(Event.REMOVE, r"<L> (?:was|were) removed from the group chat by <A>\.?"),
        Row(Event.REMOVE, r"<A> removed <L> from the group chat\.?"),
        Row(Event.LEAVE, r"<B> left the group chat\.?"),
    ),
    "进入了群": (Row(Event.JOIN, r"新成员 <B> 进入了群 .+", only="qq"),),
    "离开了群": (Row(Event.LEAVE, r"成员 <B> 离开了群 .+", only="qq"),),
    "退出": (Row(Event.LEAVE, r"<B>~(?:已经?)?(?:主动)?退出了?~<GROUP>"),),
    "出": (
        Row(Event.REMOVE, r"成员 <B> 被 <A> T出了群 .+", only="qq"),
        # 被 stands in names as well: where the sentence says the rank, that is the place to split
        Row(Event.REMOVE, r"<L>~(?:已经?)?被~(?:管理员|群主)~(?:<A>~)?[移踢请]出了?~<GROUP>"),
        Row(Event.REMOVE, r"<R><A>~已?[将把]~<L>~[移踢请]出了?~<GROUP>"),
        Row(Event.REMOVE, r"<L><WAS>(?:<A>~)?[移踢请]出了?~<GROUP>"),
    ),
    "禁言": (
        Row(Event.MUTE_ALL, r"(?:<R><A>~)?已?(?:开启|启用|打开)了?~全员禁言[。.]?"),
        Row(Event.UNMUTE_ALL, r"(?:<R><A>~)?已?(?:关闭|解除|取消)了?~全员禁言[。.]?"),
        Row(Event.UNMUTE, r"<L><WAS><R>(?:<A>~)?(?:解除|取消)了?~禁言[。.]?"),
        Row(Event.UNMUTE, r"<R><A>~(?:解除|取消)了?~<L>~的禁言[。.]?"),
        Row(Event.UNMUTE, r"<R><A>~[将把]~<L>~(?:解除|取消)了?~禁言[。.]?"),
        Row(Event.MUTE, r"<L>~(?:已经?)?被~(?:管理员|群主)~(?:<A>~)?禁言了?~<TIME>?[。.]?"),
        Row(Event.MUTE, r"<R><A>~[将把]~<L>~禁言了?~<TIME>?[。.]?"),
        Row(Event.MUTE, r"<L><WAS>(?:<A>~)?禁言了?~<TIME>?[。.]?"),
        Row(Event.MUTE, r"<R><A>~禁言了?~<L>~<TIME>[。.]?"),
    ),
    "群主": (
        Row(Event.OWNER_CHANGE, r"<B>~(?:已经?)?成为了?~(?:新的?|本群)?群主[。.]?"),
        Row(Event.OWNER_CHANGE, r"<R><A>~已?[将把]~群主(?:身份)?~转让给了?~<B>[。.]?"),
    ),
    "转让": (Row(Event.OWNER_CHANGE, r"<R><A>~已?[将把]~[本该此]?群聊?~转让给了?~<B>[。.]?"),),
    "管理员": (
        Row(Event.ADMIN_CHANGE, r"<L><WAS><R>(?:<A>~)?取消了?~<RIGHTS>", "unset"),
        Row(Event.ADMIN_CHANGE, r"<R><A>~取消了?~<L>~的~<RIGHTS>", "unset"),
        Row(Event.ADMIN_CHANGE, r"<L>~(?:已经?)?不再是~<ADMIN>", "unset"),
        Row(Event.ADMIN_CHANGE, r"<L><WAS><R>(?:<A>~)?设置?[为成]了?~<ADMIN>", "set"),
        Row(Event.ADMIN_CHANGE, r"<R><A>~已?[将把]~<L>~设置?[为成]了?~<ADMIN>", "set"),
        Row(Event.ADMIN_CHANGE, r"<R><A>~(?:设置|添加|任命)了?~<L>~[为成]~<ADMIN>", "set"),
        Row(Event.ADMIN_CHANGE, r"(?:恭喜)?<L>~(?:已经?)?成为了?~<ADMIN>", "set"),
    ),
    "红包": (
        Row(Event.RED_PACKET, r"<A>~领取了~<B>~的红包[。.]?"),
        Row(Event.RED_PACKET, r"(?:收到|发出)红包，请在手机上查看[。.]?"),
        Row(Event.RED_PACKET, r"<B>~的红包已?被[抢领]完[。.]?(?:[,，]~<A>~是运气王[。.]?)?"),
        Row(Event.RED_PACKET, r"\[QQ红包\]~(?P<d>.*)"),
    ),
    "acket": (
        Row(Event.RED_PACKET, r"<A> opened (?P<b>your) [Rr]ed [Pp]acket\.?"),
        Row(Event.RED_PACKET, r"<A> opened <B>['’]s [Rr]ed [Pp]acket\.?"),
        Row(Event.RED_PACKET, r"Red [Pp]acket (?:received|sent)\. View on phone\.?"),
    ),
    "精华": (
        Row(Event.ESSENCE, r"<A>~[将把]~<B>~的~(?:[一1]条)?消息~设置?为了?~<STAR>", "set"),
        Row(Event.ESSENCE, r"<A>~[将把]~(?:[一1该这此]条)?~消息~设置?为了?~<STAR>", "set"),
        Row(Event.ESSENCE, r"<B>~的~(?:[一1]条)?消息<WAS><A>~设置?为了?~<STAR>", "set"),
        Row(Event.ESSENCE, r"<A>~[将把]~<B>~的~(?:[一1]条)?消息~(?:移出|取消)了?~<STAR>", "unset"),
        Row(Event.ESSENCE, r"<A>~(?:移除|取消)了~<B>~的~(?:[一1]条)?~<STAR>", "unset"),
    ),
    "置顶": (
        Row(Event.PIN, r"<A>~置顶了[一1]条消息", "set"),
        Row(Event.PIN, r"<A>~(?:移除|取消)了[一1]条置顶消息", "unset"),
    ),
    "解散": (
        Row(Event.DISMISS, r"[该本此]?群聊?<WAS><R>(?:<A>~)?解散[。.]?"),
        Row(Event.DISMISS, r"<R>(?:<A>~)?(?:已经?)?解散了?~<GROUP>"),
        Row(Event.DISMISS, r".*已解散该群聊.*"),  # the whole wording is not known
    ),
    "撤回了": (
        Row(Event.RECALL, r"<A>~撤回了~[一1]条成员(?P<b>)消息[。.]?"),  # whose is not said
        Row(Event.RECALL, r"(?:<A>~)?撤回了[一1]条消息(?:~[（(](?P<d>.+)[）)])?[。.]?"),
        Row(Event.RECALL, r"<R><A>~撤回了~(?:[一1]条)?成员~<B>~的~(?:[一1]条)?消息[。.]?"),
        Row(Event.RECALL, r"<A>~撤回了~<B>~的~(?:[一1]条)?消息(?:[:：] ?-?\d{1,20})?[。.]?"),
    ),
    " message": (
        Row(Event.RECALL, r"<A> (?:has )?recalled a message\.?"),
        Row(Event.PIN, r"<A> pinned a message\.?", "set"),
        Row(Event.PIN, r"<A> unpinned a message\.?", "unset"),
    ),
    "窗口抖动": (
        Row(Event.POKE, r"<A>~[给向]~<B>~发送?了[一1][个次]窗口抖动[。.]?"),
        Row(Event.POKE, r"<A>~发送?了[一1][个次]窗口抖动[。.]?"),
    ),
    "了": (
        Row(Event.POKE, r"<A>~(?:拍了拍|戳了戳|捏了捏|揉了揉|敲了敲|摸了摸|抱了抱|踢了踢)~(?P<poked>.+)"),
    ),
    "ed ": (Row(Event.POKE, r"<A> (?:tickled|nudged|poked|patted) (?P<poked>.+)"),),
}


class Pattern(NamedTuple):
    """A compiled row; ``english`` decides what separates the names of a list."""

    event: Event
    regex: re.Pattern[str]
    detail: str | None
    english: bool


@cache
def patterns(platform: str) -> tuple[tuple[str, tuple[Pattern, ...]], ...]:
    """The rows of ``platform`` (``qq`` or ``wechat``), compiled, by necessary word."""
    one, several = (_name(platform, length) for length in (f"{{1,{_MAX_NAME}}}?", "+?"))
    macros = {"<A>": f"(?P<a>{one})", "<B>": f"(?P<b>{one})", "<L>": f"(?P<l>{several})", **_MACROS}

    def compiled(row: Row, english: bool) -> Pattern:
        pattern = row.pattern
        for short, meaning in macros.items():
            pattern = pattern.replace(short, meaning)
        return Pattern(row.event, re.compile(pattern, re.DOTALL), row.detail, english)

    return tuple(
        (word, tuple(compiled(row, word.isascii()) for row in rows if row.only in (None, platform)))
        for word, rows in TABLE.items()
    )


def _name(platform: str, length: str) -> str:
    """WeChat quotes names: a quoted one may hold anything, a bare one begins with no quote.

    QQ quotes nobody, so that there quotes belong to the name.
    """
    return f"{_Q}.{length}{_Q}|(?!{_Q}).{length}" if platform == "wechat" else f".{length}"
