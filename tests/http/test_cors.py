"""CORS: pages of the origins that are allowed may call, also to read errors; no others."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from tests.http.conftest import Api, Start

ORIGIN = "https://app.example"
OTHER = "https://evil.example"
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="session")
def cors_api(start_all: Start) -> Api:
    return start_all(
        TASKCORE_DATABASE_URL="memory:",
        TASKCORE_CORS_ORIGINS=f"{ORIGIN}, http://localhost:3000",
    ).api()


def preflight(api: Api, origin: str, method: str) -> dict[str, str]:
    answer = api.send(
        "OPTIONS",
        f"{api.path}/{uuid4()}",
        None,
        {
            "Origin": origin,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "content-type",
        },
    )
    assert (answer.status, answer.body) == (204, b"")
    return {name.lower(): value for name, value in answer.headers.items()}


@pytest.mark.parametrize("origin", [ORIGIN, "http://localhost:3000"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_a_preflight_of_an_allowed_origin_allows_each_call(
    cors_api: Api, origin: str, method: str
) -> None:
    headers = preflight(cors_api, origin, method)

    assert headers["access-control-allow-origin"] == origin
    assert method in headers["access-control-allow-methods"]
    assert set(headers["access-control-allow-headers"].split(", ")) == {
        "Content-Type",
        "Authorization",
        "If-Match",
        "If-None-Match",
        "Idempotency-Key",
        "X-Request-ID",
    }
    assert headers["vary"] == "Origin"
    assert headers["access-control-max-age"] == "7200"


def test_a_preflight_of_another_origin_allows_nothing(cors_api: Api) -> None:
    assert "access-control-allow-origin" not in preflight(cors_api, OTHER, "POST")


def test_an_allowed_origin_may_read_answers_and_their_headers(cors_api: Api) -> None:
    answer = cors_api.send("POST", cors_api.path, b'{"title": "x"}', {**JSON, "Origin": ORIGIN})

    assert answer.status == 201
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    exposed = answer.headers["Access-Control-Expose-Headers"]
    assert set(exposed.split(", ")) == {
        "ETag",
        "Idempotency-Replayed",
        "Link",
        "Location",
        "RateLimit",
        "RateLimit-Policy",
        "Retry-After",
        "X-Request-ID",
    }
    assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize(
    ("method", "suffix", "body", "status"),
    [
        ("POST", "", b"{", 400),
        ("POST", "", b'{"title": ""}', 400),
        ("GET", "/01890a5d-ac96-774b-bcce-b302099a8057", None, 404),
        ("POST", "/x/y", None, 404),
        ("DELETE", "", None, 405),
        ("POST", "", b" " * (64 * 1024 + 1), 413),
        ("GET", "?filter=" + "x" * 8200, None, 414),
        ("TRACE", "", None, 405),
        ("PROPFIND", "", None, 405),
        ("OPTIONS", "/x/y/z", None, 404),
    ],
)
def test_an_allowed_origin_may_read_errors(
    cors_api: Api, method: str, suffix: str, body: bytes | None, status: int
) -> None:
    answer = cors_api.send(method, cors_api.path + suffix, body, {**JSON, "Origin": ORIGIN})

    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


@pytest.mark.parametrize("origin", [OTHER, "null", ORIGIN + ".evil.example", "http://app.example"])
def test_another_origin_may_read_nothing(cors_api: Api, origin: str) -> None:
    answer = cors_api.send("GET", cors_api.path, None, {"Origin": origin})

    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]
    assert answer.headers["Vary"] == "Origin"


def test_a_page_that_may_not_call_learns_nothing_from_its_preflight(cors_api: Api) -> None:
    headers = preflight(cors_api, OTHER, "POST")

    assert not [name for name in headers if name.startswith("access-control-")]
    assert headers["vary"] == "Origin"


def test_options_of_an_allowed_origin_that_are_no_preflight_are_answered_as_such(
    cors_api: Api,
) -> None:
    answer = cors_api.send("OPTIONS", cors_api.path, None, {"Origin": ORIGIN})

    assert (answer.status, answer.headers["Allow"]) == (204, "GET, HEAD, POST, OPTIONS")
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Access-Control-Allow-Methods" not in answer.headers


def test_caches_keep_answers_apart_by_origin_even_those_to_no_page(cors_api: Api) -> None:
    assert cors_api.call("GET").headers["Vary"] == "Origin"


def test_credentials_are_not_allowed(cors_api: Api) -> None:
    answer = cors_api.send("GET", cors_api.path, None, {"Origin": ORIGIN})

    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_a_star_allows_every_origin(start: Start) -> None:
    api = start(TASKCORE_DATABASE_URL="memory:", TASKCORE_CORS_ORIGINS="*").api()

    answer = api.send("GET", api.path, None, {"Origin": OTHER})

    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Vary" not in answer.headers
    assert preflight(api, OTHER, "PATCH")["access-control-allow-origin"] == "*"


def test_without_the_setting_no_origin_is_allowed(api: Api) -> None:
    answer = api.send("GET", api.path, None, {"Origin": ORIGIN})

    assert answer.status == 200
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "access-control-allow-origin" not in preflight(api, ORIGIN, "POST")
