"""What schema a database has, what schema this taskcore needs, and what to do where they differ."""

from __future__ import annotations

from typing import Final

from attrs import frozen

from taskcore.errors import RepositoryUnavailable

ROLE: Final = "taskcore_app"
"""The role that row-level security is for, where no other is named."""


@frozen
class SchemaStatus:
    """The schema version that a storage has, and the one that this taskcore reads and writes.

    ``storage`` is what messages call it. ``found`` is None where there is no schema yet,
    ``expected`` where none is needed. ``read_only`` is whether nothing can be written there now,
    ``protected`` whether row-level security is on. As text, it says what is so and what to do.
    """

    storage: str
    found: int | None
    expected: int | None
    read_only: bool = False
    protected: bool = False

    @property
    def is_current(self) -> bool:
        """Whether the storage can be used as it is."""
        return self.found == self.expected

    @property
    def is_behind(self) -> bool:
        """Whether an upgrade would make it current."""
        return self.expected is not None and (self.found or 0) < self.expected

    def require_current(self) -> None:
        """Raise ``RepositoryUnavailable``, with what to do, unless the storage can be used."""
        if not self.is_current:
            advice = ", or open it with upgrade=True" if self.is_behind else ""
            raise RepositoryUnavailable(f"{self.storage}: {self}{advice}")

    def __str__(self) -> str:
        if self.expected is None:
            return "no schema needed"
        if self.found is None:
            return "no schema yet; run 'taskcore db upgrade'"
        if self.is_current:
            only = "; it can only be read here" if self.read_only else ""
            wall = "; row-level security is on" if self.protected else ""
            return f"schema {self.found} is up to date{only}{wall}"
        if self.is_behind:
            return (
                f"schema {self.found} is older than this taskcore, which needs {self.expected}; "
                "run 'taskcore db upgrade'"
            )
        return (
            f"schema {self.found} is of a newer taskcore (this one knows {self.expected}); "
            "update taskcore"
        )
