"""The OpenAPI document: 3.1, whole, and true. The client checks each answer against it as well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.http.conftest import Api

CALLS = {
    ("get", "/api/{user_id}/tasks"): ("200", {"400", "500", "503"}),
    ("post", "/api/{user_id}/tasks"): ("201", {"400", "413", "415", "500", "503"}),
    ("get", "/api/{user_id}/tasks/{task_id}"): ("200", {"400", "404", "500", "503"}),
    ("put", "/api/{user_id}/tasks/{task_id}"): (
        "200",
        {"400", "404", "413", "415", "500", "503"},
    ),
    ("delete", "/api/{user_id}/tasks/{task_id}"): ("200", {"400", "404", "500", "503"}),
    ("patch", "/api/{user_id}/tasks/{task_id}/complete"): (
        "200",
        {"400", "404", "413", "415", "500", "503"},
    ),
}
TYPES = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "null": type(None),
    "array": list,
    "object": dict,
}


@pytest.fixture
def document(api: Api) -> dict[str, Any]:
    answer = api.send("GET", "/openapi.json")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    document: dict[str, Any] = answer.json
    return document


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def resolve(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        found: Any = document
        for key in schema["$ref"].removeprefix("#/").split("/"):
            found = found[key]
        schema = found
    return schema


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def fits(document: dict[str, Any], schema: dict[str, Any], value: object) -> bool:
    """Whether the value is what the schema says, as far as our answers use schemas."""
    schema = resolve(document, schema)
    if "oneOf" in schema or "anyOf" in schema:
        kinds = schema.get("oneOf") or schema["anyOf"]
        return any(fits(document, kind, value) for kind in kinds)
    kind = schema["type"]
    allowed = tuple(TYPES[name] for name in ([kind] if isinstance(kind, str) else kind))
    if not isinstance(value, allowed) or (type(value) is bool and bool not in allowed):
        return False
    if isinstance(value, list):
        return all(fits(document, schema["items"], one) for one in value)
    if isinstance(value, dict):
        properties = schema.get("properties")
        if properties is None:
            extra = schema["additionalProperties"]
            return all(fits(document, extra, one) for one in value.values())
        return (
            set(schema.get("required", ())) <= set(value)
            and set(value) <= set(properties)
            and all(fits(document, properties[name], one) for name, one in value.items())
        )
    return True


def test_the_document_is_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    assert document["info"]["title"] == "taskcore"
    assert document["info"]["version"]
    for reference in references(document):
        assert resolve(document, {"$ref": reference})


def test_the_document_has_the_six_calls_and_nothing_else(document: dict[str, Any]) -> None:
    assert {(method, path) for method, path, _ in operations(document)} == CALLS.keys()
    names = [operation["operationId"] for *_, operation in operations(document)]
    assert len(set(names)) == 6
    assert all(operation["summary"] for *_, operation in operations(document))


def test_every_call_names_its_statuses_and_what_they_mean(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        good, bad = CALLS[method, path]
        assert set(operation["responses"]) == {good, *bad}
        for status, response in operation["responses"].items():
            assert response["description"]
            kind = "application/json" if status == good else "application/problem+json"
            assert list(response["content"]) == [kind]


def test_every_call_names_its_path_parameters(document: dict[str, Any]) -> None:
    for _, path, operation in operations(document):
        parameters = {one["name"]: one for one in operation["parameters"]}
        assert set(parameters) == {name for name in ("user_id", "task_id") if f"{{{name}}}" in path}
        for parameter in parameters.values():
            assert (parameter["in"], parameter["required"]) == ("path", True)
        assert parameters["user_id"]["schema"]["maxLength"] == 255
        if "task_id" in parameters:
            assert parameters["task_id"]["schema"]["format"] == "uuid"


@pytest.mark.parametrize(
    ("method", "path", "fields", "required"),
    [
        ("post", "/api/{user_id}/tasks", {"title", "description"}, ["title"]),
        (
            "put",
            "/api/{user_id}/tasks/{task_id}",
            {"title", "description", "completed"},
            [],
        ),
        ("patch", "/api/{user_id}/tasks/{task_id}/complete", {"completed"}, []),
    ],
)
def test_bodies_are_described_as_they_are_judged(
    document: dict[str, Any], method: str, path: str, fields: set[str], required: list[str]
) -> None:
    body = document["paths"][path][method]["requestBody"]

    assert body.get("required", False) is (method != "patch")
    [(kind, content)] = body["content"].items()
    assert kind == "application/json"
    schema = resolve(document, content["schema"])
    assert set(schema["properties"]) == fields
    assert schema.get("required", []) == required
    assert schema["additionalProperties"] is False
    if "title" in fields:
        title, description = schema["properties"]["title"], schema["properties"]["description"]
        assert (title["type"], title["minLength"], title["maxLength"]) == ("string", 1, 200)
        assert (set(description["type"]), description["maxLength"]) == ({"string", "null"}, 1000)


def test_only_calls_that_take_a_body_describe_one(document: dict[str, Any]) -> None:
    with_body = {
        method for method, _, operation in operations(document) if "requestBody" in operation
    }

    assert with_body == {"post", "put", "patch"}


def test_answers_are_what_their_schemas_say(api: Api, document: dict[str, Any]) -> None:
    one, all_, complete = paths = (
        "/api/{user_id}/tasks/{task_id}",
        "/api/{user_id}/tasks",
        "/api/{user_id}/tasks/{task_id}/complete",
    )
    assert set(document["paths"]) == set(paths)
    task = api.add(description="2 l")
    path = f"/{task['id']}"
    answers = [
        (all_, "post", api.call("POST", "", {"title": "x"})),
        (all_, "post", api.call("POST", "", {"title": ""})),
        (all_, "get", api.call("GET")),
        (one, "get", api.call("GET", path)),
        (one, "put", api.call("PUT", path, {})),
        (complete, "patch", api.call("PATCH", f"{path}/complete")),
        (one, "delete", api.call("DELETE", path)),
        (one, "get", api.call("GET", path)),
    ]
    for template, method, answer in answers:
        response = document["paths"][template][method]["responses"][str(answer.status)]
        schema = response["content"][answer.headers["Content-Type"]]["schema"]
        assert fits(document, schema, answer.json), (template, method, answer, schema)
        # And the check can tell.
        assert not fits(document, schema, "something else")
