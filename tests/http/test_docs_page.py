"""The docs in a browser that knows no other host: Swagger UI shows every call, and makes them."""

from __future__ import annotations

import re
import socket
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from tests.http.chromium import CHROMIUM, browsing

from taskcore.adapters.memory import MemoryRepository
from taskcore_http import create_app
from taskcore_http.auth.issuing import token_for
from taskcore_http.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.http.chromium import Page
    from tests.http.conftest import Server

SETTINGS = Settings(auth="jwt", jwt_key="only-for-this-test-only-for-this-test")
CALL = "#operations-default-listProjects"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]


def test_the_page_shows_all_calls_without_the_internet(
    sqlite_server: Server, tmp_path: Path
) -> None:
    with browsing(tmp_path, f"{sqlite_server.address}/docs") as page:
        shown = page.wait_for("document.querySelector('.opblock') && document.body.innerText")
        operations = page.evaluate("[...document.querySelectorAll('.opblock')].map(e => e.id)")
        authorize = page.evaluate("document.querySelectorAll('.authorize').length")

    assert sorted(operations) == [
        "operations-default-countTasks",
        "operations-default-createTask",
        "operations-default-deleteTask",
        "operations-default-getTask",
        "operations-default-listProjects",
        "operations-default-listTags",
        "operations-default-listTasks",
        "operations-default-patchTask",
        "operations-default-toggleTaskCompletion",
        "operations-default-updateTask",
    ]
    assert "/api/{user_id}/tasks/{task_id}/complete" in shown.replace("\N{ZERO WIDTH SPACE}", "")
    assert "Failed to load" not in shown
    assert authorize == 0
    assert page.complaints == []


@pytest.mark.parametrize("root", ["", "/v1/tasks"])
def test_with_a_token_put_in_at_authorize_a_call_succeeds_and_the_policy_is_kept(
    tmp_path: Path, root: str
) -> None:
    with serving(root) as address, browsing(tmp_path, f"{address}{root}/docs") as page:
        try_it(page)
        assert status(page) == "401"
        page.click(".auth-wrapper .authorize")
        page.type(".auth-container input", token_for("alice", 60, SETTINGS))
        page.click(".auth-container button[type=submit]")
        page.click(".auth-container .btn-done")
        page.click(f"{CALL} .btn-clear")
        page.click(f"{CALL} .execute")

        assert status(page) == "200"
    assert [one for one in page.complaints if "status of 401" not in one] == []


@contextmanager
def serving(root: str) -> Iterator[str]:
    """Serve an application that wants tokens, below the path; yield the address of the host."""
    app = create_app(MemoryRepository(), SETTINGS)

    async def host(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "root_path": root}, receive, send)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(host, log_level="warning"))
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def try_it(page: Page) -> None:
    page.click(f"{CALL} .opblock-summary-control")
    page.click(f"{CALL} .try-out__btn")
    page.type(f"{CALL} tr[data-param-name=user_id] input", "alice")
    page.click(f"{CALL} .execute")


def status(page: Page) -> str:
    """Return the status that the call was answered with."""
    cell = f"{CALL} .live-responses-table .response .response-col_status"
    shown: str = page.wait_for(f"document.querySelector('{cell}')?.innerText")
    found = re.match(r"\d+", shown)
    assert found, shown
    return found[0]
