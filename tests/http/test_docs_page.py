"""The docs in a browser that knows no other host: Swagger UI shows every call."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.http.conftest import Server

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]


def test_the_page_shows_all_calls_without_the_internet(
    sqlite_server: Server, tmp_path: Path
) -> None:
    assert CHROMIUM
    done = subprocess.run(  # noqa: S603  # our own page
        [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            f"--user-data-dir={tmp_path}",
            "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
            "--virtual-time-budget=10000",
            "--dump-dom",
            f"{sqlite_server.address}/docs",
        ],
        capture_output=True,
        check=True,
        timeout=120,
    )
    page = done.stdout.decode()

    operations = re.findall(r'id="operations-default-(\w+)"', page)
    assert sorted(operations) == [
        "countTasks",
        "createTask",
        "deleteTask",
        "getTask",
        "listProjects",
        "listTags",
        "listTasks",
        "patchTask",
        "toggleTaskCompletion",
        "updateTask",
    ]
    shown = re.sub(r"<[^>]+>|\N{ZERO WIDTH SPACE}", "", page)
    assert "/api/{user_id}/tasks/{task_id}/complete" in shown
    assert "Failed to load" not in shown
