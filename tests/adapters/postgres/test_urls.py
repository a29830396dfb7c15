"""Postgres URLs, as people have them, and the connections that they ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psycopg
import pytest
from sqlalchemy.exc import SQLAlchemyError

from taskcore.adapters.postgres import PostgresRepository, create_engine

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def parameters(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, Any]]:
    """Return a function from a URL to what the driver is told when the engine connects."""
    told: dict[str, Any] = {}

    def connect(**options: Any) -> None:
        told.update(options)
        raise psycopg.OperationalError("not today")

    def ask(url: str) -> dict[str, Any]:
        with pytest.raises(SQLAlchemyError, match="not today"):
            create_engine(url).connect()
        return told

    monkeypatch.setattr(psycopg, "connect", connect)
    return ask


@pytest.mark.parametrize(
    "scheme", ["postgres", "postgresql", "postgresql+asyncpg", "postgresql+psycopg2", "postgres+x"]
)
def test_every_scheme_and_driver_means_the_same(
    parameters: Callable[[str], dict[str, Any]], scheme: str
) -> None:
    told = parameters(f"{scheme}://me:pw@db.example:5433/mine?sslmode=require")

    expected = {
        "user": "me",
        "password": "pw",
        "host": "db.example",
        "port": "5433",
        "dbname": "mine",
        "sslmode": "require",
    }
    assert {name: str(told[name]) for name in expected} == expected


@pytest.mark.parametrize(
    ("url", "name", "value"),
    [
        ("postgresql://h/db?ssl=require", "sslmode", "require"),
        ("postgresql://h/db?sslmode=verify-full&sslrootcert=system", "sslmode", "verify-full"),
        ("postgresql://h/db?sslmode=require&channel_binding=require", "channel_binding", "require"),
        ("postgresql://u:p%40s%2Fs%3A%25@h/db", "password", "p@s/s:%"),
        ("postgresql://u:p\N{ACCOUNT OF}@h/db", "password", "p\N{ACCOUNT OF}"),
        ("postgresql://u%40x@h/db", "user", "u@x"),
        ("postgresql://h/db?options=-c%20a%3Db+c", "options", "-c a=b+c"),
        ("postgresql://h1:5001,h2:5002/db?target_session_attrs=read-write", "host", "h1,h2"),
        ("postgresql://h1:5001,h2:5002/db", "port", "5001,5002"),
        ("postgresql://[::1]:5433/db", "host", "::1"),
        ("postgresql:///db?host=/run/postgresql", "host", "/run/postgresql"),
        ("postgresql://%2Frun%2Fpostgresql/db", "host", "/run/postgresql"),
        ("postgresql://h/my%20db", "dbname", "my db"),
        ("postgresql://h/db?application_name=mine", "application_name", "mine"),
        ("postgresql://h/db?connect_timeout=17", "connect_timeout", "17"),
        ("postgresql://h/db?options=-c%20search_path%3Dx", "options", "-c search_path=x"),
    ],
)
def test_all_that_libpq_understands_is_passed_on(
    parameters: Callable[[str], dict[str, Any]], url: str, name: str, value: str
) -> None:
    assert str(parameters(url)[name]) == value


@pytest.mark.parametrize(
    ("url", "hosts", "ports"),
    [
        ("postgresql://me:pw@h1:5001,h2:5002/db", "h1,h2", "5001,5002"),
        ("postgresql://me:pw@h1,h2:5002/db", "h1,h2", ",5002"),
        ("postgresql://me:pw@/db?host=h1,h2&port=5001,5002", "h1,h2", "5001,5002"),
        ("postgresql+psycopg://me:pw@/db?host=h1:5001&host=h2:5002", "h1,h2", "5001,5002"),
        ("postgresql://me:pw@/db?host=h1&sslmode=require&host=h2:5002", "h1,h2", ",5002"),
        ("postgresql://me:pw@/db?host=[::1]:5001&host=%2Frun", "::1,/run", "5001,"),
    ],
)
def test_several_hosts_may_be_written_as_libpq_or_sqlalchemy_has_them(
    parameters: Callable[[str], dict[str, Any]], url: str, hosts: str, ports: str
) -> None:
    end = "&" if "?" in url else "?"
    told = parameters(f"{url}{end}target_session_attrs=read-write")

    assert (told["host"], told["port"]) == (hosts, ports)
    assert (told["user"], told["dbname"]) == ("me", "db")
    assert told["target_session_attrs"] == "read-write"


@pytest.mark.parametrize(
    "query",
    [
        "statement_cache_size=0",
        "prepared_statement_cache_size=0&sslmode=require",
        "sslmode=require&statement_cache_size=100&prepared_statement_cache_size=0",
        "sslmode=require&statement_cache_size=0&application_name=mine",
    ],
)
def test_what_tunes_the_cache_of_asyncpg_does_nothing(
    parameters: Callable[[str], dict[str, Any]], query: str
) -> None:
    told = parameters(f"postgresql+asyncpg://h/db?{query}")

    assert told["dbname"] == "db"
    assert ("sslmode" in told) == ("sslmode" in query)
    assert told["application_name"] == ("mine" if "mine" in query else "taskcore")
    assert not [name for name in told if "cache" in name]


def test_a_dead_peer_is_noticed_unless_the_url_says_otherwise(
    parameters: Callable[[str], dict[str, Any]],
) -> None:
    told = parameters("postgresql://h/db")

    assert int(told["connect_timeout"]) <= 10
    assert told["application_name"] == "taskcore"
    assert {"keepalives_idle", "keepalives_interval", "keepalives_count"} <= told.keys()


@pytest.mark.parametrize(
    ("url", "clue"),
    [
        ("postgresql://me:s3cr3t@h/db?nonsense=1", "nonsense"),
        ("postgresql://me:s3cr3t@h/db?pool_size=5", "pool_size"),
        ("postgresql://me:s3cr3t%zz@h/db", "not valid"),
        ("postgresql://me:s3cr3t@[h/db", "."),
        ("postgresql://me:s3cr3t@s3cr3t@h/db", "%40"),
    ],
)
def test_a_url_that_libpq_refuses_is_a_value_error_without_the_password(
    url: str, clue: str
) -> None:
    with pytest.raises(ValueError, match=clue) as caught:
        create_engine(url)

    assert "s3cr3t" not in str(caught.value)


def test_a_connection_that_cannot_be_set_up_is_closed(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[psycopg.Connection[Any]] = []

    class Unwilling(psycopg.Connection[Any]):
        def execute(self, *_: Any, **__: Any) -> Any:
            made.append(self)
            raise psycopg.OperationalError("not today")

    monkeypatch.setattr(psycopg, "connect", Unwilling.connect)

    with pytest.raises(SQLAlchemyError, match="not today"):
        create_engine(postgres_url).connect()

    assert [connection.closed for connection in made] == [True]


def test_making_an_engine_connects_to_nothing() -> None:
    create_engine("postgresql://me:pw@nowhere.invalid/db").dispose()


def test_a_connection_of_the_engine_is_in_utc_and_commits_by_itself(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        assert driver.info.parameter_status("TimeZone") == "UTC"
        assert driver.autocommit
    engine.dispose()


def test_the_url_of_a_real_server_works_in_every_scheme(postgres_url: str) -> None:
    from taskcore.ports import Find

    for scheme in ("postgres", "postgresql+asyncpg"):
        url = urlsplit(postgres_url)._replace(scheme=scheme).geturl()
        with PostgresRepository(create_engine(url), dispose=True) as repository:
            assert repository.execute([Find("alice")]) == [[]]
