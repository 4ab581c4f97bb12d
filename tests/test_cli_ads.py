"""``cq ads``, ``cq.classify_ads``, the policy in cq.toml and on the command line, and what goes where."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

import cq as package
from cq import app, judging, locales, settings
from cq.ads.policy import Policy
from cq.ads.rules import book
from cq.ads.verdict import AD_KINDS, KINDS
from cq.errors import CqError, UsageError
from cq.report import explain
from cq.report.json import schema
from exports import qq_txt

KEYS = [
    "message_id",
    "sent_at",
    "sender_id",
    "text",
    "verdict",
    "kind",
    "kinds",
    "score",
    "evidence",
    "against",
]
HIRING = "招线上打字员，一单15，日结不拖欠，在家用手机就能做，➕QQ 2 9 9 1 0 0 8 8 7"
LOAN = "急用钱的朋友看过来，身份证加手机号即可，额度3-20w，当天下款，征信花也能做，加微 daikuan6688"
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

MARKET = (
    "老街邻居群",
    [
        ("2026-03-02 9:00:00", "阿宽(10086001)", "停水通知：明天上午8点到12点检修，请提前储水"),
        ("2026-03-02 9:01:10", "小禾(10086002)", "好的收到，谢谢提醒"),
        ("2026-03-03 20:15:00", "生人(10086009)", HIRING),
        ("2026-03-04 20:15:00", "生人(10086009)", HIRING),
        ("2026-03-05 21:00:00", "老周(10086003)", LOAN),
        ("2026-03-05 21:30:00", "小禾(10086002)", "上面那个是骗子，大家别加"),
        ("2026-03-06 8:30:00", "系统消息(10000)", "生人撤回了一条消息"),
        ("2026-03-06 8:31:00", "小禾(10086002)", "[图片]"),
    ],
)


@pytest.fixture
def market(tmp_path: Path) -> Path:
    path = tmp_path / "market.txt"
    path.write_bytes(qq_txt(MARKET))
    return path


def rows(result) -> list[dict]:  # type: ignore[no-untyped-def,type-arg]
    return [json.loads(line) for line in result.out.split("\n") if line]


# -- exports -----------------------------------------------------------------------------------------


def test_jsonl_rows_are_those_of_the_contract(cq, market):  # type: ignore[no-untyped-def]
    result = cq("ads", market, "-f", "jsonl")
    found = rows(result)
    assert result.code == 0
    assert [list(r) for r in found] == [KEYS] * len(found)
    assert [(r["verdict"], r["kind"], r["sender_id"]) for r in found] == [
        ("confirmed", "job", "10086009"),
        ("confirmed", "job", "10086009"),
        ("confirmed", "vice", "10086003"),
    ]
    assert found[0]["sent_at"] == "2026-03-03T20:15:00+08:00"
    for row in found:
        jsonschema.validate(row, schema("ads"))
        for evidence in row["evidence"]:
            span = evidence["span"]
            assert span is None or row["text"][span[0] : span[1]] == evidence["text"]
    assert "8 消息" in result.err and "判断了 7 条：确认 3" in result.err


def test_all_gives_a_row_per_message_in_log_order(cq, market):  # type: ignore[no-untyped-def]
    ids = [r["message_id"] for r in rows(cq("messages", market))]
    found = rows(cq("ads", market, "--all", "-f", "jsonl"))
    assert [r["message_id"] for r in found] == ids
    assert [r["sent_at"] for r in found] == [r["sent_at"] for r in rows(cq("messages", market))]
    system = found[6]
    assert (system["verdict"], system["kind"], system["evidence"]) == ("none", "none", [])
    assert all(isinstance(r["text"], str) for r in found)


def test_the_text_page_marks_evidence_and_has_denominators(cq, market):  # type: ignore[no-untyped-def]
    result = cq("ads", market)
    assert result.code == 0
    assert "兼职招工 2 条" in result.out and "灰黑产 1 条" in result.out
    assert "生人（10086009）" in result.out and "×2" in result.out
    assert "‹" in result.out and "3/7" in result.out
    assert "别加" not in result.out
    assert not CONTROL.search(result.out)
    english = cq("ads", market, "--lang", "en").out
    assert "Confirmed ads" in english and "确认" not in english


def test_floods_are_behaviour_with_a_reason(cq, tmp_path):  # type: ignore[no-untyped-def]
    path = tmp_path / "flood.txt"
    said = [(f"2026-03-02 9:10:{i:02d}", "乙(10086002)", f"来人啊{i}有人没有") for i in range(12)]
    path.write_bytes(qq_txt(("群", said)))
    found = rows(cq("ads", path, "-f", "jsonl"))
    assert len(found) == 12 and {r["kind"] for r in found} == {"flood"}
    assert all(r["evidence"] for r in found), "a verdict has evidence"
    page = cq("ads", path).out
    assert "乙（10086002） · 12 条" in page and "确认 0%（0/12）" in page


def test_csv_is_flat_and_safe_in_a_spreadsheet(cq, tmp_path):  # type: ignore[no-untyped-def]
    path = tmp_path / "formula.txt"
    path.write_bytes(qq_txt(("群", [("2026-03-02 9:00:00", "甲(10086001)", f"=1+1 {LOAN}")])))
    out = cq("ads", path, "-f", "csv").out
    assert out.startswith("\ufeffmessage_id,")
    (row,) = csv.DictReader(io.StringIO(out.removeprefix("\ufeff")))
    assert row["text"].startswith("'=1+1") and row["kind"] == "vice"
    assert row["evidence"].count(";") == row["spans"].count(";")


def test_window_and_group_choose(cq, market, tmp_path):  # type: ignore[no-untyped-def]
    other = tmp_path / "other.txt"
    other.write_bytes(qq_txt(("棋社", [("2026-03-05 10:00:00", "甲(10086007)", LOAN)])))
    assert len(rows(cq("ads", market, "--since", "2026-03-04", "-f", "jsonl"))) == 2
    assert len(rows(cq("ads", market, other, "-f", "jsonl"))) == 4
    assert [r["sender_id"] for r in rows(cq("ads", market, other, "--group", "棋社", "-f", "jsonl"))] == [
        "10086007"
    ]
    empty = cq("ads", market, "--since", "2026-03-02", "--until", "2026-03-02", "-f", "jsonl")
    assert (empty.code, empty.out) == (0, "")
    page = cq("ads", market, other).out
    assert "老街邻居群" in page and "棋社" in page


def test_an_alias_file_makes_one_sender_of_several_ids(cq, market, tmp_path):  # type: ignore[no-untyped-def]
    alias = tmp_path / "alias.csv"
    alias.write_text("member_id,person\n10086009,生人\n10086003,生人\n", encoding="utf-8")
    found = rows(cq("ads", market, "-f", "jsonl", "--alias", alias))
    assert {r["sender_id"] for r in found} == {"生人"}
    assert rows(cq("ads", market, "-f", "jsonl", "--alias", alias, "--exempt-sender", "生人")) == []


def test_what_other_groups_saw_is_evidence(cq, tmp_path):  # type: ignore[no-untyped-def]
    paths = []
    for number in range(3):
        path = tmp_path / f"g{number}.txt"
        path.write_bytes(
            qq_txt((f"群{number}", [(f"2026-03-0{number + 1} 10:00:00", f"甲(1008600{number})", LOAN)]))
        )
        paths.append(path)
    found = rows(cq("ads", *paths, "-f", "jsonl"))
    assert len(found) == 3
    assert all("other_groups" in {e["rule"] for e in row["evidence"]} for row in found)
    alone = rows(cq("ads", paths[0], "-f", "jsonl"))
    assert "other_groups" not in {e["rule"] for e in alone[0]["evidence"]}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["ads", "missing.txt"], 3),
        (["ads"], 2),
        (["ads", "{market}", "--ignore-kind", "weather"], 2),
        (["ads", "{market}", "--format", "parquet"], 2),
        (["ads", "{market}", "--since", "2999-01-01"], 3),
        (["ads", "{market}", "--group", "没有这个群"], 3),
        (["ads", "{market}", "--labels", "missing.csv"], 1),
        (["ads", "{market}", "--alias", "missing.csv"], 1),
        (["ads", "--texts", "missing.txt"], 3),
        (["ads", "--texts", "{empty}"], 3),
        (["ads", "--texts", "{market}", "{market}"], 2),
        (["ads", "--texts", "{market}", "--group", "群"], 2),
        (["ads", "--texts", "{market}", "--last", "7d"], 2),
        (["ads", "label", "{market}"], 2),
        (["ads", "label", "missing.txt", "-o", "x.csv"], 3),
        (["analyze", "{market}", "--ignore-kind", "weather"], 2),
    ],
)
def test_mistakes_get_one_line_one_hint_and_their_exit_code(cq, market, tmp_path, arguments, code):  # type: ignore[no-untyped-def]
    empty = tmp_path / "empty.txt"
    empty.write_bytes(b"")
    result = cq(*(a.format(market=market, empty=empty) for a in arguments))
    assert result.code == code
    assert result.out == ""
    assert [line[:3] for line in result.complaint] == ["错误：", "提示："]


def test_an_unknown_kind_is_answered_with_the_known_ones(cq, market):  # type: ignore[no-untyped-def]
    result = cq("ads", market, "--ignore-kind", "job,weather")
    assert "weather" in result.err and all(kind in result.err for kind in AD_KINDS)


# -- bare texts --------------------------------------------------------------------------------------


def _texts(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "lines.txt"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"a\n\nb\n", ["a", "", "b"]),
        (b"a\r\nb", ["a", "b"]),
        (b"a\r\r\n", ["a\r"]),
        (b"\n", [""]),
        ("a\u2028b\x0bc\x85d\n".encode(), ["a\u2028b\x0bc\x85d"]),
        (b"\xef\xbb\xbfa\n", ["a"]),
        ("明天几点开会，在哪里\n好".encode("gb18030"), ["明天几点开会，在哪里", "好"]),
        ("明天几点开会，在哪里\n".encode("utf-16"), ["明天几点开会，在哪里"]),
    ],
)
def test_every_line_is_a_text(cq, tmp_path, data, lines):  # type: ignore[no-untyped-def]
    found = rows(cq("ads", "--texts", _texts(tmp_path, data), "--all", "-f", "jsonl"))
    assert [r["text"] for r in found] == lines
    assert [r["message_id"] for r in found] == [f"line:{i + 1}" for i in range(len(lines))]
    assert all(r["sent_at"] is None and r["sender_id"] is None for r in found)


def test_line_numbers_and_chunks(cq, tmp_path, monkeypatch):  # type: ignore[no-untyped-def]
    monkeypatch.setattr(judging, "CHUNK", 7)
    lines = [LOAN if i % 10 == 3 else f"第{i}句闲话" for i in range(50)]
    path = _texts(tmp_path, "\n".join(lines).encode())
    result = cq("ads", "--texts", path, "-f", "jsonl")
    assert [r["message_id"] for r in rows(result)] == ["line:4", "line:14", "line:24", "line:34", "line:44"]
    assert "判断了 50 条：确认 5" in result.err
    page = cq("ads", "--texts", path).out
    assert "灰黑产 5 行" in page and "5/50" in page and "第 4 行 ×5" in page


def test_bytes_that_are_no_text_are_replaced_and_said(cq, tmp_path):  # type: ignore[no-untyped-def]
    path = _texts(tmp_path, "好的\n".encode() * 20 + b"\xff\xfe x\n")
    result = cq("ads", "--texts", path, "--all", "-f", "jsonl")
    assert rows(result)[-1]["text"].startswith("\ufffd")
    assert ":21" in result.err


def test_texts_from_a_pipe_and_a_reader_that_goes(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cq", "ads", "--texts", "-", "--all", "-f", "jsonl"]
    done = subprocess.run(command, input="好\n\n".encode(), capture_output=True, timeout=60, check=True)
    assert len(done.stdout.splitlines()) == 2
    path = _texts(tmp_path, "明天几点开会\n".encode() * 60_000)
    command[command.index("-")] = str(path)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr
        process.stdout.read(10)
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
        assert process.wait() in (0, 141)


def test_output_to_a_file_leaves_stdout_empty(cq, tmp_path, market):  # type: ignore[no-untyped-def]
    out = tmp_path / "ads.jsonl"
    assert cq("ads", market, "-f", "jsonl", "-o", out).out == ""
    assert len(out.read_text(encoding="utf-8").splitlines()) == 3
    assert cq("ads", market, "-q").err == ""


# -- policy ------------------------------------------------------------------------------------------


def test_options_add_to_the_file(cq, market, tmp_path):  # type: ignore[no-untyped-def]
    config = tmp_path / "cq.toml"
    config.write_text('[ads]\nignore_kinds = ["vice"]\n', encoding="utf-8")
    assert {r["kind"] for r in rows(cq("ads", market, "-f", "jsonl", "--config", config))} == {"job"}
    both = cq("ads", market, "-f", "jsonl", "--config", config, "--ignore-kind", "兼职")
    assert rows(both) == []
    assert "不管的种类 3" in cq("ads", market, "--config", config, "--ignore-kind", "job").out
    exempt = cq("ads", market, "-f", "jsonl", "--exempt-sender", "10086009", "--exempt-sender", "10086003")
    assert rows(exempt) == []
    assert len(rows(cq("ads", market, "-f", "jsonl", "--no-model"))) == 3


def test_analyze_counts_by_the_same_policy(cq, market):  # type: ignore[no-untyped-def]
    def confirmed(*more: str) -> float:
        document = json.loads(cq("analyze", market, "-f", "json", "--section", "ads", *more).out)
        metric = document["groups"][0]["sections"]["ads"]["metrics"]["ad_ratio"]
        return round(metric["value"] * metric["n"])

    assert confirmed() == 3
    assert confirmed("--ignore-kind", "job") == 1
    assert confirmed("--exempt-sender", "10086009") == 1


def test_rules_of_ones_own_and_rules_switched_off(cq, tmp_path):  # type: ignore[no-untyped-def]
    path = _texts(tmp_path, "周六发顺风车邀请码\n".encode() + LOAN.encode())
    config = tmp_path / "cq.toml"
    config.write_text(
        '[ads.rules]\nallow = ["征信花"]\n[[ads.rules.add]]\nname = "拼车"\nkind = "link"\nwords = ["顺风车邀请码"]\n',
        encoding="utf-8",
    )
    found = rows(cq("ads", "--texts", path, "-f", "jsonl", "--config", config))
    assert [(r["message_id"], r["kind"], r["evidence"][0]["rule"]) for r in found] == [
        ("line:1", "link", "own:拼车")
    ]
    assert "‹顺风车邀请码›" in cq("ads", "--texts", path, "--config", config).out
    config.write_text('[ads.rules]\noff = ["no_such_rule"]\n', encoding="utf-8")
    assert cq("ads", "--texts", path, "--config", config).code == 1
    config.write_text('[[ads.rules.add]]\nname = "x"\nkind = "link"\npattern = "(a+)+"\n', encoding="utf-8")
    assert cq("ads", "--texts", path, "--config", config).code == 1


@pytest.mark.parametrize(
    ("text", "key", "near"),
    [
        ("[ads]\nignore_kind = []", "ads.ignore_kind", "ads.ignore_kinds"),
        ("[ads.rules]\nalow = []", "ads.rules.alow", "ads.rules.allow"),
        ('[[ads.rules.add]]\nname = "a"\nknd = "job"', "ads.rules.add.knd", "ads.rules.add.kind"),
        ("[ads]\nlabels = []", "ads.labels", "labels"),
    ],
)
def test_unknown_keys_are_refused_at_every_depth(tmp_path: Path, text: str, key: str, near: str) -> None:
    path = tmp_path / "cq.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CqError) as caught:
        settings.load(path, app.default_settings)
    assert caught.value.code == "config_unknown_key"
    assert caught.value.values["key"] == key and caught.value.values["near"] == near


@pytest.mark.parametrize(
    "text", ["ads = 1", "[ads]\nrules = 1", '[ads]\nmodel = "no"', "[ads]\nignore_kinds = [1]"]
)
def test_values_of_the_wrong_type_are_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "cq.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CqError) as caught:
        settings.load(path, app.default_settings)
    assert caught.value.code == "config_type"


@pytest.mark.parametrize("lang", locales.LANGUAGES)
def test_everything_init_comments_out_can_be_used(cq, tmp_path, lang):  # type: ignore[no-untyped-def]
    cq("init", tmp_path / "new", "--lang", lang)
    path = tmp_path / "new" / "cq.toml"
    lines = path.read_text(encoding="utf-8").splitlines()
    used = [re.sub(r"^# (?=\[|[a-z_]+ = )", "", line) for line in lines]
    assert sum(a != b for a, b in zip(lines, used, strict=True)) > 15
    path.write_text("\n".join(used), encoding="utf-8")
    kept = settings.load(path, app.default_settings)
    plain = app.default_settings()
    assert kept.analyses["people"] == plain["people"]
    ads = kept.analyses["ads"]
    assert (ads.model, list(ads.ignore_kinds), len(ads.rules.add)) == (True, [], 1)
    assert kept.labels == str(tmp_path / "new" / "labels.csv")
    assert judging.given_labels(kept.labels), "the template is a labels file"
    assert isinstance(judging.policy(ads, labels=kept.labels), Policy)


# -- Python ------------------------------------------------------------------------------------------


def test_classify_ads_gives_a_verdict_per_text() -> None:
    found = package.classify_ads(iter([LOAN, "明天几点开会", None, float("nan"), ""]))
    assert [v.message_id for v in found] == [f"line:{i}" for i in range(1, 6)]
    assert [v.verdict for v in found] == ["confirmed", "none", "none", "none", "none"]
    assert found[0]["kind"] == "vice" and list(found[0].keys()) == KEYS
    assert package.classify_ads([]) == []
    assert package.classify_ads([LOAN], ignore_kinds=["vice"])[0].verdict == "none"
    assert package.classify_ads([LOAN], model=False)[0].verdict == "confirmed"
    labelled = package.classify_ads([LOAN, "好"], labels={LOAN: "正常", "好": "卖货"})
    assert [(v.verdict, v.kind) for v in labelled] == [("none", "none"), ("confirmed", "product")]
    assert package.classify_ads(["a\ud800b"])[0].text == "a\ufffdb"


def test_classify_ads_refuses_what_is_no_list_of_texts() -> None:
    with pytest.raises(TypeError, match=r"\[text\]"):
        package.classify_ads("加微信")
    with pytest.raises(TypeError, match="int"):
        package.classify_ads([1])  # type: ignore[list-item]
    with pytest.raises(UsageError):
        package.classify_ads([], ignore_kinds=["weather"])


def test_analyze_takes_a_policy_and_labels(market: Path, tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text(f"text,label\n{LOAN},none\n", encoding="utf-8")

    def confirmed(**more: object) -> int:
        result = package.analyze(market, sections=["ads"], **more)  # type: ignore[arg-type]
        metric = result.groups[0].sections["ads"].metrics["ad_ratio"]
        assert isinstance(metric.value, float) and metric.n
        return round(metric.value * metric.n)

    assert (confirmed(), confirmed(labels=labels)) == (3, 2)
    assert confirmed(ads=Policy(exempt_senders=["10086009"])) == 1


# -- words -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", locales.LANGUAGES)
def test_every_rule_kind_and_verdict_is_explained(lang: str) -> None:
    pages = {page.code: page for page in explain.explain(None, lang)}
    for rule in book().rules:
        assert pages[rule].kind == "rule" and pages[rule].paragraphs["means"]
        assert "threshold" in pages[rule].paragraphs
    for kind in KINDS[:-1]:
        assert explain.explain(kind, lang)[0].name == pages[f"kind.{kind}"].name
    for verdict in ("confirmed", "suspected"):
        assert {"means", "formula", "source", "fails"} <= set(explain.explain(verdict, lang)[0].paragraphs)


@pytest.mark.parametrize("lang", locales.LANGUAGES)
def test_every_rule_that_can_be_evidence_has_a_name(lang: str) -> None:
    from cq.ads.context import RULES
    from cq.ads.group import STRUCTURE

    named = {page.code for page in explain.rules(lang)}
    settled = {"label", "model", "allowed", "ignored_kind", "exempt_sender", "flood_unit"}
    assert set(book().rules) | {rule.id for rule in RULES} | set(STRUCTURE) | settled <= named


def test_words_for_labels_mean_one_thing() -> None:
    found: dict[str, str] = {}
    for lang in locales.LANGUAGES:
        words = locales.load(lang)["ads"]
        entries = {label: words["labels"][label] for label in ("ad", "none")}
        entries |= {
            kind: [words["kinds"][kind]["name"].lower(), *words["kinds"][kind]["also"]] for kind in AD_KINDS
        }
        for label, typed in entries.items():
            for word in typed:
                assert word == word.lower() and found.setdefault(word, label) == label
    assert judging.label_words().items() >= found.items()


@pytest.mark.parametrize("arguments", [["ads", "{junk}"], ["ads", "--help"], ["ads", "label", "--help"]])
def test_light_commands_load_nothing_heavy(arguments: list[str], tmp_path: Path) -> None:
    junk = tmp_path / "prose.txt"
    junk.write_text("第一章 春天\n今天天气很好。\n" * 50, encoding="utf-8")
    heavy = ("pandas", "pyarrow", "numpy", "jieba", "rjieba", "xxhash")
    code = (
        f"import sys\nfrom cq import cli\ncli.run({[a.format(junk=junk) for a in arguments]!r})\n"
        f"print('LOADED', *sorted(m for m in {heavy!r} if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "LOADED"
