"""Every place in the storages where a statement, or a look-up, is bound to its owner.

Each is a *mutant*: the module as it would be without that one. They are found in the source, not
listed, and what names the owner and is found in no other way is in ``NO_PREDICATE``.
"""

from __future__ import annotations

import ast
import re
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator

_TRUE = 'literal_column("true")'
_SQL_OF = {"?1": "?1 IS NOT NULL", "?": "? IS NOT NULL", ":user_id": ":user_id <> ''"}

PLACES: dict[str, list[tuple[str, str]]] = {
    "postgres.statements": [
        (r"tasks\.c\.user_id == rows\.c\.user_id", _TRUE),
        (r'tasks\.c\.user_id == _parameter\("user_id"\)', _TRUE),
        (r'tasks\.c\.user_id == any_\(bindparam\("b_user_ids", type_=ARRAY\(Text\)\)\)', _TRUE),
        (r"\b_OWNED(?:_BY_ANY)?\b(?!:)", _TRUE),
        (r"\b_ONE\b(?!:)", 'tasks.c.id == _parameter("id")'),
        (r"(?<!def )_same_key\((\w+)\)", r"tasks.c.id == \1.c.id"),
    ],
    "postgres.finding": [(r"(?:tasks\.)?user_id = (:user_id)", "")],
    "sqlite.repository": [
        (r"(?:tags\.)?user_id = (\?1|\?)", ""),
        (r"tasks\.user_id = tags\.user_id", "TRUE"),
        (r"\{_AT_VERSION\}", "{_AT_VERSION.replace('user_id = ?', '? IS NOT NULL')}"),
    ],
    "sqlite.finding": [(r"user_id = (\?)", "")],
    "sqlite.handles": [(r"user_id = (\?1|\?)", "")],
    "sqlite.predicates": [(r"user_id = (\?1)", "")],
    "sqlite.schema": [(r"user_id = old\.user_id", "TRUE"), (r"(?<=SELECT )new\.user_id", "'one'")],
    "memory": [
        (r"self\._users\[(?:operation\.)?user_id\]", 'self._users["one"]'),
        (r"self\._users\.get\(user_id\)", 'self._users.get("one")'),
        (r"defaultdict\(_Owned\)", "defaultdict(lambda one=_Owned(): one)"),
    ],
}
"""For each module of ``taskcore.adapters``, where the owner is, and what is there without it."""

# What names the owner otherwise than to ask for what is the owner's.
NO_PREDICATE = re.compile(
    r"""
    "user_id":\ \w+(\.user_id)?          # the value of a parameter, or of a column
    | "b_user_ids?":\ user_ids           # likewise
    | (row|parameters)\["user_id"\]      # likewise
    | \("user_id",\ "id"\)               # the columns of the key, for inserts and what they take
    | "user_id",\n                       # the column, among all
    | _DONE:\ Final\ =\ \(tasks\.c\.user_id   # the column, of what was written
    """,
    re.VERBOSE,
)


@frozen
class Mutant:
    """A module of ``taskcore.adapters``, and its source with one owner less."""

    module: str
    path: Path
    line: int
    was: str
    source: str

    def __str__(self) -> str:
        return f"{self.module}:{self.line} without {self.was}"


def mutants() -> list[Mutant]:
    """Return all of them, behind one for each storage in which nothing is changed."""
    controls = [_control(module) for module in ("postgres.finding", "sqlite.finding", "memory")]
    return [*controls, *(mutant for module in PLACES for mutant in _mutants_of(module))]


def _control(module: str) -> Mutant:
    path = _path(module)
    return Mutant(module, path, 0, "anything", path.read_text())


def unexplained() -> list[str]:
    """Return where a module names the owner in SQL, and neither a mutant nor a reason is for it."""
    adapters = _path("")
    left = []
    for path in sorted(adapters.rglob("*.py")):
        module = ".".join(path.relative_to(adapters).with_suffix("").parts)
        if "migrations" in module or module in OF_THE_SCHEMA:
            continue
        source = path.read_text()
        explained = [*_places_of(module, source), *NO_PREDICATE.finditer(source)]
        covered = {at for place in explained for at in range(*place.span())}
        left += [
            f"{module}:{source.count(chr(10), 0, at) + 1}"
            for at in _named_in_sql(source)
            if at not in covered
        ]
    return left


OF_THE_SCHEMA = {"postgres.tables", "postgres.protection", "sqlite.schema"}
"""The modules that may name the owner without a trial.

They define tables, indexes and policies, which have the owner as a column; statements do not tell
from those by their words. So nothing finds a new trigger of SQLite's: those that there are, are
among ``PLACES``.
"""
_OWNER = re.compile(r"\bb?_?user_ids?\b")


def _named_in_sql(source: str) -> Iterator[int]:
    """Yield where text that is no docstring, or an attribute of columns, names the owner."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line.encode()))
    assert source.isascii()  # so that offsets of bytes are those of characters
    tree = ast.parse(source)
    docstrings = {id(one.value) for one in ast.walk(tree) if isinstance(one, ast.Expr)}
    columns = re.compile(r"\.c\.user_id\b")
    yield from (found.start() + 3 for found in columns.finditer(source))
    seen = set()
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.JoinedStr) or (
            isinstance(node, ast.Constant) and isinstance(node.value, str)
        )
        if not is_text or id(node) in docstrings:
            continue
        begin = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
        for found in _OWNER.finditer(source, begin, end):
            if found.start() not in seen and not _is_code(source, begin, found.start()):
                seen.add(found.start())
                yield found.start()


def _is_code(source: str, begin: int, at: int) -> bool:
    """Whether it stands in braces, in which text has code."""
    text = source[begin:at]
    return source[begin] == "f" and text.count("{") > text.count("}")


def _mutants_of(module: str) -> Iterator[Mutant]:
    source = _path(module).read_text()
    for place in _places_of(module, source):
        changed = source[: place.start()] + _without(module, place) + source[place.end() :]
        line = source.count("\n", 0, place.start()) + 1
        yield Mutant(module, _path(module), line, place[0], changed)


def _places_of(module: str, source: str) -> list[re.Match[str]]:
    found = [
        place for pattern, _ in PLACES.get(module, ()) for place in re.finditer(pattern, source)
    ]
    return sorted(found, key=lambda place: place.start())


def _without(module: str, place: re.Match[str]) -> str:
    """Return what takes its place; what it was compared with stays, so that values fit."""
    [instead] = [new for pattern, new in PLACES[module] if place.re.pattern == pattern]
    return place.expand(instead) if instead else _SQL_OF[place[1]]


def _path(module: str) -> Path:
    spec = find_spec(f"taskcore.adapters{'.' * bool(module)}{module}")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin) if module else Path(spec.origin).parent
