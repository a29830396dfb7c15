"""Conditional requests (RFC 9110, section 13): entity tags, If-Match and If-None-Match.

A task's tag is strong and is its version, ``"7"``; the tag of anything else that can be read is
weak and is made from its content. There are no dates of modification here, so the conditions that
are about them are ignored, as the RFC wants it.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from attrs import frozen
from xxhash import xxh3_128

from taskcore_http.problems import InvalidHeader, Refusal
from taskcore_http.responses import JsonResponse, Response

if TYPE_CHECKING:
    from taskcore import Task
    from taskcore_http.edge import Exchange

_NAMES: Final = {b"if-match": "If-Match", b"if-none-match": "If-None-Match"}
_WEAK: Final = b"W/"
_TAG: Final = re.compile(rb'(W/)?("[^"]*")')
# Elements of a list may be missing. No two neighbors here can match the same byte, so that a long
# header is read, or refused, in one go.
_LIST: Final = re.compile(rb'[ \t,]*((W/)?"[\x21\x23-\x7e\x80-\xff]*"[ \t]*(,[ \t,]*|\Z))*')


@frozen
class EntityTags:
    """What If-Match or If-None-Match names: some tags, or with ``*`` (None) whatever there is."""

    strong: frozenset[bytes] | None
    opaque: frozenset[bytes] | None
    """Those that are weak too, without their ``W/``."""

    def has(self, tag: bytes) -> bool:
        """Whether this tag is among them by strong comparison: no weak tag equals any."""
        return self.strong is None or tag in self.strong

    def has_like(self, tag: bytes) -> bool:
        """Whether this tag is among them by weak comparison: what it is, not how strong."""
        return self.opaque is None or tag.removeprefix(_WEAK) in self.opaque


@frozen
class Condition:
    """What the request says the task must, and must not, be: a container of the versions allowed.

    What reads and what changes judge If-None-Match alike, but the former answers 304 to it.
    """

    match: EntityTags | None
    none_match: EntityTags | None

    def __contains__(self, version: object) -> bool:
        """Whether a task at this version may be changed."""
        tag = f'"{version}"'.encode()
        return self.allows(tag) and not self.knows(tag)

    def allows(self, tag: bytes) -> bool:
        """Whether If-Match, if there is one, lets through what has this tag."""
        return self.match is None or self.match.has(tag)

    def knows(self, tag: bytes) -> bool:
        """Whether If-None-Match says that the client has what has this tag."""
        return self.none_match is not None and self.none_match.has_like(tag)


def condition_of(exchange: Exchange) -> Condition | None:
    """Return the request's condition, or None. Raises ``InvalidHeader`` for a malformed one."""
    headers = exchange.headers
    if b"if-match" not in headers and b"if-none-match" not in headers:
        return None
    return Condition(_tags(exchange, b"if-match"), _tags(exchange, b"if-none-match"))


def refuse_condition(exchange: Exchange) -> None:
    """Raise ``InvalidHeader`` for a condition where there is nothing that it could be about."""
    for header, name in _NAMES.items():
        if header in exchange.headers:
            raise InvalidHeader(name, "is not for a call that adds tasks", "value")


def tag_of(task: Task) -> bytes:
    """Return the task's entity tag."""
    return b'"%d"' % task.version


def known(exchange: Exchange, tag: bytes) -> Response | None:
    """Return the 304 for who reads what has this tag and knows it already, or None.

    Raises ``Refusal`` with 412 where If-Match wants something else.
    """
    condition = condition_of(exchange)
    if condition is None:
        return None
    if not condition.allows(tag):
        raise Refusal(HTTPStatus.PRECONDITION_FAILED)
    if not condition.knows(tag):
        return None
    return Response(status=HTTPStatus.NOT_MODIFIED, headers=((b"etag", tag),))


def tagged(exchange: Exchange, response: JsonResponse, link: bytes = b"") -> Response:
    """Return the response with a weak tag of its body and link, or the 304 if that is known.

    Raises as ``known`` does.
    """
    content = xxh3_128(response.body)
    content.update(link)
    tag = b'W/"%s"' % content.hexdigest().encode()
    if unmodified := known(exchange, tag):
        return unmodified
    exchange.answer_headers.append((b"etag", tag))
    return response


def _tags(exchange: Exchange, header: bytes) -> EntityTags | None:
    lines = [value for name, value in exchange.scope["headers"] if name == header]
    if not lines:
        return None
    text = b",".join(lines)
    if text.strip(b" \t") == b"*":
        return EntityTags(None, None)
    if not _LIST.fullmatch(text):
        reason = 'must be * or entity tags with commas between them, as "1", "2"'
        raise InvalidHeader(_NAMES[header], reason, "value")
    tags = _TAG.findall(text)
    strong = frozenset(opaque for weak, opaque in tags if not weak)
    return EntityTags(strong, frozenset(opaque for _, opaque in tags))
