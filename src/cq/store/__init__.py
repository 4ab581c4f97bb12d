"""The store: messages of many exports made into one log, in memory, on disk, or both.

``identity`` says which message is which, ``merge`` which rows are doubles and in which order the
others belong, ``spill`` keeps a log that is larger than memory, ``names`` turns names into ids,
``collector`` makes one ``log`` of many exports; ``parts`` writes Parquet files and ``dataset`` makes
a store of them. It knows Arrow batches, not where they came from, and computes no measure.
"""
