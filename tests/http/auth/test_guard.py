"""What needs a token, and whose tasks one opens."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from litestar.testing import TestClient
from tests.http.auth.issuing import SECRET, bearer, token

from taskcore.adapters.memory import MemoryRepository
from taskcore_http import create_app
from taskcore_http.docs import openapi_document
from taskcore_http.settings import Settings

if TYPE_CHECKING:
    from litestar.types import ASGIApp
    from tests.http.auth.conftest import Serve

CHALLENGE = 'Bearer realm="taskcore"'
OPERATIONS = [
    (method.upper(), path)
    for path, item in json.loads(openapi_document())["paths"].items()
    for method in item
    if not path.startswith("/health/")
]


def assert_unauthenticated(answer: Any) -> None:
    """Assert that it is a 401 that asks for a token, without an error (RFC 6750, section 3.1)."""
    assert answer.status_code == 401, answer.text
    assert answer.headers["WWW-Authenticate"] == CHALLENGE
    assert answer.headers["Content-Type"] == "application/problem+json"


def at(path: str, user_id: str, task_id: object = "01890a5d-ac96-774b-bcce-b302099a8057") -> str:
    return path.format(user_id=user_id, task_id=task_id)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_no_call_is_answered_without_a_token(
    client: TestClient[ASGIApp], method: str, path: str
) -> None:
    answer = client.request(method, at(path, "alice"))

    assert_unauthenticated(answer)
    assert answer.json()["code"] == "unauthenticated"


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_no_call_is_answered_with_the_token_of_another_user_who_learns_nothing(
    client: TestClient[ASGIApp], method: str, path: str
) -> None:
    alice, bob = bearer(token()), bearer(token(sub="bob"))
    made = client.post("/api/alice/tasks", headers=alice, json={"title": "x"}).json()["id"]

    answers = [
        client.request(method, at(path, user_id, task_id) + query, headers=bob)
        for user_id in ("alice", "nobody", "al%00ice")
        for task_id in (made, uuid4(), "no-id")
        for query in ("", "?nonsense=1")
    ]

    expected = {
        "type": "about:blank",
        "title": "Forbidden",
        "status": 403,
        "detail": "the token is another user's",
        "code": "forbidden",
    }
    for answer in answers:
        problem = answer.json()
        assert problem.pop("request_id") == answer.headers["X-Request-ID"]
        assert problem == expected
        assert answer.headers["Content-Type"] == "application/problem+json"
    [task] = client.get("/api/alice/tasks", headers=alice).json()
    assert (task["id"], task["version"]) == (made, 1)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_call_is_answered_with_ones_own_token(
    client: TestClient[ASGIApp], method: str, path: str
) -> None:
    answer = client.request(method, at(path, "alice"), headers=bearer(token()), json={})

    assert answer.status_code in {200, 201, 400, 404}


@pytest.mark.parametrize(
    "path",
    ["/nowhere", "/api", "/api/alice", "/apis/alice/tasks", "/docs/a/b", "/health", "/metrics"],
)
def test_an_address_that_is_not_public_needs_a_token_whether_there_is_anything_or_not(
    client: TestClient[ASGIApp], path: str
) -> None:
    assert_unauthenticated(client.get(path))
    assert_unauthenticated(client.delete(path))
    assert client.get(path, headers=bearer(token())).status_code in {200, 404}


@pytest.mark.parametrize("path", ["/api/alice/tasks", "/nowhere"])
def test_a_head_needs_a_token_as_a_get_does(client: TestClient[ASGIApp], path: str) -> None:
    refused = client.head(path)

    assert_unauthenticated(refused)
    assert refused.content == b""
    assert client.head("/api/alice/tasks", headers=bearer(token())).status_code == 200
    assert client.head("/api/bob/tasks", headers=bearer(token())).status_code == 403


def test_a_method_that_an_address_does_not_take_needs_a_token(client: TestClient[ASGIApp]) -> None:
    assert_unauthenticated(client.put("/api/alice/tasks"))
    assert client.put("/api/alice/tasks", headers=bearer(token())).status_code == 405


@pytest.mark.parametrize(
    "path", ["/", "/docs", "/docs/", "/docs/swagger-ui.css", "/docs/start.js", "/openapi.json"]
)
def test_the_docs_are_for_everybody(client: TestClient[ASGIApp], path: str) -> None:
    assert client.get(path).status_code == 200
    assert client.head(path).status_code == 200
    assert client.get(path, headers=bearer("garbage")).status_code == 200


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/docs/nothing"])
def test_a_public_address_needs_no_token_whether_there_is_anything_or_not(
    client: TestClient[ASGIApp], path: str
) -> None:
    assert client.get(path).status_code in {200, 404}


@pytest.mark.parametrize("path", ["/api/alice/tasks", "/nowhere"])
def test_options_needs_no_token_and_touches_nothing(client: TestClient[ASGIApp], path: str) -> None:
    answer = client.options(path)

    assert answer.status_code in {200, 204, 404}
    assert "WWW-Authenticate" not in answer.headers


def test_a_page_of_an_allowed_origin_may_ask_to_send_a_token(serve: Serve) -> None:
    client = serve(cors_origins=("https://app.example",))

    answer = client.options(
        "/api/alice/tasks",
        headers={
            "Origin": "https://app.example",
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "authorization",
        },
    )

    assert answer.status_code in {200, 204}
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert "authorization" in answer.headers["Access-Control-Allow-Headers"].lower()


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic YWxpY2U6eA==", "Token {}", "{}", "Bearer{}"]
)
def test_credentials_of_another_kind_are_as_good_as_none(
    client: TestClient[ASGIApp], header: str
) -> None:
    headers = {"Authorization": header.format(token())}

    assert_unauthenticated(client.get("/api/alice/tasks", headers=headers))


@pytest.mark.parametrize("header", ["bearer {}", "BEARER {}", "Bearer   {}"])
def test_the_scheme_is_known_in_any_case(client: TestClient[ASGIApp], header: str) -> None:
    headers = {"Authorization": header.format(token())}

    assert client.get("/api/alice/tasks", headers=headers).status_code == 200


@pytest.mark.parametrize("root", ["/v1", "/v1/"])
def test_below_another_application_the_same_is_public(serve: Serve, root: str) -> None:
    client = serve(root_path=root)

    for path in ("/docs", "/v1/docs", "/v1/", "/v1/openapi.json"):
        assert client.get(path).status_code == 200, path
    assert client.get("/", follow_redirects=False).headers["Location"] == "/v1/docs"
    for path in ("/v1/api/alice/tasks", "/api/alice/tasks", "/v1/nowhere"):
        assert_unauthenticated(client.get(path))
    assert client.get("/v1/api/alice/tasks", headers=bearer(token())).status_code == 200
    assert client.get("/v1/api/bob/tasks", headers=bearer(token())).status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "//api//bob/tasks",
        "/api/bob/tasks/",
        "//api///bob//tasks///",
        "/docs/v1/api/bob/tasks",
        "/v1/v1/api/bob/tasks",
        "/api/alice/v1/api/bob/tasks",
        "/docs/../api/bob/tasks",
        "/docs%2Fv1/api/bob/tasks",
        "/api/%62ob/tasks",
    ],
)
@pytest.mark.parametrize("root", ["", "/v1", "/docs", "/docs/v1", "/"])
def test_no_way_to_write_a_path_leads_to_the_tasks_of_another(
    serve: Serve, path: str, root: str
) -> None:
    client = serve(root_path=root)

    assert client.get(path).status_code in {401, 404}
    assert client.get(path, headers=bearer(token())).status_code in {403, 404}
    assert client.head(path).status_code in {401, 404}


def test_a_user_who_looks_like_the_subject_is_another(client: TestClient[ASGIApp]) -> None:
    for other in ("Alice", "alice%20", "%20alice", "al%C4%B1ce", "alice%E2%80%8B"):
        answer = client.get(f"/api/{other}/tasks", headers=bearer(token()))

        assert answer.status_code == 403, other


def test_with_authentication_off_tokens_are_not_looked_at() -> None:
    app = create_app(MemoryRepository(), Settings(jwt_key=SECRET))
    with TestClient(app) as client:
        for headers in ({}, bearer("garbage"), bearer(token(sub="bob"))):
            assert client.get("/api/alice/tasks", headers=headers).status_code == 200


def test_a_request_past_the_guard_is_refused_where_its_user_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing of the guard's, so that the second lock is tried on its own."""
    monkeypatch.setattr("taskcore_http.app.authentication", lambda _: ())
    app = create_app(MemoryRepository(), Settings(auth="jwt", jwt_key=SECRET))

    with TestClient(app) as client:
        for method, path in OPERATIONS:
            assert_unauthenticated(client.request(method, at(path, "alice")))


def test_the_document_asks_for_tokens_where_they_are_needed(client: TestClient[ASGIApp]) -> None:
    document = client.get("/openapi.json").json()

    [scheme] = document["components"]["securitySchemes"].values()
    assert (scheme["type"], scheme["scheme"], scheme["bearerFormat"]) == ("http", "bearer", "JWT")
    assert document["security"] == [
        {name: [] for name in document["components"]["securitySchemes"]}
    ]
    for path, item in document["paths"].items():
        for operation in item.values():
            if path.startswith("/health/"):
                assert operation["security"] == []
                continue
            refused, forbidden = (operation["responses"][status] for status in ("401", "403"))
            assert set(refused["headers"]) == {"WWW-Authenticate", "X-Request-ID"}
            assert set(forbidden["headers"]) == {"X-Request-ID"}
            assert "WWW-Authenticate" in operation["responses"]["400"]["headers"]
            for response in (refused, forbidden):
                assert response["description"]
                assert response["content"] == operation["responses"]["500"]["content"]


def test_the_document_asks_for_none_with_authentication_off() -> None:
    document = openapi_document(Settings())

    assert b"bearer" not in document.lower()
    assert b'"401"' not in document
    assert b'"403"' not in document


def test_the_document_has_the_path_that_the_application_is_at(serve: Serve) -> None:
    assert serve().get("/openapi.json").json()["servers"] == [{"url": "/"}]
    below = serve(root_path="/a b").get("/openapi.json")

    assert below.json()["servers"] == [{"url": "/a%20b"}]
