"""What is said of a schema: whether it is what this taskcore needs, and what to do if not."""

from __future__ import annotations

import pytest

from taskcore import RepositoryUnavailable
from taskcore.adapters.schema import SchemaStatus


@pytest.mark.parametrize(
    ("found", "expected", "said"),
    [(2, 2, "schema 2 is up to date"), (None, None, "no schema needed")],
)
def test_what_is_as_it_must_be_is_current(
    found: int | None, expected: int | None, said: str
) -> None:
    status = SchemaStatus("Storage", found, expected)

    status.require_current()
    assert (status.is_current, status.is_behind, str(status)) == (True, False, said)


@pytest.mark.parametrize(
    ("found", "behind", "clues"),
    [
        (None, True, ["no schema yet", "run 'taskcore db upgrade'"]),
        (9, True, ["schema 9 ", "older", " 10", "run 'taskcore db upgrade'"]),
        (11, False, ["schema 11", "newer", " 10", "update taskcore"]),
    ],
)
def test_what_is_not_is_refused_with_what_to_do(
    found: int | None,
    behind: bool,  # noqa: FBT001  # a parameter of the test
    clues: list[str],
) -> None:
    status = SchemaStatus("Storage", found, 10)

    with pytest.raises(RepositoryUnavailable) as caught:
        status.require_current()

    advice = ", or open it with upgrade=True" if status.is_behind else ""
    assert caught.value.reason == f"Storage: {status}{advice}"
    assert (status.is_current, status.is_behind) == (False, behind)
    assert [clue for clue in clues if clue not in str(status)] == []
