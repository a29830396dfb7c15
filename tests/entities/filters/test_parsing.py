"""The grammar: what each text says, as the tree that it becomes."""

from __future__ import annotations

import pytest

from taskcore.entities.filters import Contains, ExtraIs, Is, Like, Tagged, Within, parse_filter
from taskcore.entities.filters.predicates import ExtraHas
from taskcore.entities.filters.tree import Conjunction, Disjunction, Negation, Node
from taskcore.entities.priority import Priority

HIGH, LOW = (Is("priority", "=", priority) for priority in (Priority.HIGH, Priority.LOW))


def text(folded: str) -> Contains:
    return Contains(("title", "description"), folded)


def both(*terms: Node) -> Conjunction:
    return Conjunction(terms)


def either(*terms: Node) -> Disjunction:
    return Disjunction(terms)


A, B, C, D = map(text, "abcd")


@pytest.mark.parametrize(
    ("source", "tree"),
    [
        ("", both()),
        (" \t\n", both()),
        ("a", A),
        ("  a  ", A),
        ("(a)", A),
        ("((a))", A),
        ("( a )", A),
        ("a b", both(A, B)),
        ("a\u00a0b", both(A, B)),
        ("a AND b", both(A, B)),
        ("a (b c)", both(A, B, C)),
        ("(a AND b) AND (c d)", both(A, B, C, D)),
        ("a OR b", either(A, B)),
        ("a OR b OR c", either(A, B, C)),
        ("(a OR b) OR c", either(A, B, C)),
        ("a AND b OR c", both(A, either(B, C))),
        ("a OR b AND c", both(either(A, B), C)),
        ("a b OR c", both(A, either(B, C))),
        ("a b AND c d", both(A, B, C, D)),
        ("a OR b c OR d", both(either(A, B), either(C, D))),
        ("(a AND b) OR c", either(both(A, B), C)),
        ("NOT a", Negation(A)),
        ("NOT (a b)", Negation(both(A, B))),
        ("(NOT a)", Negation(A)),
        ("-a", Negation(A)),
        ("-(a OR b)", Negation(either(A, B))),
        ("a -b", both(A, Negation(B))),
        ("NOT a OR b", either(Negation(A), B)),
        ("a OR -b AND c", both(either(A, Negation(B)), C)),
        ('-"a"', Negation(A)),
    ],
)
def test_or_binds_tighter_than_and_and_words_side_by_side_are_joined_by_and(
    source: str, tree: Node
) -> None:
    assert parse_filter(source).root == tree


@pytest.mark.parametrize(
    ("source", "tree"),
    [
        ("and", text("and")),
        ("a or b", both(A, text("or"), B)),
        ("ANDY", text("andy")),
        ("don't", text("don't")),
        ("follow-up", text("follow-up")),
        ("C++", text("c++")),
        ("!", text("!")),
        ("me@example", text("me@example")),
        ("e.mail", text("e.mail")),
        ("v1.AND.2", text("v1.and.2")),
        ("due", text("due")),
        ("extra.a", text("extra.a")),
        ("-30", Negation(text("30"))),
        ("7d", text("7d")),
        ("Straße", text("strasse")),
        ("e\u0301", text("é")),
        ("mil*", text("mil")),
        ("*mil*", text("mil")),
        ("'a b'", text("a b")),
        ('"AND"', text("and")),
        (r'"\"\'\\\*\n\t"', text("\"'\\*\n\t")),
        ("""'"'""", text('"')),
        ('''"'"''', text("'")),
        ("'+7d'", text("+7d")),
        ('-"7d"', Negation(text("7d"))),
        ("'a'.b", text("a.b")),
    ],
)
def test_a_word_or_quoted_text_alone_is_sought_in_title_and_description(
    source: str, tree: Node
) -> None:
    assert parse_filter(source).root == tree


@pytest.mark.parametrize(
    ("source", "tree"),
    [
        ("tags:home", Tagged("home")),
        ("tags : home", Tagged("home")),
        ("'tags':home", Tagged("home")),
        ("tags:'home'", Tagged("home")),
        ("tags:@Home+x", Tagged("@home+x")),
        ("tags:a:b", Tagged("a:b")),
        ("tags:-x", Tagged("-x")),
        ("-tags:home", Negation(Tagged("home"))),
        (r"tags:'a\*b'", Tagged("a*b")),
        ("project:home.garden", Within("home.garden")),
        ("extra.a.b=1", ExtraIs(("a", "b"), "=", 1)),
        ("extra.'a b'.AND=1", ExtraIs(("a b", "AND"), "=", 1)),
        ("extra.n=-2.5", ExtraIs(("n",), "=", -2.5)),
        ("extra.n = .5", ExtraIs(("n",), "=", ".5")),
        ("extra.u = https://x.org/#a", ExtraIs(("u",), "=", "https://x.org/#a")),
        ("extra:a.b", ExtraHas(("a.b",))),
        ("priority!=high", Negation(HIGH)),
        ("title = a***b", Like("title", ("a", "b"))),
        ("title = a*", Like("title", ("a", ""))),
        ("title = a OR title = b", either(Is("title", "=", "a"), Is("title", "=", "b"))),
        ("title=a title=b", both(Is("title", "=", "a"), Is("title", "=", "b"))),
    ],
)
def test_a_comparison_is_a_field_a_comparator_and_a_value(source: str, tree: Node) -> None:
    assert parse_filter(source).root == tree


@pytest.mark.parametrize(
    ("source", "tree"),
    [
        ("tags:(a)", Tagged("a")),
        ("tags:(a b)", both(Tagged("a"), Tagged("b"))),
        ("tags: (a AND b OR c)", both(Tagged("a"), either(Tagged("b"), Tagged("c")))),
        ("tags:(a -b)", both(Tagged("a"), Negation(Tagged("b")))),
        ("tags:(a NOT b)", both(Tagged("a"), Negation(Tagged("b")))),
        ("tags:((a OR b) c)", both(either(Tagged("a"), Tagged("b")), Tagged("c"))),
        ("tags:(a) b", both(Tagged("a"), B)),
        ("-tags:(a b)", Negation(both(Tagged("a"), Tagged("b")))),
        ("priority = (high OR low)", either(HIGH, LOW)),
        ("priority != (high OR low)", Negation(either(HIGH, LOW))),
        ("project:(a.b OR c)", either(Within("a.b"), Within("c"))),
        ("extra.n = (-5 OR 2.5)", either(ExtraIs(("n",), "=", -5), ExtraIs(("n",), "=", 2.5))),
        (
            "title = (a*.b* OR 'c'.d)",
            either(Like("title", ("a", ".b", "")), Is("title", "=", "c.d")),
        ),
    ],
)
def test_values_in_parentheses_are_each_compared(source: str, tree: Node) -> None:
    assert parse_filter(source).root == tree


def test_a_filter_keeps_its_text() -> None:
    assert parse_filter(" a ").text == " a "


def test_the_same_text_is_the_same_filter() -> None:
    source = "due <= today+7d AND (tags:home OR -milk)"

    assert parse_filter(source) == parse_filter(source)
    assert hash(parse_filter(source)) == hash(parse_filter(source))


@pytest.mark.parametrize(
    "text",
    [
        "a" * 2000,
        " ".join(["a"] * 100),
        "title:(" + " OR ".join(["a"] * 100) + ")",
        "(" * 32 + "a" + ")" * 32,
        "(a) " * 33,
        "extra" + ".a" * 32 + "=1",
        f"extra.{'k' * 64}=1",
        "extra.a = -9007199254740991",
        "version < 9007199254740991",
    ],
    ids=["text", "terms", "values", "depth", "side by side", "path", "key", "number", "version"],
)
def test_a_filter_may_be_as_large_as_the_limits(text: str) -> None:
    assert parse_filter(text).text == text
