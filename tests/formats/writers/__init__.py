"""Test writers: the conversation as each format's tool would export it.

Each module holds ``WRITERS``, by format id. A format may be written in several ways (``id`` or
``id:variant``); every one has to give the same rows.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from invented import Writer


def all_writers() -> dict[str, Writer]:
    """The writers of every module here."""
    modules = (import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__))
    return {name: writer for module in modules for name, writer in module.WRITERS.items()}
