"""Answers made smaller: for whom, which, and what their headers say."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING
from unittest.mock import Mock

import pytest
from litestar.testing import TestClient

from taskcore.adapters.memory import MemoryRepository
from taskcore_http import create_app
from taskcore_http.edge import Edge
from taskcore_http.responses import Response
from taskcore_http.settings import Settings

if TYPE_CHECKING:
    from tests.http.conftest import Answer, Api

GZIP = {"Accept-Encoding": "gzip"}


@pytest.fixture
def long_list(api: Api) -> Api:
    """A user whose list has more than 1 KiB."""
    api.call("POST", "", [{"title": f"Task {number}"} for number in range(20)])
    return api


def get(api: Api, wanted: str | None, path: str = "") -> Answer:
    return api.call("GET", path, headers={} if wanted is None else {"Accept-Encoding": wanted})


@pytest.mark.parametrize(
    "wanted",
    [
        "gzip",
        "GZIP",
        "x-gzip",
        "gzip, deflate, br, zstd",
        "br;q=1, gzip;q=0.1",
        "*",
        "*;q=0.5",
        "identity;q=0, *",
        "gzip;q=0.5, identity;q=0.5",
    ],
)
def test_a_list_is_compressed_for_those_who_take_gzip(long_list: Api, wanted: str) -> None:
    plain, zipped = get(long_list, None), get(long_list, wanted)

    assert zipped.headers["Content-Encoding"] == "gzip"
    assert zipped.headers["Content-Length"] == str(len(zipped.body))
    assert zipped.headers["Content-Type"] == "application/json"
    assert len(zipped.body) < len(plain.body) / 4
    assert gzip.decompress(zipped.body) == plain.body


@pytest.mark.parametrize(
    "wanted",
    [
        None,
        "",
        "identity",
        "br, zstd",
        "gzip;q=0",
        "gzip;q=0.0, *",
        "*;q=0",
        "identity, gzip;q=0.5",
        "gzip;q=nonsense",
        "gz ip",
    ],
)
def test_and_for_nobody_else(long_list: Api, wanted: str | None) -> None:
    answer = get(long_list, wanted)

    assert answer.headers["Content-Encoding"] is None
    assert answer.headers["Content-Length"] == str(len(answer.body))
    assert len(answer.json) == 20


@pytest.mark.parametrize("wanted", [None, "gzip", "br"])
def test_caches_keep_both_apart(long_list: Api, wanted: str | None) -> None:
    assert get(long_list, wanted).headers.get_all("Vary") == ["Accept-Encoding"]


def test_what_is_short_stays_as_it_is_unless_that_is_refused(api: Api) -> None:
    assert get(api, "gzip").headers["Content-Encoding"] is None
    assert get(api, "gzip").headers["Vary"] is None
    refused = get(api, "gzip, identity;q=0")
    assert (refused.headers["Content-Encoding"], refused.json) == ("gzip", [])


def test_a_list_of_a_megabyte_comes_whole(api: Api) -> None:
    for _ in range(3):
        api.call("POST", "", [{"title": "x", "description": "y" * 200} for _ in range(1000)])

    assert get(api, "gzip").content == get(api, None).body
    assert len(get(api, None).body) > 1024 * 1024


def test_problems_are_compressed_as_well(api: Api) -> None:
    answer = api.call("GET", "?filter=" + "x" * 2001, headers=GZIP)
    assert answer.status == 400
    long = api.call("POST", "", {"y" * 2000: 1}, GZIP)

    assert long.headers["Content-Encoding"] == "gzip"
    long.assert_problem(400, "invalid", loc=["body", "y" * 2000], rule="unknown")


@pytest.mark.parametrize(
    "path", ["/docs", "/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js", "/openapi.json"]
)
def test_the_docs_are_compressed(api: Api, path: str) -> None:
    plain, *zipped = (api.send("GET", path, None, headers) for headers in ({}, GZIP, GZIP))

    assert plain.headers["Vary"] == ("Accept-Encoding" if len(plain.body) > 1024 else None)
    if len(plain.body) > 1024:
        for answer in zipped:
            assert len(answer.body) < len(plain.body) / 2
            assert answer.content == plain.body


def test_what_is_the_same_for_everybody_is_compressed_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compressed = []

    def compress(content: bytes, *settings: int) -> bytes:
        compressed.append(len(content))
        return zlib.compress(content, *settings)

    monkeypatch.setattr("taskcore_http.edge.compression.zlib", Mock(compress=compress))
    client = answered(b"once" * 1000, (b"cache-control", b"public"))
    for _ in range(3):
        assert client.get("/", headers=GZIP).content == b"once" * 1000

    assert compressed == [4000]


def test_the_docs_may_be_kept_by_caches_and_tasks_by_their_owners_only(api: Api) -> None:
    style = api.send("GET", "/docs/swagger-ui.css").headers["Cache-Control"]
    assert style == "public, max-age=86400"
    assert api.send("GET", "/openapi.json").headers["Cache-Control"] == "public, no-cache"
    for path in (api.path, f"{api.path}/{api.add()['id']}", "/nowhere"):
        assert api.send("GET", path).headers["Cache-Control"] == "private, no-cache"


def answered(
    content: bytes, *headers: tuple[bytes, bytes], media_type: str = "text/plain"
) -> TestClient[Edge]:
    """Return a client of an edge around an application that always answers this."""
    return TestClient(Edge(Response(content, media_type, headers=headers)))


LONG = b"0123456789" * 1000


@pytest.mark.parametrize(
    ("media_type", "headers"),
    [
        ("text/plain", [(b"etag", b'"7"')]),
        ("text/plain", [(b"content-encoding", b"br")]),
        ("image/png", []),
        ("", []),
    ],
)
def test_what_a_strong_tag_names_or_would_not_shrink_is_left_alone(
    media_type: str, headers: list[tuple[bytes, bytes]]
) -> None:
    answer = answered(LONG, *headers, media_type=media_type).get("/", headers=GZIP)

    assert answer.headers.get("Content-Encoding") != "gzip"
    assert "Vary" not in answer.headers
    if "Content-Encoding" not in answer.headers:
        assert answer.content == LONG


def test_what_a_weak_tag_names_is_compressed_and_keeps_it() -> None:
    answer = answered(LONG, (b"etag", b'W/"7"')).get("/", headers=GZIP)

    assert (answer.headers["ETag"], answer.headers["Vary"]) == ('W/"7"', "Accept-Encoding")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.content == LONG


def test_a_304_varies_as_the_answer_that_it_stands_for() -> None:
    assert answered(b"", (b"etag", b'W/"7"')).get("/").headers["Vary"] == "Accept-Encoding"
    assert "Vary" not in answered(b"", (b"etag", b'"7"')).get("/").headers


def test_a_user_whose_pages_may_call_from_elsewhere_gets_both_reasons_to_vary() -> None:
    settings = Settings(cors_origins=("https://app.example",))
    with TestClient(create_app(MemoryRepository(), settings)) as client:
        client.post("/api/alice/tasks", json=[{"title": "x"}] * 20)
        answer = client.get("/api/alice/tasks")

    assert set(answer.headers.get_list("Vary")) == {"Origin", "Accept-Encoding"}
