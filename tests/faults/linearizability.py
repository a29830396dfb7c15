"""Whether a history of concurrent calls can be explained: by an order of one call after another.

The order must keep to real time (what was answered before another was asked comes first), and a
model that is asked in that order must give exactly the answers that were given. It is looked for
as Wing and Gong do (try what may come next, go back where nothing fits) and remembers, as Lowe
proposes, which calls in whatever order led to which state, so that no such point is tried twice.

Two things keep that quick. What can change nothing, in whatever state, and is answered as the model
does right now would stand nowhere better, so it is taken at once. And what a call does in a state
is asked of the model once.
"""

from __future__ import annotations

from bisect import bisect_left
from math import inf
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from attrs import evolve, frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

    State: TypeAlias = Hashable
    Apply: TypeAlias = Callable[[Any, State], tuple[Any, State]]

MOST_POINTS: Final = 200_000
"""How many points of the search are looked at before it is given up."""


@frozen(eq=False)
class Call:
    """What a client asked, when, what it was answered, and when.

    ``answered`` is None where nobody knows what came of it: it may have taken effect at any time
    since, may do so later, or never. ``is_inert`` says that it cannot have changed anything.
    """

    client: str
    asked: Any
    invoked: int
    answered: int | None = None
    answer: Any = None
    is_inert: bool = False

    @property
    def end(self) -> float:
        """When it was answered; where that is not known, never."""
        return inf if self.answered is None else self.answered


class Unexplained(AssertionError):
    """There is no such order; the text shows a part of the history that is enough to see that."""


class Undecided(AssertionError):
    """The search was given up."""


def require_order(calls: Sequence[Call], start: State, apply: Apply) -> None:
    """Raise ``Unexplained`` unless the calls can be put in order, from the state ``start``.

    ``apply`` answers what was asked in a state, and the state that comes of it.
    """
    if not _Search(calls, apply).finds_order(start):
        fewer = _smallest(calls, start, apply)
        search = _Search(fewer, apply)
        search.finds_order(start)
        raise Unexplained(search.story(start))


class _Search:
    def __init__(self, calls: Sequence[Call], apply: Apply) -> None:
        self._calls = sorted(calls, key=lambda call: call.invoked)
        self._apply = apply
        self._known = sum(
            1 << place for place, call in enumerate(self._calls) if call.answered is not None
        )
        self._effects: dict[tuple[int, State], tuple[Any, State]] = {}
        self._furthest: tuple[int, State] = (0, None)

    def finds_order(self, start: State) -> bool:
        """Whether there is one. Raises ``Undecided`` after ``MOST_POINTS``."""
        self._furthest = (0, start)
        points: list[tuple[int, State]] = [(0, start)]
        seen = set()
        while points:
            done, state = points.pop()
            done = self._with_all_inert(done, state)
            if done & self._known == self._known:
                return True
            if (done, state) in seen:
                continue
            seen.add((done, state))
            if len(seen) > MOST_POINTS:
                raise Undecided(f"{len(self._calls)} calls led to more than {MOST_POINTS} points")
            if (done & self._known).bit_count() >= (self._furthest[0] & self._known).bit_count():
                self._furthest = (done, state)
            # The last one is looked at first: what was answered first was likely first.
            candidates = sorted(self._next(done), key=lambda place: -self._calls[place].end)
            for place in candidates:
                _, after = self._effect(place, state)
                # What nobody knows of may as well never have been, where it changes nothing.
                matters = after != state or self._known >> place & 1
                if matters and self._fits(place, state):
                    points.append((done | 1 << place, after))
        return False

    def story(self, start: State) -> str:
        """Return the calls, and how far an order of them goes."""
        begin = self._calls[0].invoked
        done, state = self._furthest
        lines = ["no order of these calls explains their answers:"]
        lines += [_line(call, begin) for call in self._calls]
        lines += [f"from {start!r},", f"the longest order that does leads to {state!r};"]
        for place in self._next(done):
            answer, _ = self._effect(place, state)
            lines.append(f"    then {_line(self._calls[place], begin).strip()}")
            lines.append(f"    would be answered {answer!r}")
        return "\n".join(lines)

    def _with_all_inert(self, done: int, state: State) -> int:
        while True:
            before = done
            for place in self._next(done):
                if self._calls[place].is_inert and self._fits(place, state):
                    done |= 1 << place
            if done == before:
                return done

    def _next(self, done: int) -> Iterator[int]:
        """Yield the places of calls before which no other one must come."""
        earliest_end = inf
        first = (~done & (done + 1)).bit_length() - 1
        for place in range(first, len(self._calls)):
            if done >> place & 1:
                continue
            call = self._calls[place]
            if call.invoked > earliest_end:
                return
            earliest_end = min(earliest_end, call.end)
            yield place

    def _fits(self, place: int, state: State) -> bool:
        call = self._calls[place]
        return call.answered is None or bool(self._effect(place, state)[0] == call.answer)

    def _effect(self, place: int, state: State) -> tuple[Any, State]:
        key = (place, state)
        if key not in self._effects:
            self._effects[key] = self._apply(self._calls[place].asked, state)
        return self._effects[key]


def _smallest(calls: Sequence[Call], start: State, apply: Apply) -> list[Call]:
    """Return a part of the history that has no order either."""

    def has_order(part: Sequence[Call]) -> bool:
        return _Search(part, apply).finds_order(start)

    ends = sorted(call.answered for call in calls if call.answered is not None)
    # Of a history that has an order, every beginning has one.
    first = bisect_left(ends, 1, key=lambda end: not has_order(_until(end, calls)))
    part = _until(ends[first], calls)
    for call in part:
        fewer = [one for one in part if one is not call]
        if call.is_inert and not has_order(fewer):
            part = fewer
    return part


def _until(end: int, calls: Sequence[Call]) -> list[Call]:
    """Return what was known at that time: of what was not answered yet, nobody knew the answer."""
    return [
        call if call.end <= end else evolve(call, answered=None, answer=None)
        for call in calls
        if call.invoked <= end and (call.end <= end or not call.is_inert)
    ]


def _line(call: Call, begin: int) -> str:
    invoked, answered = (call.invoked - begin) // 1000, (call.end - begin) / 1000
    when = (
        f"{invoked:>8} to {answered:<8.0f} µs" if answered < inf else f"{invoked:>8} to ?        µs"
    )
    answer = "?" if call.answered is None else repr(call.answer)
    return f"    {call.client:<8} {when}  {call.asked!r} -> {answer}"
