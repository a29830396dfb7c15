"""docs/http.md: it names every call, parameter, field, problem and rule that there is."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from taskcore_http.docs import openapi_document
from taskcore_http.problems import _FORESEEN
from taskcore_http.telemetry.metrics import Metrics

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


def test_every_metric_is_in_the_docs() -> None:
    text = Metrics().text().decode()

    # When a counter was made is counted by the client, for each of them.
    for name in re.findall(r"^# TYPE (\w+)(?<!_created) ", text, re.MULTILINE):
        assert f"`{name}`" in TEXT


def test_every_status_and_code_is_in_the_table_of_errors() -> None:
    for status, (code, _) in _FORESEEN.items():
        assert f"| {int(status)} | `{code}` |" in TEXT
