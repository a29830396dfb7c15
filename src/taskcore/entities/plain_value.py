"""The base of the many small values that say what is asked for: operations and predicates."""

from __future__ import annotations

from typing import Any, ClassVar


class PlainValue:
    """A value is equal to one of its class with equal fields, and shows them.

    attrs would write these methods for each of some thirty classes, and compile them at import,
    for which a command line waits; so those classes are ``frozen(eq=False, repr=False)``.
    """

    __slots__ = ()
    __attrs_attrs__: ClassVar[tuple[Any, ...]]

    def _fields(self) -> tuple[object, ...]:
        return tuple(getattr(self, field.name) for field in self.__attrs_attrs__)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._fields() == other._fields()

    def __hash__(self) -> int:
        return hash((type(self), self._fields()))

    def __repr__(self) -> str:
        fields = zip(self.__attrs_attrs__, self._fields(), strict=True)
        shown = ", ".join(f"{field.name}={value!r}" for field, value in fields)
        return f"{type(self).__name__}({shown})"
