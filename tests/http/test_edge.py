"""The edge around an application: ids of requests, a limit of time, guards, observers, HEAD."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from taskcore_http.edge import Edge
from taskcore_http.responses import JsonResponse

if TYPE_CHECKING:
    from taskcore_http.edge import Exchange

Sent = list[dict[str, Any]]


async def greet(scope: Any, receive: Any, send: Any) -> None:
    await JsonResponse({"hello": "you"})(scope, receive, send)


async def hang(*_: Any) -> None:
    await asyncio.sleep(60)


def ask(edge: Edge, method: str = "GET", *headers: tuple[bytes, bytes]) -> Sent:
    return asyncio.run(asking(edge, method, *headers))


async def asking(edge: Edge, method: str = "GET", *headers: tuple[bytes, bytes]) -> Sent:
    sent: Sent = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {"type": "http", "method": method, "path": "/x", "headers": list(headers)}
    await edge(scope, receive, send)
    assert scope["method"] == method
    return sent


def request_id(sent: Sent) -> str:
    [id] = [value for name, value in sent[0]["headers"] if name == b"x-request-id"]
    assert isinstance(id, bytes)
    return id.decode()


@pytest.mark.parametrize("id", ["7", "a-b_c.d~e", "x" * 128, '{"a":1}'])
def test_a_request_keeps_the_id_that_it_came_with(id: str) -> None:
    assert request_id(ask(Edge(greet), "GET", (b"x-request-id", id.encode()))) == id


@pytest.mark.parametrize("id", [b"", b"two words", b"x" * 129, b"\xff", b"a\tb", b"line\n"])
def test_an_id_that_cannot_be_is_replaced(id: bytes) -> None:
    assert re.fullmatch(
        r"[0-9a-f]{16}-1", request_id(ask(Edge(greet), "GET", (b"x-request-id", id)))
    )


def test_ids_are_never_the_same() -> None:
    one, other = Edge(greet), Edge(greet)

    assert len({request_id(ask(edge)) for edge in (one, one, one, other, other)}) == 5


def test_what_takes_too_long_is_503_and_cancelled() -> None:
    sent = ask(Edge(hang, patience=0.05))

    assert sent[0]["status"] == 503
    assert (b"retry-after", b"1") in sent[0]["headers"]
    problem = json.loads(sent[1]["body"])
    assert problem["code"] == "unavailable"
    assert problem["request_id"] == request_id(sent)
    assert "0.05 s" in problem["detail"]


def test_each_request_has_its_own_time() -> None:
    edge = Edge(hang, patience=0.2)

    async def one_after_the_other() -> list[float]:
        async def timed(wait: float) -> float:
            await asyncio.sleep(wait)
            begun = asyncio.get_running_loop().time()
            await asking(edge)
            return asyncio.get_running_loop().time() - begun

        return await asyncio.gather(*(timed(wait) for wait in (0, 0.05, 0.1, 0.3)))

    assert all(0.19 < seconds < 0.4 for seconds in asyncio.run(one_after_the_other()))


def test_who_is_cancelled_from_outside_is_told_so_and_cancelled() -> None:
    seen: list[Exchange] = []

    async def cancelled() -> None:
        asking_ = asyncio.create_task(asking(Edge(hang, observers=[seen.append])))
        await asyncio.sleep(0.01)
        asking_.cancel()
        await asking_

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())

    assert [exchange.status for exchange in seen] == [503]


def test_the_limit_of_time_holds_on_one_event_loop_after_another() -> None:
    edge = Edge(hang, patience=0.05)

    assert [ask(edge)[0]["status"] for _ in range(3)] == [503, 503, 503]


def test_an_application_that_gives_no_answer_is_500() -> None:
    async def silent(*_: Any) -> None:
        pass

    assert ask(Edge(silent))[0]["status"] == 500


def test_an_application_that_answers_around_the_edge_is_500() -> None:
    async def straight(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    assert ask(Edge(straight))[0]["status"] == 500


def test_head_is_get_without_the_body() -> None:
    got, headed = ask(Edge(greet)), ask(Edge(greet), "HEAD")

    named = [dict(sent[0]["headers"]) | {b"x-request-id": b""} for sent in (got, headed)]
    assert named[0] == named[1]
    assert named[0][b"content-length"] == b"15"
    assert (got[1]["body"], headed[1]["body"]) == (b'{"hello":"you"}', b"")


def test_guards_come_in_order_and_the_first_that_answers_ends_it() -> None:
    met = []

    def first(exchange: Exchange) -> None:
        met.append("first")
        exchange.answer_headers.append((b"x-first", b"was here"))

    def second(exchange: Exchange) -> JsonResponse:
        met.append("second")
        return JsonResponse({"stop": exchange.headers[b"why"].decode()}, 429)

    sent = ask(Edge(hang, guards=[first, second, first]), "GET", (b"why", b"enough"))

    assert met == ["first", "second"]
    assert sent[0]["status"] == 429
    assert (b"x-first", b"was here") in sent[0]["headers"]
    assert json.loads(sent[1]["body"]) == {"stop": "enough"}


@pytest.mark.parametrize(("app", "status", "size"), [(greet, 200, 15), (hang, 503, 0)])
def test_observers_are_told_in_the_end(app: Any, status: int, size: int) -> None:
    seen: list[Exchange] = []
    ask(Edge(app, observers=[seen.append], patience=0.05))

    [exchange] = seen
    assert exchange.status == status
    assert exchange.size >= size
    assert exchange.route == ""
    assert exchange.method == "GET"


def test_an_exchange_leaves_nothing_for_the_collector() -> None:
    import gc

    async def many() -> int:
        edge = Edge(greet)
        await asking(edge)
        gc.collect()
        gc.disable()
        for _ in range(10):
            await asking(edge)
        return gc.collect()

    try:
        assert asyncio.run(many()) < 10
    finally:
        gc.enable()
