"""Text archives of QQ database tools."""

from __future__ import annotations

import pytest
from raw import read

from cq.errors import InputError

HEAD = "读书会 - QQ 聊天记录归档\n" + "-" * 40 + "\n"


def test_senders_end_at_the_first_colon() -> None:
    found = read(
        f"{HEAD}[2026-01-01 09:00:00] 阿宽: 时间: 9:30\n[2026-01-01 09:00:01] 10086002: 好\n[2026-01-01 09:00:02] 小禾<a@b.c>:\n".encode()
    )
    assert found.column("sender_id") == ["name:阿宽", "10086002", "email:a@b.c"]
    assert found.column("text") == ["时间: 9:30", "好", ""]
    assert found.column("group_name") == ["读书会"] * 3


def test_system_lines_are_events() -> None:
    found = read(
        f"{HEAD}[2026-01-01 09:00:00] [系统提示] 阿宽邀请小禾加入了本群。\n[2026-01-01 09:00:01] x: [系统提示] 阿宽撤回了一条消息\n".encode()
    )
    assert found.column("event") == ["join", "recall"]
    assert found.column("sender_id") == [None, None]


def test_arrows_make_a_private_chat() -> None:
    found = read(
        f"{HEAD}[2026-01-01 09:00:00] 西西 -> 小禾: 在吗\n[2026-01-01 09:00:01] 小禾 -> 西西: a -> b: c\n".encode()
    )
    assert [g.chat_kind for g in found.groups.values()] == ["private"]
    assert found.column("text") == ["在吗", "a -> b: c"]


def test_the_title_is_the_mark() -> None:
    with pytest.raises(InputError):
        read(b"[2026-01-01 09:00:00] a: b\n")
