"""Where output goes: data to stdout or to a file that appears whole or not at all; the rest to stderr.

It knows bytes and lines, not what they say.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from cq.errors import CqError, UsageError


@contextlib.contextmanager
def output(path: str) -> Iterator[BinaryIO]:
    """A binary stream to ``path`` (``-``: stdout).

    A file is written beside its place and renamed at the end, so that it is never half there; an
    exception leaves what was there before. A link stays a link, and a file keeps its permissions.
    """
    if path == "-":
        with _stdout() as stream:
            yield stream
        return
    temporary: Path | None = None
    try:
        target = Path(path)
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if target.exists() and not target.is_file():  # /dev/null, a named pipe: nothing to rename
            with target.open("wb") as stream:
                yield stream
            return
        target = target.resolve()
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name[:40]}.", dir=target.parent)
        temporary = Path(name)
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
        temporary.chmod(mode)
        temporary.replace(target)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def _stdout() -> Iterator[BinaryIO]:
    """stdout as bytes. With PYTHONUNBUFFERED it is a raw file, which writes short and says nothing."""
    sys.stdout.flush()
    raw = sys.stdout.buffer
    if isinstance(raw, io.BufferedIOBase):
        yield cast("BinaryIO", raw)
        raw.flush()
        return
    stream = io.BufferedWriter(raw)
    try:
        yield cast("BinaryIO", stream)
        stream.flush()
    finally:
        with contextlib.suppress(OSError):  # closing it would close stdout
            stream.detach()


def unwritable(path: object, error: OSError) -> CqError:
    """The error for a file that cannot be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return CqError("disk_full", path=path)
    return CqError("cannot_write", path=path, reason=error.strerror or error)


def refuse_terminal(form: str) -> None:
    """Binary data belongs into a file or a pipe."""
    if sys.stdout.isatty():
        raise UsageError("binary_to_terminal", format=form)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
