"""cq: is this chat group healthy? Findings with evidence from exported chat logs.

The Python interface is three functions: :func:`read`, :func:`analyze` and :func:`classify_ads`.
Importing the package costs nothing: the work is loaded at the first call.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cq.api import analyze, classify_ads, read

__version__ = "0.1.0"
__all__ = ["__version__", "analyze", "classify_ads", "read"]


def __getattr__(name: str) -> Any:
    if name in ("read", "analyze", "classify_ads"):
        # By name: the rooms below read __version__ here, and must not seem to know the interface.
        return getattr(import_module("cq.api"), name)
    raise AttributeError(f"module 'cq' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
