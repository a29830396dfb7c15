"""What the database's schema is, and bringing it up to date."""

from __future__ import annotations

from attrs import frozen

from taskcore.adapters.opening import POSTGRES_SCHEMES
from taskcore_cli.session import repository_of


@frozen
class SchemaStatus:
    """The schema version that the database has, and the one that this taskcore needs.

    ``found`` is None where there is no schema yet, ``expected`` where none is needed.
    """

    found: str | None
    expected: str | None

    def __str__(self) -> str:
        if self.expected is None:
            return "no schema needed"
        return f"schema {self.found or 'none'} of {self.expected}: {self._advice()}"

    def _advice(self) -> str:
        if self.found == self.expected:
            return "up to date"
        if self.found is not None and self.expected is not None and self.found > self.expected:
            return "made by a newer taskcore; update taskcore"
        return "run 'taskcore db upgrade'"


def schema_status(url: str) -> SchemaStatus:
    """Return the status of the database at the URL. Raises what ``session.opened`` does."""
    return _status(url, upgrades=False)


def upgrade_schema(url: str) -> SchemaStatus:
    """Bring the schema up to date and return its status then.

    Raises what ``session.opened`` does.
    """
    return _status(url, upgrades=True)


def _status(url: str, *, upgrades: bool) -> SchemaStatus:
    # Opening says what is wrong with the URL, and brings a SQLite file up to date.
    with repository_of(url):
        if url.partition(":")[0].partition("+")[0] in POSTGRES_SCHEMES:
            return _postgres_status(url, upgrades=upgrades)
        if url.startswith("sqlite:"):
            from taskcore.adapters.sqlite import SCHEMA_VERSION

            return SchemaStatus(str(SCHEMA_VERSION), str(SCHEMA_VERSION))
        return SchemaStatus(None, None)


def _postgres_status(url: str, *, upgrades: bool) -> SchemaStatus:
    from taskcore.adapters.postgres import create_engine, upgrade
    from taskcore.adapters.postgres import schema_status as status_of

    engine = create_engine(url)
    try:
        if upgrades:
            upgrade(engine)
        status = status_of(engine)
    finally:
        engine.dispose()
    return SchemaStatus(status.found, status.expected)
