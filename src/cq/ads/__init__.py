"""Ads: a verdict, kinds and evidence for every message, and flooding, which is behaviour and no ad.

``normalize`` folds disguises and keeps the way back to the original characters; ``rules`` are data with
weights, for and against; ``model`` is a small table of bigram weights that can only promote what rules
have noticed; ``cascade`` joins the three for bare texts; ``context`` and ``flood`` look at senders, time
and repetition inside an export; ``group`` puts all of it together for one group. Nothing here knows a
file format, a terminal or a language of output; what a rule is called stands in ``locales/``.
"""
