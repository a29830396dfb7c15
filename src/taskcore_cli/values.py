"""From the text of options to the fields of a task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskcore_cli.failures import UnusableOption

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from taskcore.entities import When
    from taskcore_cli.session import Session

NONE = "none"
"""What is said for a field that is to be empty."""


def given(session: Session, options: Mapping[str, str | None]) -> dict[str, Any]:
    """Return the fields that the options name, leaving out those that are None.

    ``due`` and ``start`` are read as people say them, ``parent_id`` as they name tasks, ``extra``
    as JSON; "none" is None. Raises ``UnusableOption`` for what cannot be read, and what
    ``TaskIds.find`` raises.
    """
    fields: dict[str, Any] = {}
    for field, text in options.items():
        if text is None:
            continue
        if text.lower() == NONE:
            fields[field] = None
        elif field in {"due", "start"}:
            fields[field] = _when(session, field, text)
        elif field == "parent_id":
            fields[field] = session.ids.find(text)
        elif field == "extra":
            fields[field] = _json(text)
        elif field == "priority":
            fields[field] = text.lower()
        else:
            fields[field] = text
    return fields


def new_tags(tags: Sequence[str]) -> list[str]:
    """Return the tags of a new task, as ``tag_changes`` reads them.

    Raises ``UnusableOption`` for one that is to be taken away.
    """
    changes = tag_changes(tags)
    if "remove_tags" in changes:
        raise UnusableOption("a new task has no tags to take away")
    return [*changes.get("tags", ()), *changes.get("add_tags", ())]


def tag_changes(tags: Sequence[str]) -> dict[str, Any]:
    """Return what ``+x``, ``-y``, ``z`` and ``none`` change: add, remove, add, and take all away.

    Raises ``UnusableOption`` for a tag that is to be both there and gone.
    """
    more = [tag.removeprefix("+") for tag in tags if tag.lower() != NONE and tag[:1] != "-"]
    fewer = [tag[1:] for tag in tags if tag[:1] == "-"]
    if both := {tag.casefold() for tag in more} & {tag.casefold() for tag in fewer}:
        raise UnusableOption(f"tag {min(both)} cannot be both added and removed")
    if any(tag.lower() == NONE for tag in tags):
        return {"tags": more}
    return ({"add_tags": more} if more else {}) | ({"remove_tags": fewer} if fewer else {})


def _when(session: Session, field: str, text: str) -> When:
    words = text.split()
    try:
        found = session.dates().read(words)
    except ValueError as error:
        raise UnusableOption(f"{field} {error}") from error
    if not found or found[1] < len(words):
        raise UnusableOption(
            f"{field} {text!r} names no date that can be understood; try friday, 'tomorrow 9am', "
            "'in 3 days' or 2026-11-30"
        )
    return found[0]


def _json(text: str) -> Any:
    import json  # few tasks have any

    try:
        return json.loads(text)
    except ValueError as error:
        raise UnusableOption(f"extra is no JSON: {error}") from error
    except RecursionError as error:
        raise UnusableOption("extra is nested too deep") from error
