"""Many writers at once, on a thread of their own, while a test causes faults."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

from attrs import define, field
from faults.client import Client
from faults.ledger import Ledger
from faults.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faults.client import Address
    from faults.ledger import History

SHARED = 4
"""How many tasks all writers change."""

_TICK = 0.02
_LEAVING = 30.0
"""How many seconds the writers may take for what they are at, once all is over."""


@contextmanager
def writing(address: Address, ledger: Ledger | None = None, writers: int = 16) -> Iterator[Ledger]:
    """Have so many writers write while the body of the ``with`` causes faults; lend their ledger.

    In the end the server must be there, so that what can be brought to an end is.
    """
    ledger = ledger or Ledger()
    crew = _Crew(address, ledger, writers)
    thread = threading.Thread(target=asyncio.run, args=(crew.work(),))
    thread.start()
    try:
        yield ledger
    finally:
        crew.is_over = True
        thread.join()
    if crew.failure:
        raise crew.failure


@define(eq=False)
class _Crew:
    address: Address
    ledger: Ledger
    size: int
    is_over: bool = False
    failure: BaseException | None = field(init=False, default=None)

    async def work(self) -> None:
        name = uuid4().hex[:8]
        shared: list[History] = []
        writers = [
            Writer(Client(self.address), self.ledger, f"{name}-{number}", number, shared)
            for number in range(self.size)
        ]
        try:
            for _ in range(SHARED):
                await writers[0].add_shared()
            async with asyncio.TaskGroup() as group:
                at_work = [group.create_task(self._write(writer)) for writer in writers]
                while not self.is_over:  # noqa: ASYNC110  # another thread says so
                    await asyncio.sleep(_TICK)  # another thread says so
                _, late = await asyncio.wait(at_work, timeout=_LEAVING)
                for one in late:
                    one.cancel()
        except BaseException as error:  # noqa: BLE001  # raised where the test is
            self.failure = error

    async def _write(self, writer: Writer) -> None:
        try:
            while not self.is_over:
                await writer.do_something()
        finally:
            writer.client.close()
