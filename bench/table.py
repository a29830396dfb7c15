"""Figures as a Markdown table."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def print_table(rows: str, columns: Mapping[str, Mapping[str, float]], caption: str) -> None:
    """Print a row for each name in the columns; ``rows`` says what those names are."""
    first = next(iter(columns.values()))
    print(f"\n{caption}:\n\n| {rows} | {' | '.join(columns)} |")
    print("|---|" + "---:|" * len(columns))
    for name in first:
        print(f"| {name} | {' | '.join(f'{column[name]:.0f}' for column in columns.values())} |")
