"""``create_app`` in a process of one's own: what it owns, what it leaves alone, and failures."""

from __future__ import annotations

import json
import logging
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from litestar.testing import TestClient

from taskcore.adapters.memory import MemoryRepository
from taskcore.errors import RepositoryUnavailable, TaskcoreError
from taskcore_http import create_app
from taskcore_http.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from taskcore.ports import Operation

SECRET = "host=db.internal password=s3cret"  # noqa: S105  # of nothing


class FailingRepository(MemoryRepository):
    """Raises the error at every call, and remembers whether it was closed."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error
        self.closed = False

    def execute(self, _: Sequence[Operation[Any]]) -> list[Any]:
        raise self.error

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TASKCORE_DATABASE_URL", "DATABASE_URL", "HOST", "PORT", "TASKCORE_CORS_ORIGINS"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("method", "suffix", "body"),
    [
        ("GET", "", None),
        ("GET", "?filter=milk", None),
        ("GET", "/count", None),
        ("POST", "", {"title": "x"}),
        ("POST", "", [{"title": "x"}]),
        ("GET", "/01890a5d-ac96-774b-bcce-b302099a8057", None),
        ("PUT", "/01890a5d-ac96-774b-bcce-b302099a8057", {"title": "x"}),
        ("PATCH", "/01890a5d-ac96-774b-bcce-b302099a8057", {"title": "x"}),
        ("DELETE", "/01890a5d-ac96-774b-bcce-b302099a8057", None),
        ("PATCH", "/01890a5d-ac96-774b-bcce-b302099a8057/complete", None),
    ],
)
def test_what_nobody_foresaw_is_500_without_its_message_and_logged_with_its_traceback(
    caplog: pytest.LogCaptureFixture, method: str, suffix: str, body: object
) -> None:
    app = create_app(FailingRepository(RuntimeError(SECRET)), Settings())
    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.request(method, f"/api/alice/tasks{suffix}", json=body)

    assert answer.status_code == 500
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
        "detail": "something went wrong on our side",
        "code": "internal",
        "request_id": answer.headers["X-Request-ID"],
    }
    [record] = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert record.exc_info
    assert isinstance(record.exc_info[1], RuntimeError)
    assert "route='/api/{user_id}/" in record.getMessage()
    assert "alice" not in caplog.text
    assert vars(record)["request_id"] == answer.headers["X-Request-ID"]
    assert "Traceback" in caplog.text
    assert SECRET in caplog.text


def test_an_unavailable_storage_is_503_without_its_reason_which_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = create_app(FailingRepository(RepositoryUnavailable(SECRET)), Settings())
    with TestClient(app) as client:
        answer = client.get("/api/alice/tasks")

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    assert list(answer.json()) == ["type", "title", "status", "detail", "code", "request_id"]
    assert answer.json()["code"] == "unavailable"
    assert SECRET not in answer.text
    assert SECRET in caplog.text


def test_every_error_of_the_core_has_a_status_of_its_own() -> None:
    from taskcore_http.problems import _STATUSES

    assert set(_STATUSES) == set(TaskcoreError.__subclasses__())


def test_a_repository_that_was_handed_over_stays_open() -> None:
    repository = FailingRepository(RepositoryUnavailable("x"))

    with TestClient(create_app(repository, Settings())):
        pass

    assert not repository.closed


def test_requests_after_each_other_see_the_same_tasks_and_the_app_can_start_again() -> None:
    app = create_app(MemoryRepository(), Settings())

    with TestClient(app) as client:
        task = client.post("/api/alice/tasks", json={"title": "x"}).json()
    with TestClient(app) as client:
        assert client.get("/api/alice/tasks").json() == [task]


def test_two_apps_in_one_process_are_apart() -> None:
    with (
        TestClient(create_app(MemoryRepository(), Settings())) as one,
        TestClient(create_app(MemoryRepository(), Settings())) as other,
    ):
        one.post("/api/alice/tasks", json={"title": "x"})

        assert other.get("/api/alice/tasks").json() == []


def test_making_the_app_and_serving_its_docs_leaves_logging_to_the_host() -> None:
    # In a process of its own: here pytest has set up logging, and the document is cached.
    program = """
import json, logging
from litestar.testing import TestClient
from taskcore.adapters.memory import MemoryRepository
from taskcore_http import create_app
from taskcore_http.settings import Settings
root = logging.getLogger()
before = root.level, list(root.handlers)
with TestClient(create_app(MemoryRepository(), Settings())) as client:
    assert client.get("/openapi.json").status_code == 200
    assert client.get("/api/alice/tasks").status_code == 200
print(json.dumps((root.level, list(root.handlers)) == before))
"""
    done = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-c", program], capture_output=True, check=True, timeout=60
    )

    assert json.loads(done.stdout) is True


@pytest.mark.usefixtures("no_settings")
def test_without_a_repository_the_one_of_the_environment_is_opened(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TASKCORE_DATABASE_URL", f"sqlite:///{tmp_path}/mine.db")

    with TestClient(create_app()) as client:
        assert client.post("/api/alice/tasks", json={"title": "x"}).status_code == 201

    assert (tmp_path / "mine.db").exists()


@pytest.mark.usefixtures("no_settings")
def test_an_environment_that_cannot_be_is_refused_when_the_app_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PORT", "eighty")

    with pytest.raises(ValueError, match="eighty"):
        create_app()


@pytest.mark.usefixtures("no_settings")
def test_the_factory_works_under_uvicorn(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TASKCORE_DATABASE_URL", f"sqlite:///{tmp_path}/mine.db")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.set_inheritable(True)
        port = listener.getsockname()[1]
        process = subprocess.Popen(  # noqa: S603  # our own program
            [
                *(sys.executable, "-m", "uvicorn", "--factory", "taskcore_http:create_app"),
                *("--fd", str(listener.fileno()), "--log-level", "warning"),
            ],
            pass_fds=[listener.fileno()],
        )
        try:
            # The listener is there already, so that the request waits until uvicorn serves.
            assert get(f"http://127.0.0.1:{port}/api/alice/tasks") == b"[]"
            process.terminate()
            assert process.wait(30) in {0, -15}
        finally:
            process.kill()
            process.wait()
    assert (tmp_path / "mine.db").exists()


def get(url: str) -> bytes:
    deadline = time.monotonic() + 30
    while True:
        try:
            with urlopen(url, timeout=30) as response:  # noqa: S310  # a URL of this test
                content: bytes = response.read()
                return content
        except URLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
