"""From a Postgres URL, as people have them, to an engine that suits the repository."""

from __future__ import annotations

import re
from typing import Any, Final

import psycopg
import sqlalchemy
from psycopg.conninfo import conninfo_to_dict

THREADS: Final = 4
"""How many connections the batcher keeps busy."""

STATEMENT_TIMEOUT: Final = "10s"
"""How long a statement may hold a connection: nobody waits longer for its answer."""

# What libpq is told unless the URL says otherwise: not to wait for a peer that is gone.
_DEFAULTS: Final = {
    "application_name": "taskcore",
    "connect_timeout": "5",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
}

_LAST_PORT: Final = 65_535

# Times come in the session's zone, and in no other are they as quick to read. A limit that the role
# or the URL has set stays. Behind a pooler, where another process answers than said hello, ours
# would be left to whoever comes next.
_PREPARE: Final = """
    SELECT set_config('TimeZone', 'UTC', false),
    CASE WHEN pg_backend_pid() = %s AND current_setting('statement_timeout') = '0'
        THEN set_config('statement_timeout', %s, false) END
"""

# How asyncpg and SQLAlchemy's dialect for it cache statements, which psycopg decides by itself.
_NOT_OURS: Final = "(prepared_)?statement_cache_size"

# A port may stand behind each of several hosts; an address of version 6 has colons of its own.
_PLACE: Final = re.compile(r"\[?(?P<host>.*?)\]?(:(?P<port>[^:\]]*))?")


def create_engine(url: str) -> sqlalchemy.Engine:
    """Return an engine for a Postgres URL; it connects when it is first used.

    ``postgres://``, ``postgresql://`` and any ``postgresql+driver://`` mean the same, and so do
    asyncpg's ``ssl=`` and libpq's ``sslmode=``. The parameters are libpq's; those for asyncpg's
    cache of statements do nothing. Several hosts may be written as libpq or SQLAlchemy has them.
    Each statement is a transaction of its own, and is given up after ``STATEMENT_TIMEOUT`` unless
    the role or the URL says otherwise; through a pooler, only they do. Raises ``ValueError`` for a
    URL that libpq refuses.
    """
    parameters: dict[str, Any] = _DEFAULTS | _libpq_parameters(url)
    return sqlalchemy.create_engine(
        "postgresql+psycopg://",
        creator=lambda: _connect(parameters),
        isolation_level="AUTOCOMMIT",
        # Statements leave nothing behind to be rolled back, so that round trip is saved.
        pool_reset_on_return=None,
        pool_size=THREADS,
        max_overflow=12,
        pool_timeout=10,
        # Hosts that suspend idle databases (Neon: after 300 s) drop the connections of the idle.
        pool_use_lifo=True,
        pool_recycle=280,
    )


def _connect(parameters: dict[str, Any]) -> psycopg.Connection[Any]:
    connection = psycopg.connect(**parameters, autocommit=True)
    try:
        connection.execute(_PREPARE, (connection.info.backend_pid, STATEMENT_TIMEOUT))
    except BaseException:
        connection.close()
        raise
    return connection


def _libpq_parameters(url: str) -> dict[str, Any]:
    libpq_url = re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql://", url)
    libpq_url = re.sub(r"(?<=[?&])ssl=true(?=&|$)", "sslmode=require", libpq_url)
    libpq_url = re.sub(r"(?<=[?&])ssl=", "sslmode=", libpq_url)
    libpq_url = re.sub(rf"(?<=[?&])({_NOT_OURS})=\d+(&|$)", "", libpq_url)
    authority, *others = re.split("[/?#]", libpq_url.removeprefix("postgresql://"), maxsplit=1)
    if authority.count("@") > 1 or "@" in "".join(others):
        # What libpq took for a host or a parameter would be a part of the password.
        raise ValueError(
            "the Postgres URL is not valid: write @ / ? # in a password as %40 %2F ..."
        )
    try:
        parameters = conninfo_to_dict(_with_hosts_together(libpq_url))
    except psycopg.ProgrammingError as error:
        # libpq may quote what it could not read, and only a parameter is certainly no secret.
        unknown = re.search(r'invalid URI query parameter: "\w+"', str(error))
        detail = f": {unknown[0]}" if unknown else ""
        raise ValueError(f"the Postgres URL is not valid{detail}") from None
    # libpq reads it only when it connects. It is not shown: it may be a part of the password.
    if not all(map(_is_port, str(parameters.get("port", "")).split(","))):
        raise ValueError("the Postgres URL is not valid: a port is a number from 1 to 65535")
    return parameters


def _with_hosts_together(url: str) -> str:
    """Return the URL with its hosts as libpq has them, of which it would know the last otherwise.

    SQLAlchemy has ``host=first:5432&host=second:5433`` for ``host=first,second&port=5432,5433``.
    """
    given = re.findall("(?<=[?&])host=([^&]*)", url)
    if not given[1:]:
        return url
    rest = re.sub("(?<=[?&])host=[^&]*(&|$)", "", url).rstrip("?&")
    places = [place.groupdict("") for one in given if (place := _PLACE.fullmatch(one))]
    hosts, ports = (",".join(place[part] for place in places) for part in ("host", "port"))
    with_ports = f"&port={ports}" if ports.strip(",") else ""
    return f"{rest}{'&' if '?' in rest else '?'}host={hosts}{with_ports}"


def _is_port(text: str) -> bool:
    """Whether libpq takes it for a port; nothing is the usual one."""
    return not text or bool(re.fullmatch("[0-9]{1,5}", text) and 1 <= int(text) <= _LAST_PORT)
