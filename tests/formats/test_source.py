"""Bytes become text: the ladder of encodings, at every size of block, and what zips and pipes do to them."""

from __future__ import annotations

import errno
import io
import os
import random
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from raw import source

from cq.errors import InputError
from cq.formats import Source, _source, file_source
from cq.formats._encoding import looks_gb18030
from cq.formats._peek import Peek
from cq.formats._source import zip_sources

SIZES = [1, 2, 3, 4, 5, 7, 16, 64, 1 << 20]
each_size = pytest.mark.parametrize("size", SIZES)

CHINESE = "周末两点，三号场。\r\n要来的回复 1\n㐂𠮷🍜 〇〇七 café é\n镕 end\n"
ENCODED = {
    "utf-8": CHINESE.encode(),
    "utf-8 with BOM": b"\xef\xbb\xbf" + CHINESE.encode(),
    "utf-16-le": b"\xff\xfe" + CHINESE.encode("utf-16-le"),
    "utf-16-be": b"\xfe\xff" + CHINESE.encode("utf-16-be"),
    "gb18030": CHINESE.encode("gb18030"),
    "ascii": b"plain\r\ntext\n",
}


@pytest.fixture(autouse=True)
def _little_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Decide by some hundred bytes, so that small blocks stay small."""
    monkeypatch.setattr(_source, "_ENOUGH", 200)


def text_of(data: bytes, size: int = 1 << 20) -> tuple[str, Source]:
    made = source(data)
    return b"".join(made.blocks(size)).decode(), made


# --- the ladder --------------------------------------------------------------------------------


@each_size
@pytest.mark.parametrize("name", ENCODED)
def test_every_encoding_at_every_block_size(name: str, size: int) -> None:
    found, made = text_of(ENCODED[name], size)
    assert found == ("plain\r\ntext\n" if name == "ascii" else CHINESE)
    assert made.replaced == 0
    assert made.notices() == ()


@pytest.mark.parametrize("size", [3, 5, 64, 1 << 20])
@pytest.mark.parametrize("name", ENCODED)
def test_blocks_are_whole_characters_and_lines_are_whole_lines(name: str, size: int) -> None:
    made = source(ENCODED[name])
    for block in made.blocks(size):
        assert block
        block.decode()
    pieces = list(made.lines(size))
    assert all(piece.endswith(b"\n") for piece in pieces[:-1])
    assert "".join(made.text(size)) == b"".join(pieces).decode() == text_of(ENCODED[name])[0]


@pytest.mark.parametrize("name", ENCODED)
def test_the_peek_reads_the_same(name: str) -> None:
    assert Peek("x", ENCODED[name]).text == text_of(ENCODED[name])[0]


def test_a_source_can_be_read_again() -> None:
    made = source(ENCODED["gb18030"])
    assert list(made.blocks(7)) == list(made.blocks(7))
    assert made.encoding == "gb18030"


@pytest.mark.parametrize("before", [0, 60, 5_000, 3 << 20])
@pytest.mark.parametrize("size", [64, 4096, 8 << 20])
@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_an_ascii_head_decides_nothing(before: int, size: int, encoding: str) -> None:
    """JSON may have megabytes of ASCII before the first Chinese name."""
    text = "a" * before + CHINESE * 3
    found, made = text_of(text.encode(encoding), size)
    assert found == text
    assert (made.encoding, made.replaced) == (encoding, 0)


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_the_first_character_may_be_the_last_of_a_block(encoding: str) -> None:
    for before in range(50, 64):
        text = "a" * before + CHINESE
        assert text_of(text.encode(encoding), 64)[0] == text


# --- damage ------------------------------------------------------------------------------------

LONG = "今天的面是牛腩，汤底熬了一夜。\n" * 20


@each_size
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_one_damaged_byte_does_not_change_the_encoding(encoding: str, size: int) -> None:
    data = bytearray(LONG.encode(encoding))
    data[len(data) // 2] = 0xFF
    found, made = text_of(bytes(data), size)
    assert made.encoding == encoding
    assert 1 <= made.replaced == found.count("\ufffd") <= 3
    assert found[:100] == LONG[:100]
    assert found[-100:] == LONG[-100:]


def test_any_damaged_byte_anywhere() -> None:
    dice = random.Random(7)
    for encoding in ("utf-8", "gb18030"):
        data = LONG.encode(encoding)
        for _ in range(300):
            at = dice.randrange(len(data))
            assert looks_gb18030(data[:at] + bytes([dice.randrange(256)]) + data[at + 1 :]) == (
                encoding == "gb18030"
            )


@pytest.mark.parametrize("size", [16, 1 << 20])
def test_a_damaged_byte_in_ascii_does_not_make_it_chinese(size: int) -> None:
    """Long before the first Chinese, where UTF-8 and GB18030 cannot be told apart yet."""
    text = "plain, " * 100 + LONG
    data = bytearray(text.encode())
    data[20] = 0xE9
    found, made = text_of(bytes(data), size)
    assert (made.encoding, made.replaced) == ("utf-8", 1)
    assert found.endswith(LONG)


def test_other_scripts_stay_utf_8() -> None:
    for text in ("Привет, как дела? ", "Ça va très bien ", "안녕하세요 ", "😀👍🏽 "):
        data = bytearray((text * 20).encode())
        data[3] = 0xFE
        assert not looks_gb18030(bytes(data))


@each_size
def test_a_character_cut_off_at_the_end_is_counted(size: int) -> None:
    for encoding, cut in (("utf-8", 1), ("utf-8", 2), ("gb18030", 1)):
        found, made = text_of(LONG.encode(encoding)[: -1 - cut], size)
        assert found.startswith(LONG[:-2])
        assert (made.encoding, made.replaced) == (encoding, 1)
    found, made = text_of(b"\xff\xfe" + LONG.encode("utf-16-le")[:-1], size)
    assert made.replaced == 1


def test_the_place_of_the_first_damaged_character_is_told() -> None:
    for encoding in ("utf-8", "gb18030"):
        data = "一行\n二行\n".encode(encoding) * 10 + b"\xff\n" + "三行\n".encode(encoding) * 10 + b"\xff"
        for size in (5, 64, 1 << 20):
            made = text_of(data, size)[1]
            [notice] = made.notices()
            assert (notice.code, notice.where, notice.detail) == (
                "undecodable_bytes",
                "x.txt:21",
                f"2 ({encoding})",
            )


def test_a_replacement_character_that_was_there_is_no_damage() -> None:
    found, made = text_of("早\ufffd就\ufffd在\n".encode())
    assert (found, made.replaced) == ("早\ufffd就\ufffd在\n", 0)
    found, made = text_of("早\ufffd就\ufffd在\n".encode() + b"\xff")
    assert made.replaced == 1


# --- characters that stay, and one that goes ---------------------------------------------------


@each_size
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_only_nul_is_removed(encoding: str, size: int) -> None:
    text = "a\0b\u2028c\x85d\x0be\x0cf\x1cg\xa0h\u200bi\ufeffj\r中\rl\n\0"
    assert text_of(text.encode(encoding), size)[0] == text.replace("\0", "")


def test_nul_inside_a_character_does_not_split_it() -> None:
    found, made = text_of("早".encode() + b"\0\0" + "安".encode())
    assert (found, made.replaced) == ("早安", 0)


# --- what cannot be read -----------------------------------------------------------------------


def broken(error: Exception) -> Callable[[], io.BytesIO]:
    def opener() -> io.BytesIO:
        raise error

    return opener


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (FileNotFoundError(errno.ENOENT, "gone"), "not_found"),
        (PermissionError(errno.EACCES, "no"), "no_permission"),
        (OSError(errno.EIO, "Input/output error"), "unreadable"),
        (IsADirectoryError(errno.EISDIR, "Is a directory"), "unreadable"),
        (RuntimeError("File 'a' is encrypted, password required"), "zip_encrypted"),
        (NotImplementedError("compression type 99"), "zip_damaged"),
        (zipfile.BadZipFile("Bad magic number"), "zip_damaged"),
        (ValueError("negative seek value"), "zip_damaged"),
    ],
)
def test_what_cannot_be_opened_is_an_input_error(error: Exception, code: str) -> None:
    made = Source("x.txt", broken(error), 10)
    for touch in (lambda: made.peek, lambda: made.sha256, lambda: list(made.blocks()), made.open):
        with pytest.raises(InputError) as refused:
            touch()
        assert refused.value.code == code


class FailsLate(io.BytesIO):
    """A file on a disk that breaks after the first read."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell():
            raise OSError(errno.EIO, "Input/output error")
        return super().read(size)


def test_a_disk_that_breaks_is_an_input_error() -> None:
    made = Source("x.txt", lambda: FailsLate(CHINESE.encode()), 10)
    with pytest.raises(InputError, match="Input/output error"):
        list(made.blocks(16))


# --- zips --------------------------------------------------------------------------------------


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return stream.getvalue()


def members(data: bytes) -> list[Source]:
    found = zip_sources(source(data, "a.zip"))
    assert found is not None
    return found


def test_files_in_a_zip() -> None:
    found = members(zipped(("聊天/b.txt", CHINESE.encode()), ("a.txt", b"a"), ("空/", b"")))
    assert [s.label for s in found] == ["a.zip!/a.txt", "a.zip!/聊天/b.txt"]
    assert [s.name for s in found] == ["a.txt", "b.txt"]
    assert b"".join(found[1].blocks(7)).decode() == CHINESE
    assert found[1].size == len(CHINESE.encode())
    with found[1].open_seekable() as stream:
        assert stream.seek(-4, io.SEEK_END) and stream.read() == b"end\n"


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_names_whose_encoding_the_zip_does_not_tell(encoding: str) -> None:
    data = zipped(("AAAAAAAAAAAA.txt"[-16:], b"x"))
    name = "聊天记录".encode(encoding)[:12].ljust(12, b"A")
    [found] = members(data.replace(b"A" * 12, name))
    assert found.name == name.decode(encoding) + ".txt"
    assert b"".join(found.blocks()) == b"x"


def test_one_name_twice_in_a_zip() -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = zipped(("a.txt", b"one"), ("a.txt", b"two"))
    assert [b"".join(s.blocks()) for s in members(data)] == [b"one", b"two"]


def locked(data: bytes) -> bytes:
    """Set the flag that says encrypted, in the local header and in the directory."""
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(signature) + offset
        data = data[:at] + bytes([data[at] | 1]) + data[at + 1 :]
    return data


def test_an_encrypted_zip() -> None:
    with pytest.raises(InputError) as refused:
        members(locked(zipped(("a.txt", b"secret"))))
    assert refused.value.code == "zip_encrypted"
    first, second = members(locked(zipped(("a.txt", b"secret"), ("b.txt", b"open"))))
    with pytest.raises(InputError) as refused:
        first.open()
    assert refused.value.code == "zip_encrypted"
    assert b"".join(second.blocks()) == b"open"


def test_a_compression_nobody_knows() -> None:
    data = bytearray(zipped(("a.txt", b"x" * 100)))
    data[8], data[data.index(b"PK\x01\x02") + 10] = 99, 99
    with pytest.raises(InputError) as refused:
        members(bytes(data))[0].open()
    assert refused.value.code == "zip_damaged"


def test_a_damaged_zip_is_an_input_error_wherever_it_is_damaged() -> None:
    data = zipped(("聊天.txt", CHINESE.encode() * 20), ("b.txt", random.Random(3).randbytes(500)))
    dice = random.Random(5)
    damaged = [data[:n] for n in range(0, len(data), 37)]
    for _ in range(300):
        at = dice.randrange(len(data))
        damaged.append(data[:at] + bytes([dice.randrange(256)]) + data[at + 1 :])
    refused = 0
    for broken_zip in damaged:
        try:
            for member in zip_sources(source(broken_zip, "a.zip")) or ():
                list(member.blocks(64))
                assert member.sha256 and member.peek.tail is not None
        except InputError as error:
            refused += 1
            assert error.code in ("zip_damaged", "zip_encrypted", "unreadable")
    assert refused > 100


def test_an_office_document_is_one_file() -> None:
    assert (
        zip_sources(source(zipped(("[Content_Types].xml", b"x"), ("xl/workbook.xml", b"x")), "a.xlsx"))
        is None
    )


def test_the_tail_is_read_only_when_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(bytes(_source.PEEK) + b"x" * _source.TAIL)
    made = file_source(path)
    assert not made.peek.complete
    assert len(made.peek.head) == _source.PEEK
    path.write_bytes(bytes(_source.PEEK) + b"y" * _source.TAIL)
    assert made.peek.tail == b"y" * _source.TAIL
    assert Peek("x", b"head", b"tail").tail == b"tail"


# --- pipes -------------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_can_be_read_twice(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(ENCODED["gb18030"]))
    writer.start()
    made = _source.spooled(str(pipe))
    writer.join()
    assert [b"".join(made.blocks(7)).decode() for _ in range(2)] == [CHINESE] * 2
    assert made.size == len(ENCODED["gb18030"])
    assert made.label == str(pipe)
