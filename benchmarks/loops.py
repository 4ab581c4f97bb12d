"""The plain loops that readers are measured against: what one writes in a quarter of an hour.

One loop per kind of container: every record as a tuple with a ``datetime``, all kept in a list. They are not
slowed down and not tuned. Also the child process of ``families.py``:
``loops.py reader|loop FORMAT BIG SMALL``.
"""

import contextlib
import csv
import json
import re
import resource
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

_KINDS = {
    "json": "qce-json chatlab-json weflow-json weflow-arkme-json echotrace-json chatlog-json "
    "chatlog-old-json pywxdump-json wda-json ciphertalk-json wxcli-json wecom-json wechattweak-json "
    "memotrace3-html-json "
    "weflow-api-json onebot11-json qqnt-export-json chatlab-jsonl qce-jsonl onebot11-jsonl wecom-jsonl",
    "csv": "memotrace3-csv memotrace2-csv pywxdump-csv pywxdump-old-csv chatlog-csv chatlog-alpha-csv "
    "weflow-weclone-csv welink-csv",
    "txt": "qq-pc-txt qce-txt weflow-txt chatlog-txt memotrace-txt wda-txt wechat-mail-txt wxcli-txt "
    "wechatexporter-txt wechat-dump-txt welink-txt gocq-log napcat-log",
    "xlsx": "qce-xlsx weflow-xlsx echotrace-xlsx ciphertalk-xlsx wda-xlsx memotrace3-xlsx chatlog-alpha-xlsx",
    "mht": "qq-pc-mht",
}
KIND_OF = {id_: kind for kind, ids in _KINDS.items() for id_ in ids.split()}
_TIME = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})[ T](\d{1,2}):(\d{2})(?::(\d{2}))?")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")


def files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file())


def _json(path: Path) -> Iterator[Any]:
    if path.suffix == ".jsonl":
        with path.open(encoding="utf-8-sig") as lines:
            for line in lines:
                yield _record(json.loads(line))
        return
    document = json.loads(path.read_text(encoding="utf-8-sig"))
    messages = document if isinstance(document, list) else document.get("messages") or []
    for message in messages:
        yield _record(message)


def _record(message: dict[str, Any]) -> tuple[Any, ...]:
    at = next((message[k] for k in ("timestamp", "createTime", "time", "msgtime") if k in message), 0)
    when = datetime.fromtimestamp((at / 1000 if at > 1e11 else at) if isinstance(at, int | float) else 0)
    return when, message.get("sender"), message.get("content"), message.get("type")


def _csv(path: Path) -> Iterator[Any]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        for row in csv.DictReader(lines):
            yield _dated(next((v for k, v in row.items() if k in _TIMES), "")), tuple(row.values())


_TIMES = ("时间", "StrTime", "Time", "CreateTime", "时刻")


def _dated(text: str) -> datetime:
    for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S.%fZ", "%H:%M"):
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return datetime(1970, 1, 1)


def _txt(path: Path) -> Iterator[Any]:
    at, head, body = None, "", []
    with path.open(encoding="utf-8-sig") as lines:
        for line in lines:
            if match := _TIME.search(line) or _CLOCK.search(line):
                if at is not None:
                    yield at, head, "".join(body)
                text = match[0].replace("/", "-").replace("T", " ")
                at, head, body = _dated(text), line, []
            else:
                body.append(line)
    if at is not None:
        yield at, head, "".join(body)


def _xlsx(path: Path) -> Iterator[Any]:
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True)
    for sheet in book.worksheets:
        for row in sheet.iter_rows(values_only=True):
            yield _dated(str(row[1])) if len(row) > 1 else None, row


def _mht(path: Path) -> Iterator[Any]:
    row = re.compile(r"</div>(\d{1,2}:\d{2}:\d{2})</div><div style=padding-left:20px;>(.*?)</div></td>")
    with path.open(encoding="utf-8-sig", errors="replace") as lines:
        for line in lines:
            for match in row.finditer(line):
                yield datetime.strptime(match[1], "%H:%M:%S"), re.sub("<[^>]*>", "", match[2])


LOOPS = {"json": _json, "csv": _csv, "txt": _txt, "xlsx": _xlsx, "mht": _mht}


def loop(format_id: str, folder: Path) -> int:
    """Run the plain loop over an export; the number of its records."""
    read = LOOPS[KIND_OF[format_id]]
    return len([record for path in files(folder) for record in read(path)])


def reader(format_id: str, folder: Path) -> int:
    """Read an export with ``cq``; the number of its messages."""
    from zoneinfo import ZoneInfo

    from cq.errors import InputError
    from cq.formats import ReadOptions, all_formats, expand, identify, only_when_asked_for
    from cq.reading import few_collections

    fmt = next(f for f in all_formats() if f.id == format_id)
    forced = fmt.id if fmt.sniff is only_when_asked_for else None
    options = ReadOptions(ZoneInfo("Asia/Shanghai"), year=2025)
    found, parts = [], set()
    for candidate in expand([str(folder)]):
        if candidate.source.label not in parts:
            with contextlib.suppress(InputError):
                found.append(identify(candidate.source, forced))
                parts.update(part.label for part in found[-1].parts)
    rows = 0
    for one in found:
        if one.source.label not in parts:
            with few_collections():
                for batch in one.format.read(one.source, options):
                    rows += batch.messages.num_rows if batch.messages is not None else 0
    return rows


def peak_mb() -> float:
    """Megabytes at most; ``ru_maxrss`` would count the parent, which held the whole export."""
    status = Path("/proc/self/status")
    if status.exists() and (found := re.search(r"VmHWM:\s+(\d+)", status.read_text())):
        return int(found[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    what, format_id, big, small = sys.argv[1:]
    run = {"reader": reader, "loop": loop}[what]
    run(format_id, Path(small))
    before = time.process_time(), time.perf_counter()
    rows = run(format_id, Path(big))
    cpu, wall = time.process_time() - before[0], time.perf_counter() - before[1]
    peak = peak_mb()
    print(json.dumps({"rows": rows, "cpu": cpu, "wall": wall, "peak_mb": peak}))


if __name__ == "__main__":
    main()
