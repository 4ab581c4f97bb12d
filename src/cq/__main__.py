"""``python -m cq``: the same as the command."""

from cq.cli import main

main()
