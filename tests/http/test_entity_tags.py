"""If-Match and If-None-Match as RFC 9110 writes them, against a model of what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taskcore_http.conditions import condition_of
from taskcore_http.edge import Exchange
from taskcore_http.problems import InvalidHeader

if TYPE_CHECKING:
    from tests.http.conftest import Server

NAMES = [b"if-match", b"if-none-match"]
names = st.sampled_from(NAMES)
opaque = st.integers(0, 12).map(lambda n: b'"%d"' % n) | st.text(
    st.sampled_from("1,W/*!~#\xe9"), max_size=4
).map(lambda text: b'"%s"' % text.encode("latin-1"))
tags = st.tuples(st.booleans(), opaque)
spaces = st.text(" \t", max_size=2).map(str.encode)
commas = st.tuples(spaces, st.sampled_from([b",", b",,", b", ,"]), spaces).map(b"".join)


def exchange_with(*lines: tuple[bytes, bytes]) -> Exchange:
    scope: Any = {"headers": [(b"host", b"x"), *lines]}
    return Exchange(scope, "GET", dict(scope["headers"]), "id", [])


@given(name=names, listed=st.lists(tags, max_size=5), data=st.data())
def test_a_list_says_the_same_however_it_is_written(
    name: bytes, listed: list[tuple[bool, bytes]], data: st.DataObject
) -> None:
    lines = [b""]
    for weak, tag in listed:
        if lines[-1] and data.draw(st.booleans()):
            lines.append(b"")
        separator = data.draw(commas) if lines[-1] else data.draw(spaces)
        lines[-1] += separator + b"W/" * weak + tag + data.draw(spaces)

    condition = condition_of(exchange_with(*((name, line) for line in lines)))

    assert condition is not None
    for version in range(14):
        tag = b'"%d"' % version
        strong, weak_too = (False, tag) in listed, tag in {one for _, one in listed}
        if name == b"if-match":
            assert (version in condition) is condition.allows(tag) is strong
            assert not condition.allows(b"W/" + tag)
            assert not condition.knows(tag)
        else:
            assert (version in condition) is not weak_too
            assert condition.knows(tag) is condition.knows(b"W/" + tag) is weak_too
            assert condition.allows(tag)


@pytest.mark.parametrize("star", [b"*", b" *", b"*\t"])
@pytest.mark.parametrize("name", NAMES)
def test_a_star_is_whatever_there_is(name: bytes, star: bytes) -> None:
    condition = condition_of(exchange_with((name, star)))

    assert condition is not None
    for tag in (b'"1"', b'W/"x"'):
        assert condition.allows(tag)
        assert condition.knows(tag) is (name == b"if-none-match")
    assert (1 in condition) is (name == b"if-match")


@given(name=names, listed=st.lists(opaque, min_size=1, max_size=3), data=st.data())
def test_a_list_with_anything_else_outside_the_quotes_is_refused(
    name: bytes, listed: list[bytes], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(listed)))
    waste = data.draw(st.sampled_from([b"x", b"*", b"W/", b";", b'"', b"w/", b"'1'", b"1"]))

    with pytest.raises(InvalidHeader):
        condition_of(exchange_with((name, b", ".join([*listed[:place], waste, *listed[place:]]))))


def test_without_either_header_there_is_no_condition() -> None:
    assert condition_of(exchange_with()) is None


# The server lives longer than an example.
@settings(max_examples=75, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.text(st.sampled_from('"12W/*, \t\xe9;x'), max_size=12))
@pytest.mark.parametrize("name", ["If-Match", "If-None-Match"])
def test_any_text_is_a_condition_or_400(server: Server, name: str, value: str) -> None:
    api = server.api("alice")
    path = f"/{api.add()['id']}"

    read = api.call("GET", path, headers={name: value}).status
    changed = api.call("PATCH", f"{path}/complete", headers={name: value}).status

    refused = 412 if name == "If-Match" else 304
    assert (read, changed) in {(200, 200), (refused, 412), (400, 400)}
