"""docs/http.md: it names every call, parameter, field, problem and rule that there is."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from taskcore.adapters.memory import MemoryRepository
from taskcore_http import create_app
from taskcore_http.docs import openapi_document
from taskcore_http.settings import Settings
from taskcore_http.telemetry.metrics import Metrics

if TYPE_CHECKING:
    from tests.http.conftest import Start

TEXT = (Path(__file__).parents[2] / "docs" / "http.md").read_text()
DOCUMENT: dict[str, Any] = json.loads(openapi_document())
OPERATIONS = [
    (method.upper(), path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=str)
def test_a_call_and_its_parameters_and_statuses_are_in_the_docs(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    assert f"`{method} {path}" in TEXT
    for parameter in operation["parameters"]:
        assert parameter["name"] in TEXT
    for status in operation["responses"]:
        assert re.search(rf"\b{status}\b", TEXT)


def test_every_field_of_a_task_is_in_the_docs() -> None:
    for field in DOCUMENT["components"]["schemas"]["TaskBody"]["properties"]:
        assert f'"{field}": ' in TEXT
        assert f"`{field}`" in TEXT.replace("`task_id`", "`id`")


def test_the_docs_have_no_parameter_that_no_call_has() -> None:
    known = {one["name"] for *_, operation in OPERATIONS for one in operation["parameters"]}
    for query in re.findall(r"\?([a-z_&=]+)`", TEXT):
        assert {part.partition("=")[0] for part in query.split("&")} <= known


def test_the_examples_of_what_is_seen_from_outside_are_what_the_server_answers(
    start: Start,
) -> None:
    section = TEXT[TEXT.index("## Seen from outside") :]
    examples = re.findall(r"\$ (curl .*)\n((?:(?!\$ |```).*\n)+)", section)
    address = start(TASKCORE_DATABASE_URL="memory:", TASKCORE_METRICS="on").address
    # What is counted in one example was done in another.
    order = sorted(examples, key=lambda example: "/metrics" in example[0])

    for command, expected in order:
        done = subprocess.run(  # noqa: S602  # the examples are meant for a shell
            command.replace("http://localhost:8000", address),
            shell=True,
            capture_output=True,
            check=True,
            timeout=30,
            text=True,
        )
        answered = done.stdout.splitlines()
        assert [line for line in expected.splitlines() if line not in answered] == []
    assert len(examples) == 4


def test_every_metric_is_in_the_docs() -> None:
    text = Metrics().text().decode()

    # When a counter was made is counted by the client, for each of them.
    for name in re.findall(r"^# TYPE (\w+)(?<!_created) ", text, re.MULTILINE):
        assert f"`{name}`" in TEXT


def test_the_example_of_a_task_is_what_the_api_answers() -> None:
    from litestar.testing import TestClient

    sent, answered = re.findall(
        r"-d '(\{.*?\})'\n```\n\n```json\n(\{.*?\n\})\n```", TEXT, re.DOTALL
    )[0]
    with TestClient(create_app(MemoryRepository(), Settings())) as client:
        task = client.post("/api/alice/tasks", json=json.loads(sent)).json()

    expected = json.loads(answered)
    assert list(task) == list(expected)
    made = {name: task[name] for name in ("id", "created_at", "updated_at")}
    assert task == expected | made
