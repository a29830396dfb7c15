"""Starting: where the settings come from, and one clear line when it cannot be."""

from __future__ import annotations

import http.client
import socket
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg
import pytest

from taskcore.adapters.sqlite import SqliteRepository
from taskcore_http.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.http.conftest import Server, Start

PASSWORD = "s3cr3t-pw"  # noqa: S105  # of nothing


def assert_refuses(server: Server, code: int, *clues: str) -> None:
    """Assert that the process ended so, with one line on stderr that holds the clues."""
    assert server.process.wait(30) == code, server.errors
    [line] = server.errors.splitlines()
    assert line.startswith("taskcore-http: ")
    for clue in clues:
        assert clue in line
    assert PASSWORD not in line


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def test_a_taken_port_is_refused_with_exit_code_1(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])

        server = start("--port", port, TASKCORE_DATABASE_URL="memory:", wait=False)

        assert_refuses(server, 1, "127.0.0.1", port, "in use")


def test_a_host_that_is_not_ours_is_refused_with_exit_code_1(start: Start) -> None:
    server = start(
        *("--host", "192.0.2.1", "--port", "0", "--insecure-no-auth"),
        TASKCORE_DATABASE_URL="memory:",
        wait=False,
    )

    assert_refuses(server, 1, "192.0.2.1")


@pytest.mark.parametrize("port", ["eighty", "-1", "65536", "8000.0", " 80", "\u0661"])
def test_a_port_that_cannot_be_is_refused_by_its_value(port: str) -> None:
    with pytest.raises(ValueError, match=f"PORT .* not '{port}'"):
        Settings.from_environment({"PORT": port})


def test_a_port_variable_that_cannot_be_is_refused_with_exit_code_2(start: Start) -> None:
    server = start("--host", "127.0.0.1", PORT="eighty", wait=False)

    assert_refuses(server, 2, "PORT", "eighty")


def test_a_port_argument_that_cannot_be_is_refused_with_exit_code_2(start: Start) -> None:
    server = start("--port", "99999", TASKCORE_DATABASE_URL="memory:", wait=False)

    assert_refuses(server, 2, "99999")


@pytest.mark.parametrize(
    "origins", ["nonsense", "https://a.example/path", "https://a.example b.example", "https://*@x"]
)
def test_an_origin_that_cannot_be_is_refused_with_exit_code_2(start: Start, origins: str) -> None:
    server = start(TASKCORE_CORS_ORIGINS=origins, TASKCORE_DATABASE_URL="memory:", wait=False)

    assert_refuses(server, 2, "TASKCORE_CORS_ORIGINS")


def test_a_switch_that_cannot_be_is_refused_with_exit_code_2(start: Start) -> None:
    server = start(TASKCORE_AUTO_UPGRADE="perhaps", TASKCORE_DATABASE_URL="memory:", wait=False)

    assert_refuses(server, 2, "TASKCORE_AUTO_UPGRADE", "perhaps")


@pytest.mark.parametrize(
    ("url", "clue"),
    [
        (f"mysql://me:{PASSWORD}@localhost/db", "mysql"),
        (f"postgresql://me:{PASSWORD}@localhost/db?nonsense=1", "nonsense"),
    ],
)
def test_a_url_that_cannot_be_is_refused_with_exit_code_2(
    start: Start, url: str, clue: str
) -> None:
    server = start(TASKCORE_DATABASE_URL=url, wait=False)

    assert_refuses(server, 2, clue)


def test_a_sqlite_path_that_cannot_be_opened_is_refused_with_exit_code_6(
    start: Start, tmp_path: Path
) -> None:
    path = tmp_path / "missing" / "tasks.db"

    server = start(TASKCORE_DATABASE_URL=f"sqlite:///{path}", wait=False)

    assert_refuses(server, 6, str(path), "there is no directory")


def test_a_file_that_is_no_database_is_refused_with_exit_code_6_and_kept(
    start: Start, tmp_path: Path
) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear Sir or Madam, " * 100)

    server = start(TASKCORE_DATABASE_URL=f"sqlite:///{path}", wait=False)

    assert_refuses(server, 6, str(path), "not a database")
    assert path.read_text() == "Dear Sir or Madam, " * 100


def test_a_data_directory_that_cannot_be_made_is_refused_with_exit_code_6(
    start: Start, tmp_path: Path
) -> None:
    (tmp_path / "data").touch()

    server = start(XDG_DATA_HOME=str(tmp_path / "data"), wait=False)

    assert_refuses(server, 6, str(tmp_path / "data"))


def test_a_sqlite_file_of_a_newer_taskcore_is_refused_with_exit_code_6(
    start: Start, tmp_path: Path
) -> None:
    path = tmp_path / "tasks.db"
    SqliteRepository(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()

    server = start(TASKCORE_DATABASE_URL=f"sqlite:///{path}", wait=False)

    assert_refuses(server, 6, str(path), "newer", "99")


def test_a_postgres_that_is_not_there_is_refused_with_exit_code_6(start: Start) -> None:
    url = f"postgresql://me:{PASSWORD}@127.0.0.1:{free_port()}/db"

    server = start(TASKCORE_DATABASE_URL=url, wait=False)

    assert_refuses(server, 6, "Postgres", "refused")


def test_a_postgres_database_that_is_not_there_is_refused_with_exit_code_6(
    start: Start, postgres_server: str
) -> None:
    url = urlsplit(postgres_server)._replace(path="/no_such_database").geturl()

    server = start(TASKCORE_DATABASE_URL=url, wait=False)

    assert_refuses(server, 6, "Postgres", "no_such_database")


def test_a_postgres_of_a_newer_taskcore_is_refused_with_exit_code_6(
    start: Start, postgres_url: str
) -> None:
    with psycopg.connect(postgres_url) as connection:
        connection.execute("UPDATE taskcore.alembic_version SET version_num = '9999'")

    server = start(TASKCORE_DATABASE_URL=postgres_url, wait=False)

    assert_refuses(server, 6, "Postgres", "newer", "9999")


def test_an_empty_postgres_is_upgraded_at_start(start: Start, empty_postgres_url: str) -> None:
    api = start(TASKCORE_DATABASE_URL=empty_postgres_url).api()

    assert api.tasks() == []
    assert api.tasks() == [] != [api.add()]


def test_with_the_upgrade_switched_off_postgres_is_left_as_it_is(
    start: Start, empty_postgres_url: str
) -> None:
    server = start(
        TASKCORE_DATABASE_URL=empty_postgres_url, TASKCORE_AUTO_UPGRADE="off", wait=False
    )

    assert_refuses(server, 6, "taskcore db upgrade")
    with psycopg.connect(empty_postgres_url) as connection:
        [found] = connection.execute("SELECT to_regnamespace('taskcore')").fetchall()
    assert found == (None,)


def test_a_sqlite_file_of_another_program_is_refused_with_exit_code_6(
    start: Start, tmp_path: Path
) -> None:
    path = tmp_path / "theirs.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE tasks (name)")
    connection.close()

    server = start(TASKCORE_DATABASE_URL=f"sqlite:///{path}", wait=False)

    assert_refuses(server, 6, str(path), "another program")


def test_the_start_line_names_the_storage(start: Start, tmp_path: Path) -> None:
    own = start(XDG_DATA_HOME=str(tmp_path))
    memory = start(TASKCORE_DATABASE_URL="memory:")

    assert own.errors.endswith(
        f", docs at /docs, tasks in sqlite:///{tmp_path}/taskcore/tasks.db\n"
    )
    assert memory.errors.endswith(", tasks in memory:\n")


def test_the_start_line_shows_no_parameters(start: Start, postgres_url: str) -> None:
    secret = f"{'&' if '?' in postgres_url else '?'}application_name={PASSWORD}"
    server = start(TASKCORE_DATABASE_URL=postgres_url + secret)

    assert "tasks in postgres" in server.errors
    assert server.errors.endswith(f"{urlsplit(postgres_url).path}\n")
    assert PASSWORD not in server.errors


def test_the_help_says_where_tasks_are_kept() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "taskcore_http", "--help"],
        capture_output=True,
        check=True,
        text=True,
        timeout=30,
    )

    said = " ".join(done.stdout.split())
    assert "TASKCORE_DATABASE_URL says, else DATABASE_URL" in said
    assert "taskcore/tasks.db in your data directory" in said


def test_taskcore_database_url_goes_before_database_url(start: Start, tmp_path: Path) -> None:
    start(
        TASKCORE_DATABASE_URL="sqlite:///first.db", DATABASE_URL="sqlite:///second.db"
    ).api().add()

    assert (tmp_path / "first.db").exists()
    assert not (tmp_path / "second.db").exists()


def test_database_url_goes_before_the_users_own_file(start: Start, tmp_path: Path) -> None:
    start(
        TASKCORE_DATABASE_URL="", DATABASE_URL="sqlite:///second.db", XDG_DATA_HOME=str(tmp_path)
    ).api().add()

    assert (tmp_path / "second.db").exists()
    assert not (tmp_path / "taskcore").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other data directories")
def test_with_neither_the_tasks_are_in_the_users_own_file(start: Start, tmp_path: Path) -> None:
    start(XDG_DATA_HOME=str(tmp_path)).api().add()

    connection = sqlite3.connect(tmp_path / "taskcore" / "tasks.db")
    assert connection.execute("SELECT count(*) FROM tasks").fetchone() == (1,)
    connection.close()
    assert (tmp_path / "taskcore").stat().st_mode & 0o777 == 0o700


def test_tasks_are_there_again_after_a_restart(start: Start) -> None:
    first = start(TASKCORE_DATABASE_URL="sqlite:///tasks.db")
    api = first.api()
    task = api.add()
    first.stop()

    again = start(TASKCORE_DATABASE_URL="sqlite:///tasks.db")

    assert again.api(api.user_id).tasks() == [task]


def test_host_and_port_come_from_the_environment_and_arguments_go_first(start: Start) -> None:
    port = free_port()

    from_environment = start(
        "--host", "127.0.0.1", HOST="192.0.2.1", PORT=str(port), TASKCORE_DATABASE_URL="memory:"
    )
    from_arguments = start("--port", "0", PORT=str(port), TASKCORE_DATABASE_URL="memory:")

    assert from_environment.address == f"http://127.0.0.1:{port}"
    assert from_arguments.address != from_environment.address
    assert from_arguments.api().tasks() == []


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_an_ipv6_address_can_be_listened_on(start: Start) -> None:
    server = start("--host", "::1", "--port", "0", TASKCORE_DATABASE_URL="memory:")

    assert server.address.startswith("http://[::1]:")
    assert server.api().tasks() == []


def test_the_server_tells_nobody_what_it_runs_on(start: Start) -> None:
    location = urlsplit(start(TASKCORE_DATABASE_URL="memory:").address)
    connection = http.client.HTTPConnection(location.hostname or "", location.port, timeout=30)
    connection.request("GET", "/api/alice/tasks")
    headers = connection.getresponse().headers
    connection.close()

    assert "Server" not in headers
