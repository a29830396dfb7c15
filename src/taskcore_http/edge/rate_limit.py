"""How many requests a user may send: a token bucket each.

Instead of a bucket's tokens the moment is kept at which it is full again. So a user is one number,
and one whose bucket is full need not be known at all.
"""

from __future__ import annotations

from http import HTTPStatus
from time import monotonic_ns
from typing import TYPE_CHECKING, Final

from attrs import frozen

from taskcore_http.problems import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskcore_http.edge.exchange import Exchange

USERS: Final = 50_000
"""How many users are remembered at the most; of more, those who have sent least are forgotten."""

_SECOND: Final = 1_000_000_000


@frozen
class Rate:
    """So many requests in so many seconds."""

    requests: int
    seconds: int


class RateLimit:
    """Counts the requests that users send to this process, and refuses what is too much."""

    def __init__(self, rate: Rate, clock: Callable[[], int] = monotonic_ns) -> None:
        self._interval = max(1, rate.seconds * _SECOND // rate.requests)
        self._capacity = self._interval * rate.requests
        self._clock = clock
        self._full_at: dict[int, int] = {}
        policy = f'"user";q={rate.requests};w={rate.seconds}'
        self._policy = (b"ratelimit-policy", policy.encode())

    def __call__(self, exchange: Exchange, user_id: str) -> None:
        """Take a request of the user's, and say in the answer how many are left.

        The headers are those of draft-ietf-httpapi-ratelimit-headers-11. Raises ``Refusal`` with
        429 for a request that is too much, which does not count.
        """
        now = self._clock()
        # By its hash, as what a path says of a user may be long.
        user = hash(user_id)
        full_at = max(self._full_at.get(user, now), now) + self._interval
        room = self._capacity - (full_at - now)
        left = max(0, room // self._interval)
        until_next = -room if room < 0 else (left + 1) * self._interval - room
        seconds = -(-until_next // _SECOND)
        limit = b'"user";r=%d;t=%d' % (left, seconds)
        exchange.answer_headers += (self._policy, (b"ratelimit", limit))
        if room < 0:
            headers = {"Retry-After": str(seconds)}
            raise Refusal(HTTPStatus.TOO_MANY_REQUESTS, headers=headers)
        self._full_at[user] = full_at
        if len(self._full_at) > USERS:
            self._forget(now)

    def _forget(self, now: int) -> None:
        """Forget the users whose buckets are full, and of the others the half nearest to it."""
        owing = ((full_at, user) for user, full_at in self._full_at.items() if full_at > now)
        kept = sorted(owing, reverse=True)[: USERS // 2]
        self._full_at = {user: full_at for full_at, user in kept}
