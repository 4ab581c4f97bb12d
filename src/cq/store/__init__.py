"""The store: messages of many exports made into one log, in memory, on disk, or both.

``identity`` says which message is which, ``spill`` keeps a log that is larger than memory,
``names`` turns names into ids, ``log`` merges, ``dataset`` is the Parquet store. It knows Arrow
batches, not where they came from, and computes no measure.
"""
