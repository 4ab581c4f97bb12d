"""The store: messages of many exports made into one log, in memory, on disk, or both.

``identity`` says which message is which, ``merge`` which rows are doubles and in which order the
others belong, ``spill`` keeps a log that is larger than memory, ``names`` turns names into ids,
``collector`` makes one ``log`` of many exports; ``parts`` writes Parquet files and ``dataset`` makes
a store of them. Where different kinds of export tell of one group, ``overlap`` finds their rows,
``evidence`` keeps what they can be compared by, ``groups`` and ``kinds`` decide, ``meeting`` has them
decide in turn, and ``settled`` holds the outcome. ``answers`` finds what replies answer. The store knows
Arrow batches, not where they came from, and computes no measure.
"""
