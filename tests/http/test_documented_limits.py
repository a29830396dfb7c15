"""What docs/http.md says of limits is what the server does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from taskcore import batching
from taskcore_http import limits, process
from taskcore_http.edge.edge import PATIENCE
from taskcore_http.problems import ARRAY_LIMIT, BODY_LIMIT, FIELD_LIMIT, HEAD_LIMIT, URI_LIMIT

TEXT = (Path(__file__).parents[2] / "docs" / "http.md").read_text()
SECTION = TEXT.partition("## Limits and time")[2].partition("\n## ")[0]


@pytest.mark.parametrize(
    ("row", "figures"),
    [
        ("path and query", [URI_LIMIT // 1024]),
        ("header fields", [FIELD_LIMIT, HEAD_LIMIT // 1024]),
        ("body", [BODY_LIMIT // 1024, ARRAY_LIMIT // 1024**2]),
        ("from the first byte", [limits.HEAD_SECONDS]),
        ("from there to the end", [limits.BODY_SECONDS]),
        ("from there to the answer", [PATIENCE]),
        ("operations that wait", [batching.QUEUE]),
        ("a client that takes none", [limits.READING_SECONDS]),
        ("a connection with nothing", [limits.KEEP_ALIVE_SECONDS]),
        ("connections", [limits.CONNECTIONS]),
    ],
)
def test_the_limits_are_those_that_there_are(row: str, figures: list[float]) -> None:
    [said] = re.findall(rf"\n\| {row}.*? \| (.*?) \|", SECTION)

    assert [float(one.replace(",", "")) for one in re.findall(r"\d[\d,]*", said)] == figures


def test_the_time_to_stop_is_that_there_is() -> None:
    assert f"for up to {process.GRACE} s" in TEXT
    assert f"After {process.STOPPING:g} s at the most" in TEXT
