"""A primary and its synchronous standby, which take each other's place."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from attrs import define
from faults.clusters import Cluster, cluster
from faults.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

WAITING = "FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
"""Of a query: the processes whose commits wait for the standby."""


@define(eq=False)
class Pair:
    """Two clusters, of which the standby has all that the primary says is committed."""

    primary: Cluster
    standby: Cluster
    is_alone: bool = False
    """Whether the primary has no standby since the last one was promoted."""

    @property
    def url(self) -> str:
        """Return the URL that has both, and leads to the one that is the primary."""
        hosts = ",".join(f"127.0.0.1:{port}" for port in sorted(self._ports))
        return f"postgresql://postgres@{hosts}/postgres?target_session_attrs=read-write"

    @property
    def _ports(self) -> set[int]:
        return {self.primary.port, self.standby.port}

    def synchronize(self) -> None:
        """Have every commit wait for the standby from now on, once that is there."""
        self.primary.execute("ALTER SYSTEM SET synchronous_standby_names = '*'", _RELOAD)
        wait_until(
            lambda: self.primary.execute(_SYNCHRONOUS) == [(1,)], shown=lambda: self.standby.log
        )

    @property
    def waiting(self) -> int:
        """How many commits wait for the standby."""
        [(count,)] = self.primary.execute(f"SELECT count(*) {WAITING}")
        return int(count)

    def close(self) -> None:
        """Let the primary write nothing more, and return when all that it wrote is settled."""
        self.primary.execute("ALTER SYSTEM SET default_transaction_read_only = on", _RELOAD)
        wait_until(lambda: self.waiting == 0, shown=lambda: self.primary.log)

    def promote(self) -> None:
        """Make the standby the primary, which waits for nobody, and return when it is."""
        settings = ("synchronous_standby_names", "default_transaction_read_only")
        self.standby.execute(*(f"ALTER SYSTEM RESET {name}" for name in settings), _RELOAD)
        self.standby.execute("SELECT pg_promote()")
        self.primary, self.standby = self.standby, self.primary
        self.is_alone = True

    def follow(self) -> None:
        """Make the one that was the primary the standby."""
        self.standby.stop()
        source = self.primary.url()
        words = ("-D", self.standby.data, "--source-server", source, "--write-recovery-conf")
        self.standby.run("pg_rewind", *words, "--no-sync")
        self.standby.start()
        self.synchronize()
        self.is_alone = False


@contextmanager
def pair() -> Iterator[Pair]:
    """Lend two that run."""
    with cluster() as primary:
        # Who went needs the log since they last agreed, to come back.
        primary.execute("ALTER SYSTEM SET wal_keep_size = '1GB'", _RELOAD)
        with cluster(of=primary) as standby:
            made = Pair(primary, standby)
            made.synchronize()
            yield made


_RELOAD = "SELECT pg_reload_conf()"
_SYNCHRONOUS = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"
