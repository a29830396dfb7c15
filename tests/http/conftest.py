"""A real ``taskcore-http`` process on each storage, and a client whose answers are checked."""

from __future__ import annotations

import gzip
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote, unquote, urlencode, urlsplit
from uuid import uuid4

import pytest
from attrs import define, evolve, field, frozen

from taskcore_http.docs import openapi_document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

_SETTINGS = re.compile(r"TASKCORE_.*|DATABASE_URL|HOST|PORT|XDG_DATA_HOME|PG[A-Z]+")
# Most run the server without it, and it hides what still waits to be written at the end.
_UNLIKE_MOST = "PYTHONUNBUFFERED"
_OPENAPI: dict[str, Any] = json.loads(openapi_document())

# Headers that are HTTP's, a browser's or a cache's business: not of one call more than of another.
_OF_ALL = re.compile(
    r"date|connection|content-.*|transfer-encoding|cache-control|vary|x-content-type-options"
    r"|access-control-.*|server-timing|cross-origin-.*"
)
TITLES = {413: "Content Too Large", 414: "URI Too Long", 422: "Unprocessable Content"}
TYPES = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "null": type(None),
    "array": list,
    "object": dict,
}
FORMATS = {
    "uuid": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "date": r"\d{4}-\d\d-\d\d",
    "date-time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)",
}


@frozen
class Answer:
    """What the server answered."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def content(self) -> bytes:
        """The body, decompressed."""
        zipped = self.headers["Content-Encoding"] == "gzip"
        return gzip.decompress(self.body) if zipped else self.body

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    def assert_problem(
        self,
        status: int,
        code: str,
        *,
        loc: list[str | int] | None = None,
        rule: str | None = None,
        column: int | None = None,
    ) -> dict[str, Any]:
        """Assert that this is exactly such a problem document, and return it."""
        assert self.status == status, self
        assert self.headers["Content-Type"] == "application/problem+json"
        problem: dict[str, Any] = self.json
        assert problem.pop("request_id") == self.headers["X-Request-ID"]
        assert_problem(problem, status, code, loc=loc, rule=rule, column=column)
        return problem


def assert_problem(
    problem: dict[str, Any],
    status: int,
    code: str,
    *,
    loc: list[str | int] | None = None,
    rule: str | None = None,
    column: int | None = None,
) -> None:
    keys = ["type", "title", "status", "detail", "code"]
    assert list(problem) == (keys if loc is None else [*keys, "errors"])
    assert problem["type"] == "about:blank"
    assert problem["title"] == TITLES.get(status, HTTPStatus(status).phrase)
    assert problem["status"] == status
    assert problem["code"] == code
    assert problem["detail"]
    if loc is not None:
        [flaw] = problem["errors"]
        keys = ["loc", "msg", "type"]
        assert list(flaw) == (keys if column is None else [*keys, "column"])
        assert (flaw["loc"], flaw["type"], flaw.get("column")) == (loc, rule, column)
        assert flaw["msg"]
        assert flaw["msg"] in problem["detail"]
        if column is not None:
            assert f"column {column}: " in problem["detail"]


@frozen
class Api:
    """One user's view of a server: ``/api/{user_id}/tasks`` and below."""

    address: str
    user_id: str

    def as_user(self, user_id: str) -> Api:
        return evolve(self, user_id=user_id)

    @property
    def path(self) -> str:
        return f"/api/{quote(self.user_id, safe='')}/tasks"

    def send(
        self,
        method: str,
        path: str,
        body: bytes | Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request, and check the answer against what the OpenAPI document promises."""
        location = urlsplit(self.address)
        assert location.hostname
        connection = http.client.HTTPConnection(location.hostname, location.port, timeout=30)
        try:
            connection.request(
                method,
                path,
                body,
                headers or {},
                encode_chunked=(headers or {}).get("Transfer-Encoding") == "chunked",
            )
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        finally:
            connection.close()
        _assert_documented(method, path, answer)
        return answer

    def call(
        self,
        method: str,
        path: str = "",
        body: object = ...,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a call of this user's, with a JSON body if there is one."""
        if body is ...:
            return self.send(method, self.path + path, headers=headers)
        headers = {"Content-Type": "application/json", **(headers or {})}
        return self.send(method, self.path + path, json.dumps(body).encode(), headers)

    def ask(self, path: str = "/tasks", /, **query: object) -> Answer:
        """Get what is at the path below the user's, with these parameters."""
        text = urlencode(query, quote_via=quote)
        return self.send("GET", self.path.removesuffix("/tasks") + path + f"?{text}" * bool(text))

    def add(self, title: str = "Buy milk", **fields: object) -> dict[str, Any]:
        answer = self.call("POST", "", {"title": title, **fields})
        assert answer.status == HTTPStatus.CREATED, answer
        task: dict[str, Any] = answer.json
        return task

    def tasks(self, **query: object) -> list[dict[str, Any]]:
        answer = self.ask(**query)
        assert answer.status == HTTPStatus.OK, answer
        tasks: list[dict[str, Any]] = answer.json
        return tasks


def _assert_documented(method: str, path: str, answer: Answer) -> None:
    place = unquote(path.partition("?")[0])
    for template in sorted(_OPENAPI["paths"], key=lambda path: path.count("{")):
        operations = _OPENAPI["paths"][template]
        pattern = re.sub(r"{\w+}", "[^/]+", template)
        if re.fullmatch(pattern, place):
            if operation := operations.get(method.lower()):
                documented = operation["responses"][str(answer.status)]
                _assert_headers_documented(documented, answer)
                if "content" not in documented:
                    assert answer.body == b"", answer
                    return
                [(kind, content)] = documented["content"].items()
                assert kind == answer.headers["Content-Type"]
                assert fits(_OPENAPI, content["schema"], answer.json), answer
            return


def _assert_headers_documented(response: dict[str, Any], answer: Answer) -> None:
    documented = {
        name.lower(): resolve(_OPENAPI, header) for name, header in response["headers"].items()
    }
    for name, header in documented.items():
        value: str | None = answer.headers[name]
        if value is None:
            assert not header["required"], (name, answer)
        else:
            schema = header["schema"]
            sent = int(value) if schema["type"] == "integer" else value
            assert sent == schema.get("const", sent), (name, answer)
            assert fits(_OPENAPI, schema, sent), (name, answer)
    undocumented = {name.lower() for name in answer.headers} - documented.keys()
    assert not {name for name in undocumented if not _OF_ALL.fullmatch(name)}, answer


def resolve(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        found: Any = document
        for key in schema["$ref"].removeprefix("#/").split("/"):
            found = found[key]
        schema = found
    return schema


def fits(document: dict[str, Any], schema: Any, value: object) -> bool:
    """Whether the value is what the schema says, as far as bodies and answers use schemas."""
    if isinstance(schema, bool):
        return schema
    schema = resolve(document, schema)
    if kinds := schema.get("oneOf") or schema.get("anyOf"):
        return any(fits(document, kind, value) for kind in kinds)
    if not of_type(schema.get("type", list(TYPES)), value):
        return False
    return value in schema.get("enum", [value]) and fits_inside(document, schema, value)


def of_type(kinds: str | list[str], value: object) -> bool:
    allowed = tuple(TYPES[name] for name in ([kinds] if isinstance(kinds, str) else kinds))
    return isinstance(value, allowed) and (type(value) is not bool or bool in allowed)


def fits_inside(document: dict[str, Any], schema: dict[str, Any], value: object) -> bool:
    if isinstance(value, str):
        return (
            schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value))
            and bool(re.search(schema.get("pattern", ""), value))
            and bool(re.fullmatch(FORMATS.get(schema.get("format", ""), "(?s:.*)"), value))
        )
    if isinstance(value, list):
        return all(fits(document, schema["items"], one) for one in value)
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        others = value.keys() - properties.keys()
        return (
            set(schema.get("required", ())) <= set(value)
            and all(fits(document, properties[name], value[name]) for name in value.keys() - others)
            and all(
                fits(document, schema.get("additionalProperties", False), value[name])
                for name in others
            )
        )
    return True


@define
class Server:
    """A ``taskcore-http`` process."""

    process: subprocess.Popen[bytes]
    log: Path
    address: str = field(init=False, default="")

    def wait_until_serving(self) -> None:
        deadline = time.monotonic() + 30
        while not (found := re.search(r"serving on (\S+), docs at /docs.*\n", self.errors)):
            assert self.process.poll() is None, self.errors
            assert time.monotonic() < deadline, self.errors
            time.sleep(0.02)
        self.address = found[1]

    @property
    def errors(self) -> str:
        """What it has written to stderr."""
        return self.log.read_text()

    @property
    def logged(self) -> list[dict[str, Any]]:
        """Its log, line by line; what it says to people at its start is left out.

        The line of a request may come after its answer: ``lines`` waits.
        """
        lines = self.errors.splitlines()
        return [json.loads(line) for line in lines if not line.startswith("taskcore-http: ")]

    def lines(self, count: int = 1, **fields: object) -> list[dict[str, Any]]:
        """Return the lines of its log with these fields, once there are so many, or more."""
        deadline = time.monotonic() + 10
        while True:
            lines = [line for line in self.logged if fields.items() <= line.items()]
            if len(lines) >= count:
                return lines
            assert time.monotonic() < deadline, self.errors
            time.sleep(0.01)

    def api(self, user_id: str | None = None) -> Api:
        return Api(self.address, user_id or f"user-{uuid4()}")

    def exchange(self, request: bytes) -> Answer:
        """Send these bytes as they are, and read the answer."""
        location = urlsplit(self.address)
        with socket.create_connection((location.hostname, location.port), timeout=30) as connection:
            connection.sendall(request)
            method = request.partition(b" ")[0].decode()
            with http.client.HTTPResponse(connection, method=method) as response:
                response.begin()
                return Answer(response.status, response.headers, response.read())

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Tell it to stop, and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=30)


class Start(Protocol):
    """Starts ``taskcore-http`` with these settings and arguments, by default on a free port."""

    def __call__(self, *arguments: str, wait: bool = True, **settings: str) -> Server: ...


def environment(**settings: str) -> dict[str, str]:
    """Return the environment for a server with these settings, and none but these."""
    others = {
        name: value
        for name, value in os.environ.items()
        if not _SETTINGS.fullmatch(name) and name != _UNLIKE_MOST
    }
    return others | settings


@contextmanager
def _starting(directory: Path) -> Iterator[Start]:
    servers: list[Server] = []

    def start(*arguments: str, wait: bool = True, **settings: str) -> Server:
        log = directory / f"stderr-{len(servers)}"
        with log.open("wb") as stderr:
            process = subprocess.Popen(  # noqa: S603  # our own program
                [sys.executable, "-m", "taskcore_http", *(arguments or ("--port", "0"))],
                env=environment(**settings),
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
            )
        servers.append(Server(process, log))
        if wait:
            servers[-1].wait_until_serving()
        return servers[-1]

    try:
        yield start
    finally:
        for server in servers:
            if server.process.poll() is None:
                server.process.kill()
            server.process.wait()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with _starting(tmp_path) as start:
        yield start


@pytest.fixture(scope="session")
def start_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Start servers that live as long as the session."""
    with _starting(tmp_path_factory.mktemp("servers")) as start:
        yield start


@pytest.fixture(scope="session")
def sqlite_server(start_all: Start) -> Server:
    return start_all(TASKCORE_DATABASE_URL="sqlite:///tasks.db")


@pytest.fixture(scope="session")
def postgres_server_process(start_all: Start, shared_postgres_url: str) -> Server:
    return start_all(TASKCORE_DATABASE_URL=shared_postgres_url)


@pytest.fixture(params=["sqlite_server", "postgres_server_process"])
def server(request: pytest.FixtureRequest) -> Server:
    server: Server = request.getfixturevalue(request.param)
    return server


@pytest.fixture
def api(server: Server) -> Api:
    """A user whom the server has never seen."""
    return server.api()
