"""Test writers: the conversation as each format's tool would export it.

Each module holds ``WRITERS``, by format id. A format may be written in several ways (``id`` or
``id:variant``); every one has to give the same rows.
"""
