"""cq.toml and the side files: what is accepted, and that every mistake is named with its place."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cq import settings, sidefiles
from cq.app import default_settings
from cq.errors import CqError
from cq.operators import Operator

SHANGHAI = ZoneInfo("Asia/Shanghai")


def _load(tmp_path: Path, text: str) -> settings.Settings:
    path = tmp_path / "cq.toml"
    path.write_text(text, encoding="utf-8")
    return settings.load(path, default_settings)


def test_a_table_replaces_fields_and_keeps_the_rest(tmp_path: Path) -> None:
    kept = _load(tmp_path, 'tz = "UTC"\nroster = "list.csv"\n[people]\nsilence_days = 14\n')
    assert kept.tz == "UTC"
    assert kept.roster == str(tmp_path / "list.csv")
    assert kept.analyses["people"].silence_days == 14
    assert kept.analyses["people"].regular_days == default_settings()["people"].regular_days
    assert kept.analyses["activity"] == default_settings()["activity"]


@pytest.mark.parametrize(
    ("text", "code", "word"),
    [
        ("zone = 'UTC'", "config_unknown_key", "zone"),
        ("[people]\nsilence_day = 3", "config_unknown_key", "people.silence_days"),
        ("[people]\nsilence_days = 'long'", "config_type", "people"),
        ("[people]\nsilence_days = -1", "config_type", "people.silence_days"),
        ("people = 3", "config_type", "people"),
        ("tz = 8", "config_type", "tz"),
        ("tz = ", "config_unreadable", "cq.toml"),
        ("[group]\nkinds = 'shop'", "config_unknown_key", "group.kind"),
        ("[group]\nkind = 'stall'", "config_type", "group"),
        ("[group]\nends = 'soon'", "config_type", "soon"),
        ("[groups.'读书会']\nactivities = ['10月3日']", "config_type", "10月3日"),
        ("groups = 3", "config_type", "groups"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, code: str, word: str) -> None:
    with pytest.raises(CqError) as caught:
        _load(tmp_path, text)
    assert caught.value.code == code
    assert word in " ".join(caught.value.lines("zh"))


def test_a_group_has_its_own_table_and_else_that_of_all(tmp_path: Path) -> None:
    kept = _load(
        tmp_path,
        '[group]\nkind = "shop"\nstaff = ["老板"]\n[groups."读书会"]\nkind = "interest"\npurpose = ["读书"]\n',
    )
    assert kept.operators.of("水果店", "123") == Operator(kind="shop", staff=("老板",))
    assert kept.operators.of("读书会", "456") == Operator(kind="interest", staff=("老板",), purpose=("读书",))
    assert kept.operators.of(None, "读书会").kind == "interest"


def test_times_of_activities_are_local() -> None:
    told = Operator(activities=("2026-10-03 20:00", "2026-10-01"))
    noon, evening = (datetime(2026, 10, d, h, tzinfo=SHANGHAI) for d, h in ((1, 12), (3, 20)))
    assert told.activity_times(SHANGHAI) == [int(at.timestamp() * 1000) for at in (noon, evening)]


def test_roster_reads_chinese_heads_gbk_and_spreadsheet_dates(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_bytes(
        "昵称,QQ号,身份,入群时间\r\n阿宽,10086001,群主,2025/3/1\r\n,,,\r\n小禾,10086002,,2025-04-12 20:30\r\n".encode(
            "gbk"
        )
    )
    first, second = sidefiles.read_roster(path, SHANGHAI)
    assert (first.member_id, first.name, first.role) == ("10086001", "阿宽", "owner")
    assert first.joined_at == int(datetime(2025, 2, 28, 16, tzinfo=UTC).timestamp() * 1000)
    assert (second.role, second.joined_at) == (
        None,
        int(datetime(2025, 4, 12, 12, 30, tzinfo=UTC).timestamp() * 1000),
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("member_id,星座\n1,狮子\n", "sidefile_column"),
        ("card,role\nx,群主\n", "sidefile_needs"),
        ("member_id,role\n1,国王\n", "roster_value"),
        ("member_id,joined_at\n1,昨天\n", "roster_value"),
        ("member_id,role\n,群主\n", "sidefile_row"),
        ("member_id,name\n", "roster_empty"),
        ("", "sidefile_needs"),
    ],
)
def test_roster_mistakes(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "roster.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CqError) as caught:
        sidefiles.read_roster(path, SHANGHAI)
    assert caught.value.code == code


def test_alias_needs_both_columns_and_one_person_per_id(tmp_path: Path) -> None:
    path = tmp_path / "alias.csv"
    path.write_text("编号,本人\n1,甲\n2,甲\n", encoding="utf-8-sig")
    assert sidefiles.read_alias(path) == {"1": "甲", "2": "甲"}
    for text, code in (
        ("member_id\n1\n", "sidefile_needs"),
        ("member_id,person\n1,\n", "sidefile_row"),
        ("member_id,person\n1,甲\n1,乙\n", "alias_twice"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(CqError) as caught:
            sidefiles.read_alias(path)
        assert caught.value.code == code
