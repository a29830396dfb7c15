"""Send requests that were bent at random, byte by byte, to a real server.

    python tests/long/raw_bytes.py [--storage sqlite|postgres] [--cases 200000] [--seed 1]

Every one must be answered with a well-formed answer below 500, and every refusal must be a problem
document; of what can be no request, the connection may be closed after that, and of half a request
once nothing more comes. The server must live, and answer the next one. The exit code says whether.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import random
import socket
import sys
import time
from collections import Counter
from http.client import HTTPException, HTTPResponse
from urllib.parse import urlsplit

from serving import STORAGES, serving

TASK = b"01890a5d-ac96-774b-bcce-b302099a8057"
TASKS = b"/api/alice/tasks"
ONE = TASKS + b"/" + TASK
READ = [
    *(TASKS, ONE, TASKS + b"/count", b"/api/alice/projects", b"/api/alice/tags"),
    *(b"/api/a%20b/tasks", b"/", b"/docs", b"/openapi.json", b"/health/live", b"/health/ready"),
    b"/metrics",
]
PATHS = {
    b"GET": READ,
    b"HEAD": READ,
    b"POST": [TASKS, b"/api/a%20b/tasks"],
    b"PUT": [ONE],
    b"PATCH": [ONE, ONE + b"/complete"],
    b"DELETE": [ONE],
    b"OPTIONS": [TASKS, ONE, b"*"],
}
METHODS = [b"GET", b"GET", b"GET", b"POST", b"POST", b"POST", b"PUT", b"PATCH", b"PATCH"]
METHODS += [b"DELETE", b"HEAD", b"OPTIONS"]
QUERIES = {
    TASKS: [
        *(b"filter=completed%20%3D%20false", b"page_size=2&order_by=due", b"zone=Asia/Tokyo"),
        *(b"filter=tags:home%20OR%20due%3C%3Dtoday%2B7d&explain=true", b"page_token=x"),
    ],
    TASKS + b"/count": [b"filter=extra.a:*%20AND%20%22milk%22", b"zone=UTC"],
    ONE: [b"subtree=true"],
}
HEADERS = [
    *(b"Accept: application/json;q=0.5, */*", b"Accept-Encoding: gzip", b'If-Match: "1", W/"2"'),
    *(b"If-None-Match: *", b'Idempotency-Key: "8e03978e"', b"X-Request-ID: 7", b"Range: bytes=0-"),
    *(b"Origin: https://a.example", b"Access-Control-Request-Method: PUT", b"Expect: 100-continue"),
    *(b"Authorization: Bearer a.b.c", b"Connection: close", b"Cookie: a=b", b"Accept: text/html"),
    *(b"X-Forwarded-For: ::1", b"traceparent: 00-1-2-3", b"Content-Encoding: gzip"),
]
# What ends a request, or makes it another, as it stands.
DANGERS = [
    *(b"Transfer-Encoding: gzip", b"Host: other", b"Upgrade: h2c", b"Content-Length: 7"),
    *(b"Content-Type: text/plain", b"Transfer-Encoding: chunked"),
]
BODIES = [
    *(b"", b"{}", b"[]", b'{"title": "Buy milk"}', b'[{"title": "a"}, {"title": ""}, 3]'),
    *(b'{"completed": true}', b'{"title": "Buy bread", "id": "' + TASK + b'"}'),
    b'{"title": "x", "due": "2026-11-30T09:00:00+01:00[Europe/Paris]", "tags": ["a", "b"]}',
    b'{"extra": {"a": [1, 2.5e3, null, {"b": "\\u00e9"}]}, "priority": "high", "parent_id": null}',
]
# What parsers trip over.
ODD = [
    *(b"\0", b"\r\n", b"\n", b"%", b"%00", b"%ff", b"\xff", b"\xed\xa0\x80", b'"', b"\\", b".."),
    *(b"//", b"1e999", b"\\ud800", b"[" * 2000, b"%2e%2e/", b"?", b"#", b"&&", b"=", b"(", b","),
]


def request(chance: random.Random) -> bytes:
    """Return a request, bent in none to a few places."""
    method = chance.choice(METHODS)
    path = chance.choice(PATHS[method if chance.random() < 0.95 else chance.choice(METHODS)])
    queries = QUERIES.get(path, [])
    query = chance.choice(queries) if queries and chance.random() < 0.5 else b""
    target = bent(path, chance) + (b"?" + bent(query, chance) if query else b"")
    with_body = method in {b"POST", b"PUT", b"PATCH"} or chance.random() < 0.05
    body = bent(chance.choice(BODIES), chance) if with_body else b""
    headers = [b"Host: localhost"]
    headers += [bent(one, chance) for one in chance.choices(HEADERS, k=chance.randrange(4))]
    if chance.random() < 0.03:
        headers.append(chance.choice(DANGERS))
    if body:
        kind = b"merge-patch+json" if method == b"PATCH" and chance.random() < 0.5 else b"json"
        headers.append(b"Content-Type: application/" + kind)
    if body and chance.random() < 0.1:
        headers.append(b"Transfer-Encoding: chunked")
        body = bent(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body), chance)
    elif body:
        length = len(body) if chance.random() < 0.98 else chance.choice([-1, 0, 3, 10**9])
        headers.append(b"Content-Length: %d" % length)
    head = b"\r\n".join([method + b" " + target + b" HTTP/1.1", *headers])
    return (bent(head, chance) if chance.random() < 0.2 else head) + b"\r\n\r\n" + body


def bent(text: bytes, chance: random.Random) -> bytes:
    """Return the text with something else in a place or two, or as it is."""
    while chance.random() < 0.15:
        place = chance.randrange(len(text) + 1)
        more = chance.choice([*ODD, chance.randbytes(chance.randrange(1, 4)), text[:place]])
        text = text[:place] + more + text[place + chance.randrange(3) :]
    return text


UNREAD = "400, not read"
PATIENCE = 15.0


class Answers(io.BufferedReader):
    """The answers on a connection; ``HTTPResponse``, which takes it for a socket, reads one each.

    A buffer of its own for each would swallow the beginning of the next.
    """

    def __init__(self, connection: socket.socket) -> None:
        super().__init__(connection.makefile("rb", 0))
        self._connection = connection

    def makefile(self, mode: str) -> Answers:
        return self

    def close(self) -> None:
        """Stay open, as one answer's end is not the end."""

    def come(self, seconds: float) -> bool:
        """Whether there is more, or the end, within so many seconds."""
        self._connection.settimeout(0)
        try:
            if not self.peek(1):
                self._connection.settimeout(seconds)
                self._connection.recv(1, socket.MSG_PEEK)
        except (TimeoutError, BlockingIOError):
            return False
        except ConnectionError:
            return True
        finally:
            self._connection.settimeout(PATIENCE)
        return True


class Client:
    """A connection that is made anew once the server has closed it."""

    def __init__(self, address: str) -> None:
        self._location = urlsplit(address)
        self._connection: socket.socket | None = None
        self._answers: Answers | None = None

    def exchange(self, request: bytes) -> str:
        """Send a request; return what became of it. Raises ``ValueError`` for what must not be."""
        if self._connection is None or self._answers is None:
            place = (self._location.hostname, self._location.port)
            self._connection = socket.create_connection(place, timeout=PATIENCE)
            self._answers = Answers(self._connection)
        outcome, goes_on = exchange(self._connection, self._answers, request)
        if not goes_on:
            self.close()
        return outcome

    def close(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = self._answers = None


def exchange(connection: socket.socket, answers: Answers, request: bytes) -> tuple[str, bool]:
    """Return what became of a request, and whether another can be sent."""
    try:
        connection.sendall(request)
    except ConnectionError:
        return "refused before it was sent", False
    method = "HEAD" if request.startswith(b"HEAD ") else "GET"
    answer = HTTPResponse(answers, method=method)  # type: ignore[arg-type]  # all that it needs
    try:
        if not answers.come(0.3):
            # It waits for the rest of a request, which does not come.
            return "half a request", False
        answer.begin()
        body = answer.read()
    except (HTTPException, OSError) as error:
        raise ValueError(f"no well-formed answer: {error!r}") from None
    unread = check(answer, body, method)
    # Bent, it may have been two requests; the answers to what follows are not counted.
    goes_on = not answer.will_close and answer.status != 400 and not answers.come(0)
    return UNREAD if unread else str(answer.status), goes_on


def check(answer: HTTPResponse, body: bytes, method: str) -> bool:
    """Raise ``ValueError`` for what must not be; return whether the request could not be read."""
    if answer.status >= 500:
        raise ValueError(f"{answer.status}: {body!r}")
    if answer.headers["Content-Encoding"] == "gzip" and body:
        body = gzip.decompress(body)
    if answer.status >= 400 and method != "HEAD":
        kind = answer.headers["Content-Type"]
        if kind != "application/problem+json" or json.loads(body)["status"] != answer.status:
            raise ValueError(f"{answer.status} is no problem document: {kind}, {body!r}")
    # What was read and then refused is told where it is wrong.
    return answer.status == 400 and b'"errors"' not in body


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--storage", choices=STORAGES, default="sqlite")
    parser.add_argument("--cases", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    chance = random.Random(asked.seed)  # noqa: S311  # a game, not a secret
    outcomes: Counter[str] = Counter()
    failures = 0
    started = time.monotonic()
    with serving(asked.storage, TASKCORE_METRICS="on") as address:
        client = Client(address)
        for number in range(1, asked.cases + 1):
            sent = request(chance)
            try:
                outcomes[client.exchange(sent)] += 1
            except ValueError as error:
                failures += 1
                client.close()
                print(f"case {number}: {error}\n  {sent!r}", flush=True)
            if number % 20_000 == 0:
                print(f"{number} cases in {time.monotonic() - started:.0f} s", flush=True)
    print(f"{asked.cases} cases, {failures} failures: {dict(sorted(outcomes.items()))}")
    print(f"{1 - outcomes[UNREAD] / asked.cases:.0%} of them were read as requests")
    return min(failures, 1)


if __name__ == "__main__":
    sys.exit(main())
