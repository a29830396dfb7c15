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
    RepositoryUnavailable,
    StaleTask,
    TaskcoreError,
    TaskNotFound,
)

ID = UUID("01890000-0000-7000-8000-000000000001")
ERRORS = [
    InvalidTask("title", "must not be empty", "empty"),
    TaskNotFound(ID),
    DuplicateTask(ID),
    StaleTask(ID, 3),
    RepositoryUnavailable("the disk is full"),
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
        (ERRORS[3], "stale", RuntimeError, f"task {ID} is no longer at version 3"),
        (ERRORS[4], "unavailable", ConnectionError, "the disk is full"),
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
    assert TaskNotFound(ID).id == DuplicateTask(ID).id == stale.id == ID
    assert stale.expected == 3
    assert RepositoryUnavailable("the disk is full").reason == "the disk is full"


def test_the_kinds_of_invalid_tasks_that_are_documented_are_those_that_are_raised() -> None:
    raised = {
        ast.literal_eval(node.args[2])
        for path in (Path(__file__).parents[1] / "src").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "InvalidTask"
    }
    _, documented = (InvalidTask.__doc__ or "").split("for programs:")

    assert set(re.findall("``(.+?)``", documented)) == raised
