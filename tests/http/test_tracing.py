"""Traces: a span a request, by the names of the conventions, and nothing of the users' in it."""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import TYPE_CHECKING, Any

import pytest
from litestar.testing import TestClient
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from taskcore.adapters.memory import MemoryRepository
from taskcore.errors import RepositoryUnavailable
from taskcore_http import create_app
from taskcore_http.settings import Settings
from taskcore_http.telemetry.assembly import Telemetry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from opentelemetry.sdk.trace import ReadableSpan

    from taskcore.ports import Operation

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
MARK = "mark3r"


class Away(MemoryRepository):
    def execute(self, _: Sequence[Operation[Any]]) -> list[Any]:
        raise RepositoryUnavailable("away")


@pytest.fixture
def exporter(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """Return what receives the spans of applications that are made from now on."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    # A process may set its provider only once.
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    yield exporter
    provider.shutdown()


def spans_of(exporter: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in exporter.get_finished_spans()}


def test_a_request_is_a_span_with_the_attributes_of_the_conventions(
    exporter: InMemorySpanExporter,
) -> None:
    with TestClient(create_app(MemoryRepository(), Settings())) as client:
        client.get(f"/api/{MARK}/tasks?filter={MARK}")

    span = spans_of(exporter)["GET /api/{user_id}/tasks"]
    assert span.kind is trace.SpanKind.SERVER
    assert span.parent is None
    attributes = dict(span.attributes or {})
    assert attributes.pop("server.port")
    assert attributes == {
        "http.request.method": "GET",
        "http.route": "/api/{user_id}/tasks",
        "http.response.status_code": 200,
        "url.scheme": "http",
        "server.address": "testserver.local",
        "network.protocol.version": "1.1",
    }
    assert span.status.is_unset
    assert MARK not in "".join(span.to_json() for span in exporter.get_finished_spans())


def test_a_span_has_one_below_it_for_each_wait_for_the_storage(
    exporter: InMemorySpanExporter,
) -> None:
    with TestClient(create_app(MemoryRepository(), Settings())) as client:
        task = client.post("/api/alice/tasks", json={"title": "x"}).json()
        exporter.clear()
        client.patch(f"/api/alice/tasks/{task['id']}/complete")

    *waits, request = exporter.get_finished_spans()
    assert [span.name for span in waits] == ["storage"] * 2
    assert request.start_time
    assert request.end_time
    for span in waits:
        assert span.parent == request.context
        assert span.start_time
        assert span.end_time
        assert request.start_time <= span.start_time <= span.end_time <= request.end_time


def test_a_request_belongs_to_the_trace_of_its_traceparent_which_is_logged(
    exporter: InMemorySpanExporter, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        caplog.at_level(logging.INFO, "taskcore_http"),
        TestClient(create_app(MemoryRepository(), Settings())) as client,
    ):
        client.get("/api/alice/tasks", headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})

    span = spans_of(exporter)["GET /api/{user_id}/tasks"]
    assert span.parent
    assert trace.format_trace_id(span.parent.trace_id) == TRACE
    assert trace.format_span_id(span.parent.span_id) == PARENT
    [record] = [record for record in caplog.records if record.name == "taskcore_http"]
    assert vars(record)["trace_id"] == TRACE


@pytest.mark.parametrize(
    ("method", "path", "status", "name"),
    [
        ("GET", f"/{MARK}", 404, "GET"),
        ("HEAD", "/api/alice/tasks", 200, "HEAD /api/{user_id}/tasks"),
        (MARK, "/api/alice/tasks", 405, "HTTP"),
    ],
)
def test_a_span_is_named_by_method_and_route_as_far_as_there_are(
    exporter: InMemorySpanExporter, method: str, path: str, status: int, name: str
) -> None:
    with TestClient(create_app(MemoryRepository(), Settings())) as client:
        assert client.request(method, path).status_code == status

    span = spans_of(exporter)[name]
    assert span.attributes
    assert span.attributes["http.response.status_code"] == status
    assert span.status.is_unset == (status < 500)
    assert MARK not in span.to_json().casefold()


def test_a_request_that_the_server_failed_is_an_error_with_its_code(
    exporter: InMemorySpanExporter,
) -> None:
    with TestClient(create_app(Away(), Settings())) as client:
        assert client.get("/api/alice/tasks").status_code == 503

    span = spans_of(exporter)["GET /api/{user_id}/tasks"]
    assert span.attributes
    assert span.attributes["error.type"] == "unavailable"
    assert span.status.status_code is trace.StatusCode.ERROR


def test_what_was_current_before_a_request_is_afterwards(exporter: InMemorySpanExporter) -> None:
    scope = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "http_version": "1.1",
        "path": "/nowhere",
        "raw_path": b"/nowhere",
        "query_string": b"",
        "root_path": "",
        "headers": [],
    }

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_: object) -> None:
        assert trace.get_current_span() is not trace.INVALID_SPAN

    async def main() -> None:
        app: Any = create_app(MemoryRepository(), Settings())
        await app(scope, receive, send)
        assert trace.get_current_span() is trace.INVALID_SPAN

    asyncio.run(main())
    assert list(spans_of(exporter)) == ["GET"]


def test_without_a_provider_nothing_watches_the_requests() -> None:
    telemetry = Telemetry(Settings(log_requests=False))

    assert (telemetry.guards, telemetry.observers) == ([], [])


def test_with_the_sdk_disabled_nothing_watches_the_requests(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    provider = TracerProvider()
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)

    telemetry = Telemetry(Settings(log_requests=False))

    assert (telemetry.guards, telemetry.observers) == ([], [])


def test_without_the_package_requests_are_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with TestClient(create_app(MemoryRepository(), Settings())) as client:
        assert client.get("/api/alice/tasks").status_code == 200
