"""Messages out again: JSON lines, CSV, Parquet, ChatLab. It writes rows; it computes and decides nothing."""

from __future__ import annotations

from cq.export.chatlab import write_chatlab
from cq.export.messages import WRITERS, write

__all__ = ["WRITERS", "write", "write_chatlab"]
