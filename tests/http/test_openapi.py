"""The OpenAPI document: 3.1, whole, and true. The client checks each answer against it as well."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from tests.http.conftest import fits, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.http.conftest import Api

ANY = {"406", "408", "414", "429", "431"}
HEALTH = ANY - {"429"}
CALLS: dict[tuple[str, str], tuple[set[str], set[str]]] = {
    ("get", "/health/live"): ({"200"}, set()),
    ("get", "/health/ready"): ({"200"}, {"500", "503"}),
    ("get", "/api/{user_id}/tasks"): ({"200", "304"}, {"400", "412", "500", "503"}),
    ("post", "/api/{user_id}/tasks"): (
        {"201", "207"},
        {"400", "409", "413", "415", "422", "500", "503"},
    ),
    ("get", "/api/{user_id}/tasks/count"): ({"200", "304"}, {"400", "412", "500", "503"}),
    ("get", "/api/{user_id}/projects"): ({"200", "304"}, {"400", "412", "500", "503"}),
    ("get", "/api/{user_id}/tags"): ({"200", "304"}, {"400", "412", "500", "503"}),
    ("get", "/api/{user_id}/tasks/{task_id}"): (
        {"200", "304"},
        {"400", "404", "412", "500", "503"},
    ),
    ("patch", "/api/{user_id}/tasks/{task_id}"): (
        {"200"},
        {"400", "404", "412", "413", "415", "500", "503"},
    ),
    ("put", "/api/{user_id}/tasks/{task_id}"): (
        {"200"},
        {"400", "404", "412", "413", "415", "500", "503"},
    ),
    ("delete", "/api/{user_id}/tasks/{task_id}"): (
        {"200"},
        {"400", "404", "409", "412", "500", "503"},
    ),
    ("patch", "/api/{user_id}/tasks/{task_id}/complete"): (
        {"200"},
        {"400", "404", "412", "413", "415", "500", "503"},
    ),
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


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_the_document_is_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    assert document["info"]["title"] == "taskcore"
    assert document["info"]["version"]
    for reference in references(document):
        assert resolve(document, {"$ref": reference})


def test_the_document_has_the_calls_and_nothing_else(document: dict[str, Any]) -> None:
    assert {(method, path) for method, path, _ in operations(document)} == CALLS.keys()
    names = [operation["operationId"] for *_, operation in operations(document)]
    assert len(set(names)) == len(CALLS)
    assert all(re.fullmatch("[a-z]+([A-Z][a-z]+)+", name) for name in names)
    for *_, operation in operations(document):
        assert operation["summary"]
        assert operation["description"]


def test_every_call_names_its_statuses_and_what_they_mean(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        good, bad = CALLS[method, path]
        everywhere = HEALTH if path.startswith("/health") else ANY
        assert set(operation["responses"]) == good | bad | everywhere
        for status, response in operation["responses"].items():
            assert response["description"]
            if status == "304":
                assert "content" not in response
                continue
            kind = "application/json" if status in good else "application/problem+json"
            assert list(response["content"]) == [kind]


def test_every_call_names_its_path_parameters(document: dict[str, Any]) -> None:
    for _, path, operation in operations(document):
        parameters = {one["name"]: one for one in operation["parameters"] if one["in"] == "path"}
        assert set(parameters) == {name for name in ("user_id", "task_id") if f"{{{name}}}" in path}
        for parameter in parameters.values():
            assert parameter["required"] is True
        if "user_id" in parameters:
            assert parameters["user_id"]["schema"]["maxLength"] == 255
        if "task_id" in parameters:
            assert parameters["task_id"]["schema"]["format"] == "uuid"


QUERIES = {
    "listTasks": ["filter", "order_by", "page_size", "page_token", "zone", "explain"],
    "countTasks": ["filter", "zone"],
    "deleteTask": ["subtree"],
}


def test_every_call_names_its_query_parameters_and_their_limits(document: dict[str, Any]) -> None:
    for *_, operation in operations(document):
        named = {one["name"]: one for one in operation["parameters"] if one["in"] == "query"}
        assert list(named) == QUERIES.get(operation["operationId"], [])
        for parameter in named.values():
            assert parameter["description"]
            assert parameter["required"] is False
            for example in parameter.get("examples", {}).values():
                assert fits(document, parameter["schema"], example["value"])
    schemas = {
        one["name"]: one["schema"]
        for one in document["paths"]["/api/{user_id}/tasks"]["get"]["parameters"]
    }
    assert schemas["filter"]["maxLength"] == 2000
    assert (schemas["page_size"]["minimum"], schemas["page_size"]["maximum"]) == (1, 1000)
    assert schemas["explain"]["type"] == "boolean"


def test_every_call_names_its_header_parameters_and_what_they_may_be(
    document: dict[str, Any], api: Api
) -> None:
    conditions = ["If-Match", "If-None-Match"]
    good = {
        "If-Match": ['"1", W/"x",""', "*", ',"1" ,, "\xe9",', ","],
        "If-None-Match": ["", "*", ', "1"'],
        "Idempotency-Key": [r'"a \" b"', "a"],
    }
    bad = {"If-Match": '"1" "2"', "If-None-Match": "1", "Idempotency-Key": '"a'}
    path = f"/{api.add()['id']}"
    calls = [one for one in operations(document) if not one[1].startswith("/health")]
    for method, _, operation in calls:
        named = {one["name"]: one for one in operation["parameters"] if one["in"] == "header"}
        own = ["Idempotency-Key"] if method == "post" else conditions
        assert list(named) == [*own, "X-Request-ID"]
        del named["X-Request-ID"]
        for name, parameter in named.items():
            assert parameter["required"] is False
            assert parameter["description"]
            fitting = [one["value"] for one in parameter["examples"].values()]
            assert all(fits(document, parameter["schema"], one) for one in [*fitting, *good[name]])
            assert not fits(document, parameter["schema"], bad[name])
    for name, values in good.items():
        call = partial(api.call, "POST", "", {"title": "x"})
        if name in conditions:
            call = partial(api.call, "GET", path)
        for value in values:
            assert call(headers={name: value}).status in {200, 201, 304, 412}
        assert call(headers={name: bad[name]}).status == 400


def test_every_parameter_of_a_query_that_is_documented_is_read(
    api: Api, document: dict[str, Any]
) -> None:
    values = {"page_token": api_token(api)}
    for parameter in document["paths"]["/api/{user_id}/tasks"]["get"]["parameters"]:
        if parameter["in"] == "query":
            name, schema = parameter["name"], parameter["schema"]
            examples = [one["value"] for one in parameter.get("examples", {}).values()]
            for value in examples or [values.get(name, schema.get("default"))]:
                answer = api.ask(**{name: str(value).lower() if value is False else value})
                assert answer.status == 200, (name, value, answer)


def api_token(api: Api) -> str:
    for _ in range(2):
        api.add()
    link = api.ask(page_size=1).headers["Link"]
    return dict(parse_qsl(urlsplit(link[1 : link.index(">")]).query))["page_token"]


def test_headers_of_answers_are_described(document: dict[str, Any]) -> None:
    paths = document["paths"]
    id, limit = {"X-Request-ID"}, {"RateLimit", "RateLimit-Policy"}
    cached = {"ETag", "Cache-Control"}
    found = paths["/api/{user_id}/tasks"]["get"]["responses"]
    assert set(found["200"]["headers"]) == {"Link", "Vary"} | cached | limit | id
    assert set(found["304"]["headers"]) == {"Vary"} | cached | limit | id
    assert set(found["431"]["headers"]) == id
    assert set(found["503"]["headers"]) == {"Retry-After"} | limit | id
    assert set(found["429"]["headers"]) == {"Retry-After"} | limit | id
    added = paths["/api/{user_id}/tasks"]["post"]["responses"]
    assert set(added["201"]["headers"]) == {"Location", "ETag", "Idempotency-Replayed"} | limit | id
    assert set(added["207"]["headers"]) == {"Idempotency-Replayed"} | limit | id
    one = paths["/api/{user_id}/tasks/{task_id}"]
    assert set(one["get"]["responses"]["200"]["headers"]) == cached | limit | id
    assert set(one["patch"]["responses"]["200"]["headers"]) == {"ETag"} | limit | id
    accept = {"Accept", "Accept-Encoding"}
    assert set(one["put"]["responses"]["415"]["headers"]) == accept | limit | id
    for path, patch in paths.items():
        if "patch" in patch:
            headers = set(patch["patch"]["responses"]["415"]["headers"])
            assert headers == {"Accept-Patch"} | accept | limit | id, path
    ready = paths["/health/ready"]["get"]["responses"]
    assert set(ready["200"]["headers"]) == {"Cache-Control"} | id
    assert set(ready["503"]["headers"]) == {"Retry-After"} | id
    for *_, operation in operations(document):
        for response in operation["responses"].values():
            for header in response["headers"].values():
                assert resolve(document, header)["description"]


NEW = {
    "id",
    "title",
    "description",
    "due",
    "start",
    "priority",
    "tags",
    "project",
    "parent_id",
    "extra",
}
CHANGES = NEW - {"id"} | {"completed"}
JSON, MERGE_PATCH = "application/json", "application/merge-patch+json"


@pytest.mark.parametrize(
    ("method", "path", "kinds", "fields", "required"),
    [
        ("post", "/api/{user_id}/tasks", [JSON], NEW, ["title"]),
        ("put", "/api/{user_id}/tasks/{task_id}", [JSON], CHANGES, []),
        (
            "patch",
            "/api/{user_id}/tasks/{task_id}",
            [MERGE_PATCH, JSON],
            CHANGES,
            [],
        ),
        ("patch", "/api/{user_id}/tasks/{task_id}/complete", [JSON], {"completed"}, []),
    ],
)
def test_bodies_are_described_as_they_are_judged(
    document: dict[str, Any],
    *,
    method: str,
    path: str,
    kinds: list[str],
    fields: set[str],
    required: list[str],
) -> None:
    body = document["paths"][path][method]["requestBody"]

    assert body.get("required", False) is not path.endswith("/complete")
    assert list(body["content"]) == kinds
    for content in body["content"].values():
        for example in content["examples"].values():
            assert fits(document, content["schema"], example["value"])
        schema = resolve(document, content["schema"])
        if "anyOf" in schema:
            one, many = (resolve(document, kind) for kind in schema["anyOf"])
            assert (many["type"], many["minItems"], many["maxItems"]) == ("array", 1, 1000)
            assert resolve(document, many["items"]) == one
            schema = one
        properties = schema["properties"]
        assert set(properties) == fields
        assert schema.get("required", []) == required
        assert schema["additionalProperties"] is False
        if "title" in fields:
            title, description = properties["title"], properties["description"]
            assert (title["type"], title["minLength"], title["maxLength"]) == ("string", 1, 200)
            assert set(description["type"]) == {"string", "null"}
            assert description["maxLength"] == 1000
            assert properties["project"]["maxLength"] == 100
            priority, none = properties["priority"]["anyOf"]
            assert resolve(document, priority)["enum"] == ["low", "medium", "high"]
            assert none["type"] == "null"


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("due", ["2026-11-30", "2026-11-30T09:00:00Z", None], ["tomorrow", 5, {}]),
        ("start", ["2026-11-30T09:00:00+01:00[Europe/Paris]"], ["2026-11-30T09:00:00"]),
        ("priority", ["low", "medium", "high", None], ["urgent", 1]),
        ("tags", [[], ["home"], None], ["home", [1], {}]),
        ("project", ["home.garden", None], ["", "x" * 101, 1]),
        ("parent_id", [None], ["x", 1]),
        ("extra", [{}, {"a": [None, 1.5]}, None], [[], "x"]),
        ("completed", [True, False], [None, "true", 1]),
    ],
)
def test_the_schema_of_a_field_allows_what_the_call_does(
    api: Api, document: dict[str, Any], field: str, good: list[object], bad: list[object]
) -> None:
    schema = document["components"]["schemas"]["TaskChanges"]["properties"][field]
    path = f"/{api.add()['id']}"

    for value in good:
        assert fits(document, schema, value), value
        assert api.call("PATCH", path, {"start": None, field: value}).status == 200
    for value in bad:
        assert not fits(document, schema, value), value
        assert api.call("PATCH", path, {field: value}).status == 400


def test_only_calls_that_take_a_body_describe_one(document: dict[str, Any]) -> None:
    with_body = {
        method for method, _, operation in operations(document) if "requestBody" in operation
    }

    assert with_body == {"post", "put", "patch"}


def test_answers_are_what_their_schemas_say(api: Api, document: dict[str, Any]) -> None:
    all_ = "/api/{user_id}/tasks"
    count, one, complete = f"{all_}/count", f"{all_}/{{task_id}}", f"{all_}/{{task_id}}/complete"
    projects, tags = "/api/{user_id}/projects", "/api/{user_id}/tags"
    live, ready = "/health/live", "/health/ready"
    assert set(document["paths"]) == {all_, count, one, complete, projects, tags, live, ready}
    task = api.add(
        description="2 l",
        due="2026-11-30",
        start="2026-11-29T09:00:00+01:00[Europe/Paris]",
        priority="high",
        tags=["home"],
        project="home.garden",
        extra={"color": {"name": "red", "rgb": [255, 0, 0.5]}},
    )
    child = api.add(parent_id=task["id"])
    path = f"/{task['id']}"
    answers = [
        (all_, "post", api.call("POST", "", {"title": "x"})),
        (all_, "post", api.call("POST", "", {"title": ""})),
        (all_, "post", api.call("POST", "", [{"title": "x", "due": "2026-11-30"}, 5])),
        (all_, "get", api.call("GET")),
        (all_, "get", api.ask(filter="tags:home", explain="true")),
        (all_, "get", api.ask(filter="tgas:home")),
        (count, "get", api.ask("/tasks/count")),
        (projects, "get", api.ask("/projects")),
        (tags, "get", api.ask("/tags")),
        (one, "get", api.call("GET", path)),
        (one, "get", api.call("GET", f"/{child['id']}")),
        (one, "put", api.call("PUT", path, {})),
        (one, "patch", api.call("PATCH", path, {"due": "2026-11-30T09:00:00Z"})),
        (complete, "patch", api.call("PATCH", f"{path}/complete")),
        (one, "delete", api.call("DELETE", path)),
        (one, "delete", api.call("DELETE", f"{path}?subtree=true")),
        (one, "get", api.call("GET", path)),
        (live, "get", api.send("GET", live)),
        (ready, "get", api.send("GET", ready)),
    ]
    for template, method, answer in answers:
        response = document["paths"][template][method]["responses"][str(answer.status)]
        content = response["content"][answer.headers["Content-Type"]]
        assert fits(document, content["schema"], answer.json), (template, method, answer, content)
        for example in content.get("examples", {}).values():
            assert fits(document, content["schema"], example["value"]), example
        # And the check can tell.
        assert not fits(document, content["schema"], "something else")
    assert {(template, method) for template, method, _ in answers} == {
        (path, method) for method, path in CALLS
    }
