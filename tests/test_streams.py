"""A file appears whole or not at all."""

from __future__ import annotations

import errno
import io
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cq import streams
from cq.errors import CqError, UsageError
from cq.streams import output, refuse_terminal, unwritable


def contents(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}


def refused(path: object) -> CqError:
    with pytest.raises(CqError) as failed, output(str(path)) as stream:
        stream.write(b"never")
    assert failed.value.exit_code == 1
    return failed.value


class TestFile:
    def test_appears_at_the_end(self, tmp_path: Path) -> None:
        target = tmp_path / "out"
        with output(str(target)) as stream:
            stream.write(b"new")
            stream.flush()
            assert not target.exists()
        assert contents(tmp_path) == {"out": b"new"}

    def test_the_old_one_stays_until_then(self, tmp_path: Path) -> None:
        target = tmp_path / "out"
        target.write_bytes(b"old")
        with output(str(target)) as stream:
            stream.write(b"new")
            stream.flush()
            assert target.read_bytes() == b"old"
        assert contents(tmp_path) == {"out": b"new"}

    @pytest.mark.parametrize("old", [None, b"old"])
    @pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, BrokenPipeError])
    def test_an_exception_leaves_what_was_there(
        self, tmp_path: Path, old: bytes | None, error: type[BaseException]
    ) -> None:
        target = tmp_path / "out"
        if old is not None:
            target.write_bytes(old)
        with pytest.raises(error), output(str(target)) as stream:
            stream.write(b"half")
            raise error
        assert contents(tmp_path) == ({} if old is None else {"out": old})

    def test_a_full_disk_leaves_what_was_there(self, tmp_path: Path) -> None:
        target = tmp_path / "out"
        target.write_bytes(b"old")
        with pytest.raises(CqError) as failed, output(str(target)) as stream:
            stream.write(b"half")
            raise OSError(errno.ENOSPC, "no space")
        assert failed.value.code == "disk_full"
        assert contents(tmp_path) == {"out": b"old"}

    @pytest.mark.skipif(os.name != "posix", reason="limits of POSIX")
    def test_a_limit_met_only_when_flushing(self, tmp_path: Path) -> None:
        script = (
            "import resource, sys; from cq.streams import output; from cq.errors import CqError\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))\n"
            "try:\n    with output(sys.argv[1]) as stream: stream.write(b'x' * 100)\n"
            "except CqError as error: print(error.code)"
        )
        target = tmp_path / "out"
        ran = subprocess.run(
            [sys.executable, "-c", script, str(target)], capture_output=True, text=True, check=False
        )
        assert (ran.stdout, ran.stderr) == ("cannot_write\n", "")
        assert contents(tmp_path) == {}

    @pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
    def test_permissions(self, tmp_path: Path) -> None:
        fresh, private = tmp_path / "fresh", tmp_path / "private"
        private.touch(0o600)
        private.chmod(0o600)
        before = os.umask(0o027)
        try:
            for target in (fresh, private):
                with output(str(target)) as stream:
                    stream.write(b"x")
        finally:
            os.umask(before)
        assert [stat.S_IMODE(p.stat().st_mode) for p in (fresh, private)] == [0o640, 0o600]

    @pytest.mark.skipif(os.name != "posix", reason="links of POSIX")
    def test_a_link_stays_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "a").mkdir()
        (tmp_path / "a/real").write_bytes(b"old")
        link = tmp_path / "link"
        for name in ("a/real", "a/not yet"):
            link.unlink(missing_ok=True)
            link.symlink_to(tmp_path / name)
            with output(str(link)) as stream:
                stream.write(b"new")
            assert link.is_symlink()
            assert (tmp_path / name).read_bytes() == b"new"
        assert {p.name for p in tmp_path.iterdir()} == {"a", "link"}

    @pytest.mark.parametrize("name", ["读书会.md", "x" * 250, ".hidden", "with blank"])
    def test_names(self, tmp_path: Path, name: str) -> None:
        with output(str(tmp_path / name)) as stream:
            stream.write(b"x")
        assert contents(tmp_path) == {name: b"x"}

    def test_in_the_current_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        with output("out") as stream:
            stream.write(b"x")
        assert contents(tmp_path) == {"out": b"x"}

    def test_can_be_sought_in(self, tmp_path: Path) -> None:
        with output(str(tmp_path / "out")) as stream:
            stream.write(b"abc")
            stream.seek(1)
            stream.write(b"x")
        assert contents(tmp_path) == {"out": b"axc"}


class TestRefused:
    def test_a_folder(self, tmp_path: Path) -> None:
        assert refused(tmp_path).code == "cannot_write"
        assert contents(tmp_path) == {}

    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        assert refused(tmp_path / "missing/out").code == "cannot_write"
        assert not (tmp_path / "missing").exists()

    def test_a_file_as_a_folder(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"old")
        assert refused(tmp_path / "file/out").code == "cannot_write"
        assert contents(tmp_path) == {"file": b"old"}

    def test_a_name_that_is_too_long(self, tmp_path: Path) -> None:
        assert refused(tmp_path / ("x" * 5000)).code == "cannot_write"

    def test_no_right_to_write(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def denied(*args: object, **kwargs: object) -> None:
            raise PermissionError(errno.EACCES, "Permission denied")

        monkeypatch.setattr(streams.tempfile, "mkstemp", denied)
        error = refused(tmp_path / "out")
        assert error.code == "cannot_write"
        assert all("Permission denied" in error.lines(lang)[0] for lang in ("zh", "en"))

    @pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
    def test_a_folder_without_the_right(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o500)
        try:
            assert refused(tmp_path / "out").code == "cannot_write"
        finally:
            tmp_path.chmod(0o700)

    @pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
    def test_a_full_disk_is_said_so(self, code: int) -> None:
        assert unwritable("x", OSError(code, "")).code == "disk_full"

    def test_a_reason_is_given_even_without_one(self) -> None:
        assert "odd" in unwritable("x", OSError("odd")).lines("en")[0]


class TestNoFile:
    def test_standard_output(self, monkeypatch: pytest.MonkeyPatch) -> None:
        raw = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="utf-8"))
        sys.stdout.write("first ")
        with output("-") as stream:
            stream.write(b"second")
        assert raw.getvalue() == b"first second"
        sys.stdout.write(" third")
        sys.stdout.flush()
        assert raw.getvalue() == b"first second third"

    @pytest.mark.skipif(os.name != "posix", reason="named pipes of POSIX")
    def test_a_named_pipe_is_written_to(self, tmp_path: Path) -> None:
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        heard: list[bytes] = []
        listener = threading.Thread(target=lambda: heard.append(pipe.read_bytes()))
        listener.start()
        with output(str(pipe)) as stream:
            stream.write(b"x")
        listener.join()
        assert heard == [b"x"]
        assert stat.S_ISFIFO(pipe.stat().st_mode)

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="devices of Linux")
    def test_devices(self) -> None:
        with output("/dev/null") as stream:
            stream.write(b"x")
        assert refused("/dev/full").code == "disk_full"

    @pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="devices of POSIX")
    @pytest.mark.parametrize("to_file", [False, True])
    def test_standard_output_by_its_other_name(self, tmp_path: Path, to_file: bool) -> None:
        script = "from cq.streams import output\nwith output('/dev/stdout') as s: s.write(b'x')"
        command = [sys.executable, "-c", script]
        if not to_file:
            assert subprocess.run(command, capture_output=True, check=True).stdout == b"x"
            return
        with (tmp_path / "out").open("wb") as stream:
            subprocess.run(command, stdout=stream, check=True)
        assert contents(tmp_path) == {"out": b"x"}

    def test_binary_to_a_terminal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
        with pytest.raises(UsageError):
            refuse_terminal("parquet")
        monkeypatch.setattr(sys.stdout, "isatty", lambda: False, raising=False)
        refuse_terminal("parquet")
