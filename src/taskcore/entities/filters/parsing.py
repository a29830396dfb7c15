"""From the text of a filter to its tree, by recursive descent along the grammar of AIP-160.

::

    filter     : [expression]
    expression : sequence {AND sequence}
    sequence   : factor {factor}                 side by side means AND as well
    factor     : term {OR term}                  so OR binds tighter than AND
    term       : [NOT | "-"] simple
    simple     : "(" expression ")" | restriction
    restriction: member [comparator argument]    a member alone is text to search for
    member     : value {"." value}
    argument   : value | "(" expression ")"      in which members are values
    value      : WORD | STRING

Values in parentheses are compared one by one: ``f:(a OR b)`` is ``f:a OR f:b``, and ``f != (a b)``
is ``NOT f = (a b)``. There, a "-" before a digit is the sign of a number or an offset.

Keywords are in capitals, with a space after them; a "-" stands directly before its term. Functions,
which the grammar has as well, are recognized and refused: there are none.
"""

from __future__ import annotations

from string import digits
from typing import TYPE_CHECKING, Final

from attrs import evolve

from taskcore.entities.filters import fields
from taskcore.entities.filters.literals import is_offset
from taskcore.entities.filters.predicates import Contains
from taskcore.entities.filters.syntax import KEYWORDS, Kind, Token, mistake, tokens
from taskcore.entities.filters.tree import (
    Conjunction,
    Filter,
    Negation,
    Node,
    conjunction,
    disjunction,
)
from taskcore.entities.filters.values import Subject, sought

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taskcore.errors import InvalidTask

DEPTH: Final = 32
TERMS: Final = 100

_A_TERM: Final = 'a word, a comparison or "("'
_ONWARD: Final = "AND, OR, another term"
_NAMES: Final = frozenset({Kind.WORD, Kind.STRING})
_AFTER_DOT: Final = _NAMES | set(KEYWORDS.values())
_STARTS: Final = _NAMES | {Kind.OPEN, Kind.MINUS, Kind.NOT}


def parse_filter(text: str) -> Filter:
    """Return what the text says, for ``resolve`` and ``explain``; empty text says every task.

    Raises ``InvalidTask`` for the field ``filter``, with the column of the mistake. At most 2,000
    characters, 100 terms and 32 parentheses in each other are allowed.
    """
    return Filter(text, _Parser(text).filter())


class _Parser:
    """Reads the tokens of one text, from left to right, by one method a rule of the grammar.

    ``of`` is the subject in whose parentheses the parser is, if it is: there, words are values.
    """

    def __init__(self, text: str) -> None:
        self._coming = tokens(text)
        self._token = next(self._coming)
        self._depth = 0
        self._terms = 0

    def filter(self) -> Node:
        if self._at(Kind.END):
            return Conjunction(())
        root = self._expression(None)
        if not self._at(Kind.END):
            raise self._expected(f"{_ONWARD} or the end")
        return root

    def _expression(self, of: Subject | None) -> Node:
        factors = self._sequence(of)
        while self._keyword(Kind.AND):
            factors += self._sequence(of)
        return conjunction(factors)

    def _sequence(self, of: Subject | None) -> list[Node]:
        factors = [self._factor(of)]
        while self._at(*_STARTS):
            self._space()
            factors.append(self._factor(of))
        return factors

    def _factor(self, of: Subject | None) -> Node:
        terms = [self._term(of)]
        while self._keyword(Kind.OR):
            terms.append(self._term(of))
        return disjunction(terms)

    def _term(self, of: Subject | None) -> Node:
        if self._keyword(Kind.NOT):
            return Negation(self._simple(of))
        if not self._at(Kind.MINUS):
            return self._simple(of)
        minus = self._advance()
        if self._token.spaced:
            raise self._expected('a term directly after "-"')
        if self._at(Kind.WORD) and self._token.source[0] in digits:
            signed = _signed(minus, self._token)
            if of is not None:
                self._token = signed
                return self._value(of)
            _refuse_offset(signed)
        return Negation(self._simple(of))

    def _simple(self, of: Subject | None) -> Node:
        if self._at(Kind.OPEN):
            return self._composite(of)
        if not self._at(*_NAMES):
            raise self._expected(_A_TERM if of is None else "a value")
        return self._restriction() if of is None else self._value(of)

    def _composite(self, of: Subject | None) -> Node:
        opening = self._advance()
        if self._depth == DEPTH:
            reason = f"expected at most {DEPTH} parentheses in each other"
            raise mistake(opening.column, reason, "too_long")
        self._depth += 1
        inner = self._expression(of)
        if not self._at(Kind.CLOSE):
            raise self._expected(f'{_ONWARD} or the ")" to column {opening.column}')
        self._depth -= 1
        self._advance()
        return inner

    def _restriction(self) -> Node:
        member = self._member()
        if not self._at(Kind.COMPARATOR):
            return self._search(_joined(member))
        comparator = self._advance()
        of = fields.subject(member, comparator)
        if comparator.source == "!=":
            return Negation(self._argument(evolve(of, comparator="="), comparator))
        return self._argument(of, comparator)

    def _argument(self, of: Subject, comparator: Token) -> Node:
        if self._at(Kind.OPEN):
            return self._composite(of)
        if not self._at(*_NAMES):
            raise self._expected(f"a value after {comparator}")
        value = self._advance()
        self._refuse_function([value])
        return self._comparison(of, value)

    def _value(self, of: Subject) -> Node:
        value = _joined(self._member())
        if self._at(Kind.COMPARATOR):
            raise self._expected("only values in these parentheses")
        return self._comparison(of, value)

    def _comparison(self, of: Subject, value: Token) -> Node:
        self._count(value)
        return fields.comparison(of, value)

    def _search(self, text: Token) -> Node:
        self._count(text)
        _refuse_offset(text)
        return Contains(("title", "description"), sought(text))

    def _member(self) -> list[Token]:
        names = [self._advance()]
        while self._attached(Kind.DOT):
            self._advance()
            if not self._attached(*_AFTER_DOT):
                raise self._expected('a name directly after "."')
            names.append(self._advance())
        self._refuse_function(names)
        return names

    def _refuse_function(self, names: Sequence[Token]) -> None:
        if names[-1].kind is not Kind.STRING and self._attached(Kind.OPEN):
            name = ".".join(token.source for token in names)
            reason = f'unknown function "{name}"; expected none, as there are no functions'
            raise mistake(names[0].column, reason, "unknown")

    def _count(self, term: Token) -> None:
        self._terms += 1
        if self._terms > TERMS:
            reason = f"expected the end: a filter has at most {TERMS} terms"
            raise mistake(term.column, reason, "too_long")

    def _at(self, *kinds: Kind) -> bool:
        return self._token.kind in kinds

    def _attached(self, *kinds: Kind) -> bool:
        return not self._token.spaced and self._at(*kinds)

    def _keyword(self, kind: Kind) -> bool:
        """Take the keyword if it is there, and say whether it was; a space must follow."""
        if not self._at(kind):
            return False
        self._advance()
        self._space()
        return True

    def _space(self) -> None:
        if not self._token.spaced:
            raise self._expected("a space")

    def _advance(self) -> Token:
        """Take the token that is next, which is not the end."""
        token, self._token = self._token, next(self._coming)
        return token

    def _expected(self, what: str) -> InvalidTask:
        return mistake(self._token.column, f"expected {what}, not {self._token}", "filter")


def _joined(names: Sequence[Token]) -> Token:
    """Return names with dots between them as the one value that they also can be."""
    whole, *rest = names
    for name in rest:
        *before, last = whole.pieces
        first, *after = name.pieces
        whole = evolve(
            whole,
            kind=Kind.WORD,
            source=f"{whole.source}.{name.source}",
            pieces=(*before, f"{last}.{first}", *after),
        )
    return whole


def _signed(minus: Token, word: Token) -> Token:
    first, *rest = word.pieces
    return evolve(minus, kind=Kind.WORD, source=f"-{word.source}", pieces=(f"-{first}", *rest))


def _refuse_offset(term: Token) -> None:
    """Refuse ``+7d`` as text, for it will be a ``today+7d`` in which there is a space too much."""
    if term.source == "+" or is_offset(term.source):
        reason = f"expected no space before {term}, as in today+7d, or quotes around text"
        raise mistake(term.column, reason, "filter")
