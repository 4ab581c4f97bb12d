"""From what was typed to files: each once, nothing lost without a count, nothing opened that hangs."""

from __future__ import annotations

import errno
import io
import os
import sys
import threading
import zipfile
from pathlib import Path

import pytest
from raw import SHANGHAI

from cq.errors import InputError, UsageError
from cq.formats import _inputs, expand, identify
from cq.formats._source import Source
from cq.reading import Reading, ReadRequest, read
from exports import COURT, qq_txt

EXPORT = qq_txt(COURT)


def labels(*paths: object) -> list[str]:
    return [c.source.label for c in expand([str(p) for p in paths])]


def reading(*paths: object) -> Reading:
    found = read(ReadRequest([str(p) for p in paths], SHANGHAI))
    found.log.close()
    return found


def refused(*paths: object) -> str:
    with pytest.raises(InputError) as caught:
        reading(*paths)
    return caught.value.code


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """a.txt, 二/b.txt, 二/三/c.txt, and hidden things."""
    for name in ("a.txt", "二/b.txt", "二/三/c.txt", ".hidden.txt", ".git/d.txt", "二/._b.txt"):
        path = tmp_path / "聊天" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(EXPORT)
    return tmp_path / "聊天"


# --- files, folders, globs ---------------------------------------------------------------------


def test_a_folder_is_walked_in_order_without_hidden_files(folder: Path) -> None:
    assert labels(folder) == [str(folder / n) for n in ("a.txt", "二/b.txt", "二/三/c.txt")]


def test_each_file_comes_once(folder: Path) -> None:
    (folder / "link.txt").symlink_to(folder / "a.txt")
    a = folder / "a.txt"
    assert labels(a, folder, a, folder / "二" / ".." / "a.txt", f"{folder}/*.txt") == [
        str(folder / n) for n in ("a.txt", "二/b.txt", "二/三/c.txt")
    ]


def test_globs(folder: Path) -> None:
    assert labels(f"{folder}/**/*.txt") == [str(folder / n) for n in ("a.txt", "二/b.txt", "二/三/c.txt")]
    assert labels(f"{folder}/?.txt") == [str(folder / "a.txt")]
    assert labels(f"{folder}/[二]*") == [str(folder / n) for n in ("二/b.txt", "二/三/c.txt")]
    assert not any(c.named for c in expand([f"{folder}/*"]))


def test_a_name_with_brackets_is_a_name_first(tmp_path: Path) -> None:
    path = tmp_path / "群[1].txt"
    path.write_bytes(EXPORT)
    assert [(c.source.label, c.named) for c in expand([str(path)])] == [(str(path), True)]


@pytest.mark.parametrize("path", ["missing.txt", "missing/*.txt", "a\nb", "x" * 5000, ""])
def test_what_is_not_there(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "export.txt").write_bytes(EXPORT)
    monkeypatch.chdir(tmp_path)
    assert refused(path) == ("unreadable" if len(path) > 1000 else "not_found")


def test_a_folder_without_files(tmp_path: Path) -> None:
    (tmp_path / "空").mkdir()
    (tmp_path / "空" / ".hidden").write_bytes(EXPORT)
    assert refused(tmp_path / "空") == "empty_folder"


def test_a_folder_without_exports_says_how_many_files_it_looked_at(tmp_path: Path) -> None:
    for i in range(3):
        (tmp_path / f"{i}.md").write_text("说明", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        reading(tmp_path)
    assert (caught.value.code, caught.value.values["count"]) == ("nothing_usable", 3)


def test_other_files_in_a_folder_are_passed_over_with_a_count(folder: Path) -> None:
    (folder / "说明.md").write_text("说明", encoding="utf-8")
    (folder / "empty.txt").touch()
    (folder / "image.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    (folder / "dangling.txt").symlink_to(folder / "nowhere")
    found = reading(folder)
    assert found.passed_over == {"unknown_format": 1, "empty_file": 1, "binary_file": 1}
    assert len(found.sources) == 3


def test_a_named_file_that_is_no_export_stops_the_run(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("说明", encoding="utf-8")
    assert refused(folder, other) == "unknown_format"


# --- permissions -------------------------------------------------------------------------------


@pytest.fixture
def deny(monkeypatch: pytest.MonkeyPatch):
    """Make files whose name holds a word unreadable, even for root."""

    def switch(word: str) -> None:
        real_open, real_scandir = Path.open, os.scandir

        def open_(self: Path, *args: object, **more: object) -> object:
            if word in self.name:
                raise PermissionError(errno.EACCES, "Permission denied", str(self))
            return real_open(self, *args, **more)  # type: ignore[arg-type]

        def scandir(path: object = ".") -> object:
            if word in Path(str(path)).name:
                raise PermissionError(errno.EACCES, "Permission denied", str(path))
            return real_scandir(path)  # type: ignore[arg-type]

        monkeypatch.setattr(Path, "open", open_)
        monkeypatch.setattr(os, "scandir", scandir)

    return switch


def test_a_file_without_permission(folder: Path, deny) -> None:
    deny("a.txt")
    assert refused(folder / "a.txt") == "no_permission"
    found = reading(folder)
    assert found.passed_over == {"no_permission": 1}
    assert len(found.sources) == 2


def test_a_folder_without_permission(folder: Path, deny) -> None:
    deny("三")
    assert refused(folder / "二" / "三") == "no_permission"
    found = reading(folder)
    assert found.passed_over == {"no_permission": 1}
    assert len(found.sources) == 2


# --- zips --------------------------------------------------------------------------------------


def pack(path: Path, **entries: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def test_a_zip_is_opened_named_or_found(tmp_path: Path) -> None:
    path = pack(tmp_path / "导出.zip", **{"群/a.txt": EXPORT, "群/._a.txt": b"x", "__MACOSX/._a.txt": b"x"})
    assert labels(path) == labels(tmp_path) == labels(path, tmp_path) == [f"{path}!/群/a.txt"]
    found = reading(path)
    assert [s.path for s in found.sources] == [f"{path}!/群/a.txt"]
    assert found.passed_over == {}


@pytest.mark.parametrize("name", ["xl/a.txt", "群xl/a.txt", "password/a.txt", "word/a.txt", "_rels/a.txt"])
def test_a_zip_of_exports_is_no_workbook_whatever_its_names(name: str, tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", **{name: EXPORT, "b.txt": b"xl/ word/ _rels/ [Content_Types].xml"})
    assert [s.records.messages for s in reading(path).sources] == [6]


def test_a_workbook_in_a_folder_is_one_file_passed_over(tmp_path: Path) -> None:
    pack(tmp_path / "表.xlsx", **{"[Content_Types].xml": b"x", "xl/workbook.xml": b"x"})
    (tmp_path / "a.txt").write_bytes(EXPORT)
    assert reading(tmp_path).passed_over == {"unknown_workbook": 1}


@pytest.mark.parametrize("name", ["b.dat", "内/b.bin", "b.txt"])
def test_a_zip_in_a_zip_is_no_text(name: str, tmp_path: Path) -> None:
    inner = pack(tmp_path / "inner", **{"c.txt": EXPORT}).read_bytes()
    (tmp_path / "inner").unlink()
    path = pack(tmp_path / "a.zip", **{"a.txt": EXPORT, name: inner, "empty.txt": b"PK\x05\x06" + bytes(18)})
    for forced in (None, "qq-pc-txt"):
        found = read(ReadRequest([str(path)], SHANGHAI, forced))
        found.log.close()
        assert [s.path for s in found.sources] == [f"{path}!/a.txt"]
        assert found.passed_over == {"binary_file": 2}


def test_a_zip_with_two_files_of_one_name(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    later = qq_txt(("周末羽毛球", [("2026-03-12 9:00:00", "阿宽(10086001)", "后来的")]))
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", EXPORT)
        archive.writestr("a.txt", later)
    assert [s.records.messages for s in reading(path).sources] == [6, 1]


def test_zips_that_cannot_be_opened(tmp_path: Path) -> None:
    good = pack(tmp_path / "good.zip", **{"a.txt": EXPORT})
    (tmp_path / "cut.zip").write_bytes(good.read_bytes()[:-30])
    pack(tmp_path / "empty.zip")
    locked = bytearray(good.read_bytes())
    locked[6] |= 1
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(locked)
    assert refused(tmp_path / "cut.zip") == "zip_damaged"
    assert refused(tmp_path / "empty.zip") == "empty_folder"
    assert refused(tmp_path / "locked.zip") == "zip_encrypted"
    found = reading(tmp_path)  # beside a good one they are counted, and stop nothing
    assert len(found.sources) == 1
    assert found.passed_over == {"zip_damaged": 1, "empty_folder": 1, "zip_encrypted": 1}


def test_a_zip_with_a_damaged_member(tmp_path: Path) -> None:
    path = pack(
        tmp_path / "a.zip", **{"a.txt": EXPORT, "b.txt": EXPORT.replace("阿宽".encode(), "阿窄".encode())}
    )
    data = bytearray(path.read_bytes())
    at = data.index("阿窄".encode())
    data[at : at + 3] = b"xyz"  # the checksum of b.txt is wrong now
    path.write_bytes(data)
    found = reading(path)
    assert [s.path for s in found.sources] == [f"{path}!/a.txt"]
    assert found.passed_over == {"zip_damaged": 1}


def test_a_zip_of_many_pictures_is_opened_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = pack(tmp_path / "a.zip", **{f"{i}.png": b"\x89PNG" for i in range(50)}, **{"a.txt": EXPORT})
    opened = 0
    real = zipfile.ZipFile.__init__

    def counted(self: zipfile.ZipFile, *args: object, **more: object) -> None:
        nonlocal opened
        opened += 1
        real(self, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(zipfile.ZipFile, "__init__", counted)
    assert reading(path).passed_over == {"binary_file": 50}
    assert opened == 1


# --- standard input and pipes ------------------------------------------------------------------


def give(monkeypatch: pytest.MonkeyPatch, data: bytes, terminal: bool = False) -> None:
    stream = io.TextIOWrapper(io.BytesIO(data))
    stream.isatty = lambda: terminal  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stdin", stream)


def test_standard_input(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    give(monkeypatch, EXPORT)
    assert [(s.path, s.bytes, s.records.messages) for s in reading("-").sources] == [("-", len(EXPORT), 6)]
    give(monkeypatch, pack(tmp_path / "a.zip", **{"a.txt": EXPORT}).read_bytes())
    assert [s.path for s in reading("-").sources] == ["-!/a.txt"]
    give(monkeypatch, b"")
    assert refused("-") == "empty_file"
    give(monkeypatch, b"", terminal=True)
    with pytest.raises(UsageError):
        reading("-")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_is_read_where_named_and_left_alone_where_found(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.txt"
    os.mkfifo(pipe)
    (tmp_path / "a.txt").write_bytes(EXPORT)
    assert labels(tmp_path) == labels(f"{tmp_path}/*.txt") == [str(tmp_path / "a.txt")]
    writer = threading.Thread(target=lambda: pipe.write_bytes(EXPORT))
    writer.start()
    [report] = reading(pipe).sources
    writer.join()
    assert (report.path, report.records.messages) == (str(pipe), 6)


def test_a_candidate_knows_whether_it_was_named(folder: Path) -> None:
    assert [c.named for c in expand([str(folder / "a.txt"), str(folder)])] == [True, False, False]
    assert isinstance(next(_inputs.expand([str(folder)])).source, Source)


def test_a_zip_in_a_zip_is_read_and_no_deeper(tmp_path: Path) -> None:
    def packed(name: str, data: bytes) -> bytes:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, data)
        return stream.getvalue()

    once = packed("聊天.txt", b"x")
    twice, thrice = packed("a.zip", once), packed("b.zip", packed("a.zip", once))
    for name, data in (("twice.zip", twice), ("thrice.zip", thrice)):
        (tmp_path / name).write_bytes(data)
    [found] = expand([str(tmp_path / "twice.zip")])
    assert found.source.label.endswith("twice.zip!/a.zip!/聊天.txt")
    with found.source.open() as stream:
        assert stream.read() == b"x"
    [deep] = expand([str(tmp_path / "thrice.zip")])
    assert deep.source.name == "a.zip"


def test_a_file_that_swells_without_end_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("聊天.txt", "w") as entry:
        for _ in range(300):
            entry.write(bytes(1 << 20))
    [found] = expand([str(path)])
    with pytest.raises(InputError) as refused:
        identify(found.source)
    assert refused.value.code == "zip_bomb"
