"""How many open tasks each project, or each tag, has: printed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from taskcore_cli.render import print_json, print_tally

if TYPE_CHECKING:
    from collections.abc import Mapping


def show_tally(tally: Mapping[str, int], heading: str, *, as_json: bool) -> None:
    """Print the names and counts: as the API sends them, as a table, or as lines with tabs."""
    if as_json:
        print_json([{"name": name, "open": count} for name, count in tally.items()])
    elif tally and sys.stdout.isatty():
        from taskcore_cli import tables  # only a terminal waits for these

        tables.print_tally(tally, heading)
    else:
        print_tally(tally)
