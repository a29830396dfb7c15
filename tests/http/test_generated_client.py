"""A client that openapi-python-client generates from the document does what its names say."""

from __future__ import annotations

import importlib
import os
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.http.conftest import Api

pytestmark = pytest.mark.client


class Calls:
    """The generated package, and a client of it."""

    def __init__(self, directory: Path, api: Api) -> None:
        sys.path.insert(0, str(directory.parent))
        self.package = directory.name
        self.client = self.module("client").Client(base_url=api.address)
        self.user_id = api.user_id

    def module(self, name: str) -> Any:
        return importlib.import_module(f"{self.package}.{name}")

    def new_task(self, **fields: object) -> Any:
        return self.module("models").NewTask(**fields)

    def call(self, name: str, /, *path: object, **arguments: object) -> Any:
        return self.module(f"api.tasks.{name}").sync(
            self.user_id, *path, client=self.client, **arguments
        )


@pytest.fixture
def calls(api: Api) -> Iterator[Calls]:
    calls = Calls(Path(os.environ["TASKCORE_GENERATED_CLIENT"]), api)
    with calls.client:
        yield calls


def test_a_task_is_made_read_found_changed_and_removed(calls: Calls) -> None:
    models = calls.module("models")
    new = calls.new_task(title="Call the bank", due=date(2026, 11, 30), tags=["money"])

    task = calls.call("create_task", body=new)
    assert (task.title, task.due, task.tags) == ("Call the bank", date(2026, 11, 30), ["money"])
    assert isinstance(task.id, UUID)
    assert calls.call("get_task", task.id) == task
    assert calls.call("list_tasks", filter_="tags:money") == [task]
    assert calls.call("count_tasks").count == 1
    assert calls.call("list_tags")[0].name == "money"

    high = models.TaskChanges(priority=models.Priority.HIGH)
    assert calls.call("update_task", task.id, body=high).priority is models.Priority.HIGH
    done = models.ToggleTaskCompletionBody(completed=True)
    assert calls.call("toggle_task_completion", task.id, body=done).completed
    assert calls.call("delete_task", task.id).message == "Task deleted successfully"
    assert calls.call("list_tasks") == []


def test_many_tasks_are_answered_in_their_places(calls: Calls) -> None:
    good, bad = calls.call(
        "create_task", body=[calls.new_task(title="Buy milk"), calls.new_task(title="")]
    )

    assert (good.status, good.task.title) == (201, "Buy milk")
    assert (bad.status, bad.problem.errors[0].loc) == (400, ["body", 1, "title"])


def test_a_refusal_is_a_problem(calls: Calls) -> None:
    problem = calls.call("get_task", uuid4())

    assert isinstance(problem, calls.module("models").Problem)
    assert (problem.status, problem.code) == (404, "not_found")
