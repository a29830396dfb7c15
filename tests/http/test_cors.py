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
    assert answer.status in ({200, 204, 400})
    return {name.lower(): value for name, value in answer.headers.items()}


@pytest.mark.parametrize("origin", [ORIGIN, "http://localhost:3000"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_a_preflight_of_an_allowed_origin_allows_each_call(
    cors_api: Api, origin: str, method: str
) -> None:
    headers = preflight(cors_api, origin, method)

    assert headers["access-control-allow-origin"] == origin
    assert method in headers["access-control-allow-methods"]
    assert "content-type" in headers["access-control-allow-headers"].lower()


def test_a_preflight_of_another_origin_allows_nothing(cors_api: Api) -> None:
    assert "access-control-allow-origin" not in preflight(cors_api, OTHER, "POST")


def test_an_allowed_origin_may_read_answers_and_their_headers(cors_api: Api) -> None:
    answer = cors_api.send("POST", cors_api.path, b'{"title": "x"}', {**JSON, "Origin": ORIGIN})

    assert answer.status == 201
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    exposed = answer.headers["Access-Control-Expose-Headers"]
    assert set(exposed.split(", ")) == {"Link", "Location", "Retry-After"}
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

    assert "Access-Control-Allow-Origin" not in answer.headers


def test_credentials_are_not_allowed(cors_api: Api) -> None:
    answer = cors_api.send("GET", cors_api.path, None, {"Origin": ORIGIN})

    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_a_star_allows_every_origin(start: Start) -> None:
    api = start(TASKCORE_DATABASE_URL="memory:", TASKCORE_CORS_ORIGINS="*").api()

    answer = api.send("GET", api.path, None, {"Origin": OTHER})

    assert answer.headers["Access-Control-Allow-Origin"] in {"*", OTHER}
    assert preflight(api, OTHER, "PATCH")["access-control-allow-origin"] in {"*", OTHER}


def test_without_the_setting_no_origin_is_allowed(api: Api) -> None:
    answer = api.send("GET", api.path, None, {"Origin": ORIGIN})

    assert answer.status == 200
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "access-control-allow-origin" not in preflight(api, ORIGIN, "POST")
