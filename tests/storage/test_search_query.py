"""Reading what people type: never a database's error, whatever it is."""

from collections.abc import Callable
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made import make_record

from harvester.errors import UsageError
from harvester.model.search import Query
from storage.search.analyser import field, fold, key, opened
from storage.search.query import Both, Either, Not, Only, Words, parse
from storage.store import Store

TYPED = st.lists(
    st.one_of(
        st.sampled_from(
            '" ( ) - * : OR AND NOT title: year: access: lang:fr auto-immune l’œdème syst* " « » _ \\ \' & | ! <-> \x00'
            " \ud800 'a':* {title} + ^ 自己 é 10.1/x(2)3 year:1999 -- ;".split(" ")
        ),
        st.text(max_size=8),
    ),
    max_size=14,
).map(" ".join)


@given(TYPED)
def test_any_text_is_a_tree_or_a_refusal_with_a_remedy(text: str) -> None:
    try:
        parse(text)
    except UsageError as refusal:
        assert refusal.remedy


@pytest.fixture
def ask(store: Store, now: datetime) -> Callable[[str], None]:
    with store.begin() as unit:
        store.records.save(unit, [make_record(1)], run_id=None, now=now)

    def asked(text: str) -> None:
        try:
            store.search.find(Query(text=text, snippets=True, facets=True))
        except UsageError as refusal:
            assert refusal.remedy

    return asked


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TYPED)
def test_any_text_can_be_asked(ask: Callable[[str], None], text: str) -> None:
    ask(text)


def word(text: str, name: str = "", *, quoted: bool = False, prefix: bool = False) -> Words:
    return Words(tuple(text.split()), name, quoted, prefix)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("  ", None),
        ("lupus", word("lupus")),
        ("a b", Both((word("a"), word("b")))),
        ("a AND b", Both((word("a"), word("b")))),
        ("a OR b c", Either((word("a"), Both((word("b"), word("c")))))),
        ("a -b", Both((word("a"), Not(word("b"))))),
        ("a NOT b", Both((word("a"), Not(word("b"))))),
        ('-"a b"', Not(word("a b", quoted=True))),
        ("a - b", Both((word("a"), word("b")))),
        ("(a b) c", Both((Both((word("a"), word("b"))), word("c")))),
        ("a) b", Both((word("a"), word("b")))),
        ("title:a", word("a", "title")),
        ('Titre:"a b"', word("a b", "title", quoted=True)),
        ("title: a", Both((word("title"), word("a")))),
        ("covid:19", Both((word("covid"), word("19")))),
        ("syst*", word("syst", prefix=True)),
        ("lang:fr", Only("lang", ("fr",))),
        ("year:2019-2020", Only("year", ("2019", "2020"))),
        ("“a b”", word("a b", quoted=True)),
    ],
)
def test_what_is_typed_becomes(text: str, tree: object) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("word", "forms", "joined"),
    [
        ("l’Œdème", ("oedeme",), None),
        ("qu'il", ("il",), None),
        ("Crohn's", ("crohn",), None),
        ("O'Brien", ("o", "brien"), "obrien"),
        ("Auto-immunité", ("auto", "immunite"), "autoimmunite"),
        ("SARS-CoV-2", ("sars", "cov", "2"), "sarscov2"),
        ("Straße", ("strasse",), None),
        ("İzmir", ("izmir",), None),
        ("ﬁbrose", ("fibrose",), None),
        ("российский", ("российский",), None),
        ("ёлка", ("елка",), None),
        ("हिन्दी", ("हिन्दी",), None),
        ("自己免疫", ("自己", "己免", "免疫"), None),
        ("病", ("病",), None),
    ],
)
def test_a_written_word_is_opened_and_folded(word: str, forms: tuple[str, ...], joined: str | None) -> None:
    assert opened(word) == (forms, joined)


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("Maladies auto-immunes", "maladie autoimmune", "fr"),
        ("MALADIES AUTO IMMUNES", "maladies auto‑immunes", "fr"),
        ("Autoimmune Disease", "auto-immune diseases", "en"),
    ],
)
def test_spellings_of_a_keyword_meet(one: str, other: str, language: str) -> None:
    assert key(one, language) == key(other, language)


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(), st.sampled_from(["fr", "en", "de", "ru", "ja", "und", "pt-BR", "tr"]))
def test_indexed_text_is_made_of_tokens_and_blanks(text: str, language: str) -> None:
    assert '"' not in field([(text, language)])
    assert "\x00" not in field([(text, language)])
