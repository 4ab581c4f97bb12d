"""Messages out again: JSON lines, CSV and Parquet. It writes rows; it computes and decides nothing."""

from __future__ import annotations

from cq.export.messages import WRITERS, write

__all__ = ["WRITERS", "write"]
