"""docs/http.md: it names every call, parameter, field, problem and rule that there is."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from taskcore.adapters.memory import MemoryRepository
from taskcore_http import create_app
from taskcore_http.docs import openapi_document
from taskcore_http.settings import Settings

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
