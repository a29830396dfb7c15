"""Tries mutants of the storages, each in a process of its own, and says what gives them away.

Prints a line of JSON for each: which mutant, what the judges of plans object to in what it sends,
and where it answers otherwise than the model.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import ExitStack
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from typing import TYPE_CHECKING, Any

import psycopg
from attrs import frozen
from contract.capturing import (
    PostgresJudge,
    SqliteJudge,
    as_of,
    owners_of,
    sent_to_postgres,
    sent_to_sqlite,
)
from contract.neighbors import batches
from contract.strategies import USERS
from faults.owner_mutants import Mutant, mutants

from taskcore.adapters.memory import MemoryRepository
from taskcore.ports import Find, Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import CodeType

    from contract.neighbors import Batch

    from taskcore import TaskRepository

    Judge = Callable[[Sequence[tuple[str, Any]], set[str]], int]


@frozen
class Finder(MetaPathFinder):
    """Finds one module, which is the mutant."""

    mutant: Mutant

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        """Return the mutant where it is asked for."""
        if name != f"taskcore.adapters.{self.mutant.module}":
            return None
        path = str(self.mutant.path)
        return spec_from_file_location(name, path, loader=Loader(name, path, self.mutant.source))


class Loader(SourceFileLoader):
    """Loads a module as if this were the source in its file."""

    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self._source = source

    def get_code(self, fullname: str) -> CodeType:
        """Return the code of the source."""
        return compile(self._source, self.get_filename(fullname), "exec")


@frozen
class Databases:
    """URLs of Postgres: what is tried, the same as its owner, and one for the judge of plans.

    Without a judge, what is tried has row-level security, and all batches are of one user.
    """

    tried: str
    owned: str
    judge: str | None


def trial(mutant: Mutant, databases: Databases, made: Sequence[Batch]) -> dict[str, Any]:
    """Load the mutant and try it; ``plans`` and ``answers`` say what gives it away."""
    for name in [name for name in sys.modules if name.startswith("taskcore.adapters")]:
        del sys.modules[name]
    sys.meta_path.insert(0, Finder(mutant))
    with ExitStack() as stack:
        repository, sent, judge = _opened(mutant.module.partition(".")[0], databases, stack)
        plans = answers = ""
        model = MemoryRepository()
        for batch in made:
            sent.clear()
            answers = _difference(batch, repository, model)
            owners = {owner for one in batch for owner in owners_of(one)}
            plans = plans or _objection(judge, list(sent), owners)
            for user_id in USERS:
                look = [Find(user_id), Tally(user_id, "tags"), Tally(user_id, "project")]
                answers = answers or _difference(look, repository, model)
            if answers:
                break
    found = {"plans": plans[:300], "answers": answers[:300]}
    return found | {"mutant": str(mutant), "batches": len(made)}


def _difference(batch: Batch, repository: TaskRepository, model: TaskRepository) -> str:
    try:
        answered = repository.execute(batch)
    except Exception as error:  # noqa: BLE001  # whatever gives it away
        return f"{type(error).__name__}: {error}"
    return "" if repr(answered) == repr(model.execute(batch)) else f"not the model's: {batch}"


def _objection(judge: Judge, sent: Sequence[tuple[str, Any]], owners: set[str]) -> str:
    try:
        judge(sent, owners)
    except AssertionError as error:
        return str(error) or "refused"
    return ""


def _opened(
    storage: str, databases: Databases, stack: ExitStack
) -> tuple[TaskRepository, list[tuple[str, Any]], Judge]:
    """Return the storage, what it is sent, and who judges that."""
    if storage == "memory":
        from taskcore.adapters.memory import MemoryRepository as Mutated

        return Mutated(), [], _nobody
    if storage == "sqlite":
        from taskcore.adapters.sqlite import SqliteRepository

        judge = stack.enter_context(SqliteJudge.of(USERS)).judge
        sent = stack.enter_context(sent_to_sqlite())
        return stack.enter_context(SqliteRepository(":memory:")), sent, judge
    from taskcore.adapters.postgres import PostgresRepository, create_engine

    with psycopg.connect(databases.owned, autocommit=True) as connection:
        connection.execute("DELETE FROM taskcore.tasks")
    engine = create_engine(databases.tried)
    postgres = stack.enter_context(PostgresRepository(engine, dispose=True))
    if databases.judge is None:
        return postgres, [], _nobody
    judge = stack.enter_context(PostgresJudge.at(databases.judge)).judge
    return postgres, stack.enter_context(sent_to_postgres()), judge


def _nobody(*_: object) -> int:
    return 0


def main(databases: str, numbers: str, count: str) -> None:
    """Try the mutants of these numbers with so many batches, and print what came of it."""
    where = Databases(**json.loads(databases))
    made = batches(int(count))
    if where.judge is None:
        made = [
            [as_of(USERS[number % len(USERS)], one) for one in batch]
            for number, batch in enumerate(made)
        ]
    found = mutants()
    for number in json.loads(numbers):
        sys.stdout.flush()
        if os.fork() == 0:
            print(json.dumps(trial(found[number], where, made)), flush=True)  # noqa: T201  # its work
            os._exit(0)
        _, status = os.wait()
        assert status == 0, found[number]


if __name__ == "__main__":
    main(*sys.argv[1:])
