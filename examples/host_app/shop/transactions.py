"""Transactions of the shop's: serializable, so any of them may be told to begin again."""

from __future__ import annotations

import asyncio
import random
import time
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from taskcore import RepositoryUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Concatenate

    from sqlalchemy import URL
    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
    from sqlalchemy.orm import Session, sessionmaker

P = ParamSpec("P")
T = TypeVar("T")

ISOLATION = "SERIALIZABLE"
ATTEMPTS = 10
SERIALIZATION_FAILURE, DEADLOCK = "40001", "40P01"


def engine_url(url: str) -> URL:
    """Return a URL as people have it, for an engine of psycopg: sync and async are the same."""
    return make_url(url).set(drivername="postgresql+psycopg")


def transact(
    sessions: sessionmaker[Session],
    work: Callable[Concatenate[Session, P], T],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """Work in a transaction of its own, and again where Postgres undid it for another's sake."""
    last: Exception | None = None
    for attempt in range(ATTEMPTS):
        try:
            with sessions.begin() as session:
                return work(session, *args, **kwargs)
        except (DBAPIError, RepositoryUnavailable) as error:
            if not was_aborted(error):
                raise
            last = error
        time.sleep(_pause(attempt))
    raise TimeoutError(f"{ATTEMPTS} attempts met other transactions") from last


async def transact_async(
    sessions: async_sessionmaker[AsyncSession],
    work: Callable[Concatenate[Session, P], T],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """Do as ``transact`` does, with the same functions, on asyncio."""
    last: Exception | None = None
    for attempt in range(ATTEMPTS):
        try:
            async with sessions.begin() as session:
                return await session.run_sync(work, *args, **kwargs)
        except (DBAPIError, RepositoryUnavailable) as error:
            if not was_aborted(error):
                raise
            last = error
        await asyncio.sleep(_pause(attempt))
    raise TimeoutError(f"{ATTEMPTS} attempts met other transactions") from last


def was_aborted(error: DBAPIError | RepositoryUnavailable) -> bool:
    """Whether it is for us to begin again: the shop's statements say so, and taskcore's cause."""
    cause = error if isinstance(error, DBAPIError) else error.__cause__
    code = getattr(getattr(cause, "orig", None), "sqlstate", None)
    return code in {SERIALIZATION_FAILURE, DEADLOCK}


def _pause(attempt: int) -> float:
    return random.uniform(0, 0.01 * 2**attempt)
