"""The work `cq` is measured against: plain Python, one line at a time, everything kept in lists.

`qq` reads a QQ PC text export with one regular expression, `jsonl` a ChatLab JSONL file with `json.loads`.
This is what one writes in a quarter of an hour, neither slowed down nor tuned.  It is no parser to copy: it
opens the file with universal newlines, takes a pasted header in a body for a message and merges nothing.
"""

import argparse
import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

HEADER = re.compile(r"^(\d{4}-\d{2}-\d{2}) (\d{1,2}:\d{2}:\d{2}) (.*?)(?:\((\d+)\)|<([^>]+)>)?$")


def read_qq(path: Path) -> tuple[list[datetime], list[str], list[str | None], list[str]]:
    """Read a QQ text export into four equal lists: local naive times, names, ids or accounts, bodies."""
    times: list[datetime] = []
    names: list[str] = []
    ids: list[str | None] = []
    bodies: list[str] = []
    body: list[str] = []
    with path.open(encoding="utf-8-sig") as lines:
        for line in lines:
            line = line.rstrip("\n")
            match = HEADER.match(line)
            if match is None:
                body.append(line)
                continue
            if times:
                bodies.append("\n".join(body).rstrip("\n"))
            body = []
            day, clock, name, number, account = match.groups()
            times.append(datetime.strptime(f"{day} {clock}", "%Y-%m-%d %H:%M:%S"))
            names.append(name)
            ids.append(number or account)
    if times:
        bodies.append("\n".join(body).rstrip("\n"))
    return times, names, ids, bodies


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """Read the message lines of a ChatLab JSONL file as dicts."""
    with path.open(encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines if line.strip() and not line.startswith("#")]
    return [record for record in records if record.get("_type") == "message"]


def main() -> None:
    """Read one file and print the number of messages."""
    parser = argparse.ArgumentParser(description="Plain Python loops that read one export into lists.")
    parser.add_argument("kind", choices=("qq", "jsonl"))
    parser.add_argument("file", type=Path)
    options = parser.parse_args()
    messages = read_qq(options.file)[0] if options.kind == "qq" else read_jsonl(options.file)
    print(len(messages))


if __name__ == "__main__":
    main()
