"""The JSON documents and their schemas: exactly the contract, and each validates the other."""

from __future__ import annotations

import io
import json
import math
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from results import activity, analysis, group, unheard_of

from cq import export
from cq.errors import UsageError
from cq.model import COLUMNS, BatchBuilder, Kind
from cq.report.json import DIALECT, SCHEMAS, document, dumps, schema
from cq.result import GroupCount, Identification, IdentifiedSource, Records, Span
from cq.section import Metric, Section, Table


def identification() -> Identification:
    source = IdentifiedSource(
        path="a.txt",
        format="qq-pc-txt",
        sha256="0" * 64,
        bytes=10,
        records=Records(seen=1, messages=1),
        reason="first line",
        groups=[GroupCount("g", None, "qq", "group", 1)],
        span=Span("2026-03-05T08:00:00+08:00", "2026-03-05T08:00:00+08:00"),
    )
    return Identification([source, IdentifiedSource("b", "x", "", 0, Records(), "")])


def test_analysis_has_the_keys_of_the_contract() -> None:
    found = json.loads(dumps(analysis()))
    assert list(found) == ["schema", "cq", "window", "previous", "sources", "groups", "portfolio"]
    assert found["schema"] == "cq.analysis/1"
    assert list(found["window"]) == ["start", "end", "tz"]
    assert list(found["sources"][0]["records"]) == [
        "seen",
        "messages",
        "members",
        "headers",
        "problems",
        "skipped",
    ]
    assert {"path", "format", "sha256", "bytes", "records", "problems"} <= set(found["sources"][0])
    assert found["sources"][0]["problems"] == [
        {"code": "bad_time", "where": "城南读书会.txt:133", "detail": "25:61"}
    ]
    one = found["groups"][0]
    assert list(one) == ["group", "quality", "sections"]
    assert list(one["group"]) == ["id", "name", "platform", "chat_kind"]
    assert {"messages", "span_days", "member_basis", "explicit_reply_coverage"} <= set(one["quality"])
    assert list(one["sections"]["activity"]) == ["metrics", "tables", "series", "findings"]


def test_sections_are_projected_not_dumped() -> None:
    sections = json.loads(dumps(analysis(group("x", activity(), unheard_of()))))["groups"][0]["sections"]
    metric = sections["activity"]["metrics"]["stickiness"]
    assert metric == {"value": 0.2781, "previous": 0.31, "unit": "ratio", "n": 55}
    assert sections["activity"]["tables"]["hours"][25] == {"weekday": 1, "hour": 1, "count": 0}
    assert sections["activity"]["series"]["messages_per_week"]["points"][0] == {
        "t": "2026-03-05",
        "value": 577,
    }
    assert sections["weather"]["tables"]["none"] == []
    finding = sections["weather"]["findings"][0]
    assert list(finding) == [
        "code",
        "status",
        "severity",
        "confidence",
        "values",
        "evidence",
        "counter_evidence",
        "thresholds",
        "since",
    ]
    assert list(finding["evidence"][0]) == ["message_id", "sent_at", "sender_id", "excerpt"]
    assert finding["thresholds"] == [{"name": "storms", "value": 2.0, "origin": "convention"}]


def test_an_interval_stands_only_where_there_is_one() -> None:
    metrics = {
        "with": Metric(0.5, "ratio", 8, None, (0.2, 0.8)),
        "without": Metric(0.5, "ratio", 8),
        "broken": Metric(0.5, "ratio", 8, None, (math.nan, 1.0)),
    }
    found = json.loads(dumps(analysis(group("x", Section("s", metrics)))))["groups"][0]["sections"]["s"][
        "metrics"
    ]
    assert found["with"]["interval"] == [0.2, 0.8]
    assert "interval" not in found["without"]
    assert "interval" not in found["broken"]


def test_nan_is_null_and_numbers_of_numpy_are_numbers() -> None:
    section = Section(
        "s",
        {"nan": Metric(math.nan, "ratio"), "inf": Metric(math.inf, "number", previous=-math.inf)},
        {
            "t": Table(
                {"a": "count", "b": "ratio", "c": "bool"}, [(np.int64(3), np.float64("nan"), np.bool_(True))]
            )
        },
    )
    text = dumps(analysis(group("x", section)))
    assert "NaN" not in text
    assert "Infinity" not in text
    found = json.loads(text)["groups"][0]["sections"]["s"]
    assert (found["metrics"]["nan"]["value"], found["metrics"]["inf"]["previous"]) == (None, None)
    assert found["tables"]["t"] == [{"a": 3, "b": None, "c": True}]


def test_text_is_readable_indented_and_survives_half_a_surrogate() -> None:
    text = dumps(analysis(group("读书会\udc80", activity())))
    assert '"name": "读书会?"' in text
    assert "\n  " in text
    assert "\\u8bfb" not in text
    text.encode("utf-8")


def test_schemas_are_schemas() -> None:
    for name in SCHEMAS:
        found = schema(name)
        assert found["$schema"] == DIALECT
        Draft202012Validator.check_schema(found)
    with pytest.raises(UsageError):
        schema("nothing")


@pytest.mark.parametrize("previous", [True, False])
def test_analysis_documents_validate(previous: bool) -> None:
    result = analysis(
        group(), group(None, unheard_of(), span_days=None, explicit_reply_coverage=None), previous=previous
    )
    Draft202012Validator(schema("analysis")).validate(json.loads(dumps(result)))


def test_identify_documents_validate() -> None:
    found = json.loads(dumps(identification()))
    assert (found["schema"], list(found)) == ("cq.identify/1", ["schema", "sources"])
    assert (found["sources"][1]["groups"], found["sources"][1]["span"]) == ([], None)
    Draft202012Validator(schema("identify")).validate(found)


@pytest.mark.parametrize("name", ["analysis", "identify"])
def test_schemas_ask_for_every_key_that_is_always_written(name: str) -> None:
    for title, part in schema(name)["$defs"].items():
        optional = {"MetricDocument": {"interval"}}.get(title, set())
        if title != "Quality":
            assert set(part["properties"]) - set(part["required"]) == optional, title


def test_schemas_refuse_what_the_contract_does_not_know() -> None:
    found = json.loads(dumps(analysis()))
    found["groups"][0]["quality"]["member_basis"] = "guess"
    assert list(Draft202012Validator(schema("analysis")).iter_errors(found))


def test_messages_validate_as_they_are_exported() -> None:
    rows = BatchBuilder(platform="qq", group_id="g", group_name="群", origin_file="a.txt")
    rows.add(
        message_id="a", sent_at=1_772_668_800_000, kind=Kind.TEXT, text="在", sender_id="1", origin_record=1
    )
    rows.add(
        message_id="b",
        sent_at=1_772_668_801_000,
        kind=Kind.SYSTEM,
        event="join",
        event_target=["2"],
        origin_record=2,
    )
    stream = io.BytesIO()
    export.write([rows.take()], "jsonl", stream, ZoneInfo("Asia/Shanghai"))
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    validator = Draft202012Validator(schema("messages"))
    for line in lines:
        validator.validate(line)
    assert list(schema("messages")["properties"]) == list(COLUMNS) == list(lines[0])
    assert list(validator.iter_errors({**lines[0], "kind": "shout"}))
    assert list(validator.iter_errors({**lines[0], "message_id": None}))


def test_plain_values_are_written_as_they_are() -> None:
    assert json.loads(dumps([{"a": np.int32(1)}])) == [{"a": 1}]
    assert document(analysis()).schema == "cq.analysis/1"
