"""QCE's containers: what a file is taken for, folders with a manifest, names that lead elsewhere."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from raw import SHANGHAI, source
from test_qce import GROUP, METADATA, ODD, Json, T, document, message, paths, replaced, shape_b

from cq.formats import Peek, all_formats, file_source, identify, qce_json, qce_jsonl
from cq.reading import ReadRequest
from cq.reading import read as merged

# -- what is this file? ------------------------------------------------------------------------------


def formats_of(data: bytes) -> list[str]:
    peek = Peek("x", data)
    return [f.id for f in all_formats() if f.sniff(peek) is not None]


def manifest(**more: Any) -> Json:
    chunks = [{"index": 1, "relativePath": "chunks/c000001.jsonl", "fileName": "c000001.jsonl", "count": 2}]
    return {"metadata": METADATA, "chatInfo": GROUP, "chunked": {"format": "jsonl", "chunks": chunks}, **more}


def test_sniffs() -> None:
    senders = [
        {"uid": f"u_{n:024}", "name": f"名{n}", "messageCount": n, "percentage": 0.1} for n in range(40_000)
    ]
    large = {"metadata": METADATA, "chatInfo": GROUP, "statistics": {"senders": senders}, **manifest()}
    large["chunked"] = large.pop("chunked")  # behind five megabytes
    late = {"metadata": METADATA, "avatars": {"u": "A" * 5_000_000}, "messages": [message(1)]}
    html = {"metadata": {**METADATA, "format": "qce-modern-html-chunked"}, "chunks": [{"file": "c1.js"}]}
    cases = [
        (document(message(1)), ["qce-json"]),
        (document(), ["qce-json"]),
        (json.dumps(late).encode(), ["qce-json"]),
        (json.dumps(manifest(), indent=2).encode(), ["qce-jsonl"]),
        (
            json.dumps({**manifest(), "metadata": {**METADATA, "format": "chunked-jsonl"}}).encode(),
            ["qce-jsonl"],
        ),
        (json.dumps(message(1)).encode() + b"\n", ["qce-jsonl"]),
        (json.dumps(shape_b("x")).encode() + b"\n", ["qce-jsonl"]),
        (json.dumps({"format": "qce-modern-html-chunked", "metadata": METADATA, "chunks": []}).encode(), []),
        (json.dumps({"metadata": {"name": "other"}, "messages": [message(1)]}).encode(), []),
    ]
    for data, wanted in cases:
        found = formats_of(data)
        assert [f for f in found if f.startswith("qce-json")] == wanted, data[:200]
    assert qce_json.FORMAT.sniff(Peek("x", json.dumps(html).encode())) is None
    assert qce_jsonl.FORMAT.sniff(Peek("x", json.dumps(html).encode())) is None
    made = source(json.dumps(large, ensure_ascii=False).encode())
    assert identify(made).format.id == "qce-jsonl"


# -- folders -----------------------------------------------------------------------------------------


def folder(path: Path, top: Json, **chunks: list[Json]) -> Path:
    for name, records in chunks.items():
        file = path / "chunks" / f"{name}.jsonl"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records), encoding="utf-8")
    (path / "manifest.json").write_text(json.dumps(top), encoding="utf-8")
    (path / "avatars.json").write_text("{}", encoding="utf-8")
    return path


def texts_of(*paths: Path) -> list[str]:
    reading = merged(ReadRequest([str(p) for p in paths], SHANGHAI))
    found = [row["text"] for batch in reading.log.batches() for row in batch.to_pylist()]
    assert {s.group.group_id for s in reading.log.spans} == {"700000001"}
    assert all(s.records.balanced for s in reading.sources)
    reading.log.close()
    return found


def test_a_folder_a_zip_a_manifest_and_a_chunk(tmp_path: Path) -> None:
    top = manifest()
    top["chunked"]["chunks"].append({"relativePath": "chunks/c000002.jsonl", "count": 1})
    here = folder(
        tmp_path / "e", top, c000001=[message(1, "一"), message(2, "二")], c000002=[message(3, "三")]
    )
    with zipfile.ZipFile(tmp_path / "e.zip", "w") as archive:
        for file in sorted(here.rglob("*.json*")):
            archive.write(file, f"e/{file.relative_to(here)}")
    assert texts_of(here) == ["一", "二", "三"]
    assert texts_of(tmp_path / "e.zip") == ["一", "二", "三"]
    assert texts_of(here / "manifest.json") == ["一", "二", "三"]
    assert texts_of(here / "chunks" / "c000002.jsonl") == ["三"]
    assert texts_of(here / "chunks") == ["一", "二", "三"]
    assert texts_of(here, here / "chunks" / "c000002.jsonl") == ["一", "二", "三"]


def test_missing_chunks_other_counts_and_names_that_climb(tmp_path: Path) -> None:
    (tmp_path / "secret.jsonl").write_text(json.dumps(message(9, "秘密")), encoding="utf-8")
    top = manifest()
    for name in (
        "../secret.jsonl",
        "../../secret.jsonl",
        str(tmp_path / "secret.jsonl"),
        "C:\\secret.jsonl",
        "",
        "\ud83d",
    ):
        top["chunked"]["chunks"].append({"fileName": name, "count": 1})
    here = folder(tmp_path / "e", top, c000001=[message(1, "一")])
    made = file_source(here / "manifest.json")
    assert [p.name for p in qce_jsonl.FORMAT.parts(made)] == ["c000001.jsonl", "avatars.json"]  # type: ignore[misc]
    reading = merged(ReadRequest([str(here)], SHANGHAI))
    assert reading.sources[0].notice_counts == {"missing_part": 6, "count_mismatch": 1}
    assert sum(batch.num_rows for batch in reading.log.batches()) == 1
    reading.log.close()


@pytest.mark.parametrize(
    "listed",
    [
        {"chunked": {"chunks": [{"file": "chunks/chunk_0001.jsonl", "messages": 1, "bytes": 1}]}},
        {"chunked": {"chunksDir": "chunks", "chunks": [{"fileName": "chunk_0001.jsonl", "count": 1}]}},
        {"chunks": [{"file": "chunk_0001.jsonl", "messages": 1}]},
    ],
)
def test_manifests_of_every_age(listed: Json, tmp_path: Path) -> None:
    top = {"metadata": {**METADATA, "format": "chunked-jsonl"}, "chatInfo": GROUP, **listed}
    here = folder(tmp_path / "e", top, chunk_0001=[shape_b("老")])
    assert texts_of(here) == ["老"]


def test_newest_first_comes_out_in_order(tmp_path: Path) -> None:
    records = [message(n, str(n)) | {"timestamp": T + n // 3 * 1000} for n in range(30, 0, -1)]
    top = manifest()
    top["chunked"]["chunks"] = [{"fileName": "a.jsonl", "count": 15}, {"fileName": "b.jsonl", "count": 15}]
    here = folder(tmp_path / "e", top, a=records[:15], b=records[15:])
    assert texts_of(here) == [str(n) for n in range(1, 31)]


def test_any_value_in_a_manifest_is_survived(tmp_path: Path) -> None:
    here = folder(tmp_path / "e", manifest(), c000001=[message(1)])
    for path in paths(manifest()):
        for odd in ODD:
            changed = replaced(manifest(), path, odd)
            (here / "manifest.json").write_text(json.dumps(changed), encoding="utf-8")
            made = file_source(here / "manifest.json")
            qce_jsonl.FORMAT.sniff(made.peek)
            assert len(qce_jsonl.FORMAT.parts(made) or ()) <= 2  # type: ignore[misc]
