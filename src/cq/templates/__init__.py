"""Files that ``cq init`` writes, per language. Only comments and examples; no code reads them."""
