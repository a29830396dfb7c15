"""The errors: what they carry, say and are."""

from __future__ import annotations

import ast
import copy
import pickle
import re
from pathlib import Path
from uuid import UUID

import pytest

from taskcore import (
    DuplicateTask,
    InvalidTask,
    KeyReused,
    RepositoryUnavailable,
    StaleTask,
    TaskcoreError,
    TaskNotFound,
)
from taskcore.errors import HasSubtasks

ID = UUID("01890000-0000-7000-8000-000000000001")
ERRORS = [
    InvalidTask("title", "must not be empty", "empty"),
    TaskNotFound(ID),
    DuplicateTask(ID),
    StaleTask(ID, 3),
    RepositoryUnavailable("the disk is full"),
    HasSubtasks(ID),
    InvalidTask("filter", 'unknown field "tgas"', "filter", 14),
    KeyReused(ID),
    StaleTask(ID, range(3, 5)),
]
each_error = pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)


@each_error
def test_an_error_is_the_same_after_pickling(error: TaskcoreError) -> None:
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  # what this test pickled itself

    assert (repr(again), str(again), vars(again)) == (repr(error), str(error), vars(error))


@each_error
def test_an_error_is_the_same_after_copying(error: TaskcoreError) -> None:
    again = copy.copy(error)

    assert again is not error
    assert (repr(again), str(again), vars(again)) == (repr(error), str(error), vars(error))


@pytest.mark.parametrize(
    ("error", "code", "built_in", "text"),
    [
        (ERRORS[0], "invalid", ValueError, "title must not be empty"),
        (ERRORS[1], "not_found", LookupError, f"no task {ID}"),
        (ERRORS[2], "duplicate", ValueError, f"task {ID} already exists"),
        (ERRORS[3], "stale", RuntimeError, f"task {ID} is not at version 3"),
        (ERRORS[4], "unavailable", ConnectionError, "the disk is full"),
        (ERRORS[5], "has_subtasks", RuntimeError, f"task {ID} has subtasks"),
        (ERRORS[6], "invalid", ValueError, 'filter, column 14: unknown field "tgas"'),
        (
            ERRORS[7],
            "idempotency_key_reused",
            ValueError,
            f"the key was used for task {ID}, which has other content",
        ),
        (ERRORS[8], "stale", RuntimeError, f"task {ID} is not at a version that was expected"),
    ],
)
def test_an_error_has_a_code_a_built_in_base_and_a_text(
    error: TaskcoreError, code: str, built_in: type[Exception], text: str
) -> None:
    assert isinstance(error, TaskcoreError)
    assert isinstance(error, built_in)
    assert error.code == code
    assert str(error) == text


def test_errors_carry_what_a_program_needs() -> None:
    invalid = InvalidTask("title", "must not be empty", "empty")
    stale = StaleTask(ID, 3)

    assert (invalid.field, invalid.reason, invalid.kind) == ("title", "must not be empty", "empty")
    assert (invalid.column, InvalidTask("filter", "is wrong", "filter", 14).column) == (None, 14)
    assert (
        TaskNotFound(ID).id
        == DuplicateTask(ID).id
        == KeyReused(ID).id
        == HasSubtasks(ID).id
        == stale.id
        == ID
    )
    assert stale.expected == 3
    assert RepositoryUnavailable("the disk is full").reason == "the disk is full"


def kinds_of(argument: ast.expr) -> set[str]:
    """Return what an expression may be: a text, or one of two; nothing of what is handed on."""
    if isinstance(argument, ast.IfExp):
        return kinds_of(argument.body) | kinds_of(argument.orelse)
    return {ast.literal_eval(argument)} if isinstance(argument, ast.Constant) else set()


def test_the_kinds_of_invalid_tasks_that_are_documented_are_those_that_are_raised() -> None:
    raised = {
        kind
        for path in (Path(__file__).parents[1] / "src").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"InvalidTask", "mistake"}
        for kind in kinds_of(node.args[2])
    }
    _, _, rest = (InvalidTask.__doc__ or "").partition("for programs:")
    documented, _, _ = rest.partition("``column``")

    assert set(re.findall("``(.+?)``", documented)) == raised
