"""Where a task belongs: the paths of projects, and the names of parents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskcore import InvalidTask
from taskcore.entities.rules import valid_parent_id, valid_project

if TYPE_CHECKING:
    from collections.abc import Callable


class DriversUUID(UUID):
    """Of a driver's own, with a text of its own."""

    def __str__(self) -> str:
        return "x" * 36


class LooksLikeUUID:
    """Of another library, as ``uuid_utils.UUID`` is."""

    int = 7


def kind_of_refusal(rule: Callable[[object], Any], value: object) -> str:
    with pytest.raises(InvalidTask) as caught:
        rule(value)
    assert f"valid_{caught.value.field}" == rule.__name__  # it names its own field
    return caught.value.kind


@pytest.mark.parametrize(
    "path",
    [None, "home", "home.garden", "a.b.c.d", "Home", "my home.back garden", "家.庭", "-", "a:b"],
)
def test_a_project_is_a_path_of_names_or_none(path: str | None) -> None:
    assert valid_project(path) == path


@pytest.mark.parametrize(
    "path",
    [
        ".",
        "..",
        ".home",
        "home.",
        "home..garden",
        " home",
        "home ",
        "home .garden",
        "home. garden",
        "home.\u3000.garden",
        " ",
    ],
)
def test_a_project_has_no_empty_names_and_no_space_around_them(path: str) -> None:
    assert kind_of_refusal(valid_project, path) == "value"


def test_a_project_is_not_empty_text() -> None:
    assert kind_of_refusal(valid_project, "") == "empty"


@given(st.text("ab. \t\n", max_size=102))
def test_a_project_that_is_kept_is_kept_as_it_is(path: str) -> None:
    try:
        kept = valid_project(path)
    except InvalidTask:
        names = path.split(".")
        assert len(path) > 100 or any(
            not name or name != name.strip() or set(name) & {"\t", "\n"} for name in names
        )
    else:
        assert kept == path


ID = UUID("01890a5d-ac96-774b-bcce-b302099a8057")


@pytest.mark.parametrize("value", [ID, str(ID), str(ID).upper(), DriversUUID(int=ID.int)])
def test_a_parent_is_named_by_a_uuid_or_its_text(value: object) -> None:
    parent_id = valid_parent_id(value)

    assert (type(parent_id), parent_id) == (UUID, ID)


def test_a_task_may_have_no_parent() -> None:
    assert valid_parent_id(None) is None


@pytest.mark.parametrize(
    "value",
    [
        "",
        ID.hex,
        f"{{{ID}}}",
        ID.urn,
        f" {ID}",
        f"{ID}\n",
        str(ID).replace("0", "\uff10"),
        str(ID)[:-1],
        ID.int,
        ID.bytes,
        LooksLikeUUID(),
        True,
        [ID],
    ],
)
def test_a_parent_is_named_in_no_other_way(value: object) -> None:
    assert kind_of_refusal(valid_parent_id, value) == "type"
