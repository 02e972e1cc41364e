"""A query's tree made into tokens an index holds: every word under each language there is, and its spellings."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import product

from storage.search.analyser import STOP_WORDS, opened, variants
from storage.search.entry import (
    AUTHOR,
    EVERY,
    IDENTIFIER,
    JOURNAL,
    access_mark,
    language_mark,
    source_mark,
    year_mark,
)
from storage.search.expressions import Expression, Row, Without, all_of, any_of
from storage.search.query import Both, Either, Node, Not, Only, Words

EVERYTHING = Row((EVERY,))
Others = Mapping[tuple[int, int], Sequence[Expression]]  # other names of the words from .. to, within a Both
_MARKS = {"author": AUTHOR, "journal": JOURNAL, "identifier": IDENTIFIER}
_MOST_SPELLINGS = 8
_LEAST_PART = 4
# What words of many languages are joined to, with a hyphen, a blank or nothing between.
_BEGINNINGS = tuple(
    """aero agro angio ante anti arterio astro auto bi bio broncho cardio centi chemo chimio cis co counter contre
    contra cranio cross cyber cyto dermo des di dis dys eco electro endo epi ethno euro ex extra fibro fore gastro
    geo gyneco half haemo hemato hemi hemo hepato hetero histo homo hydro hyper hypo immuno in infra inter intra
    iso kilo laryngo lipo lympho macro mal mega meta micro mid milli mini mono morpho multi myo nano naso nephro
    neo neuro non onco ortho osteo oto over para patho per peri pharmaco photo physio pluri pneumo poly post pre
    pro proto pseudo psycho pyro quasi radio re rhino sans self semi socio sous spectro steato stereo sub super
    supra sur techno tele thermo thrombo trans tri ultra un under uni up uro vaso vice well""".split()
)


def compiled(node: Node | None, languages: Sequence[str], others: Others | None = None) -> Expression:
    """What to match. `languages`: those of the index; `others`: other names for runs of words of the outermost Both."""
    if node is None:
        return EVERYTHING
    if isinstance(node, Words):
        return any_of([words(node, languages), *(others or {}).get((0, 1), ())])
    if isinstance(node, Only):
        return any_of(Row((_mark(node.name, value),)) for value in node.values)
    if isinstance(node, Not):
        return Without(EVERYTHING, compiled(node.node, languages))
    if isinstance(node, Either):
        return any_of(compiled(one, languages) for one in node.nodes)
    return _both(node, languages, others or {})


def words(node: Words, languages: Sequence[str]) -> Expression:
    """Words in a row, in whatever language they are."""
    mark = _MARKS.get(node.field)
    rows = [Row(tuple(mark + form for form in forms), prefix=node.prefix) for forms in _plain(node)] if mark else []
    if mark:
        return any_of(rows)
    fields = (node.field,) if node.field else ()
    for language in languages:
        rows += [Row(tokens, fields, node.prefix) for tokens in _tokens(node, language)]
    rows += [Row(forms, fields, node.prefix) for forms in _plain(node)]
    if not node.field:
        rows += [
            Row(tuple(one + form for form in forms), prefix=node.prefix)
            for forms in _plain(node)
            for one in _MARKS.values()
        ]
    return any_of(rows)


def plain(node: Node) -> bool:
    """Is it a word as typed, without field, quotes or star?"""
    return isinstance(node, Words) and not (node.field or node.quoted or node.prefix)


def _mark(name: str, value: str) -> str:
    if name == "year":
        return year_mark(int(value))
    return {"access": access_mark, "lang": language_mark, "source": source_mark}[name](value)


def _both(node: Both, languages: Sequence[str], others: Others) -> Expression:
    unwanted = [compiled(one.node, languages) for one in node.nodes if isinstance(one, Not)]
    clauses: list[Expression] = []
    place = 0
    insisted = [not _is_stop(one) for one in node.nodes]
    if not any(keep and not isinstance(one, Not) for keep, one in zip(insisted, node.nodes, strict=True)):
        insisted = [True] * len(node.nodes)
    while place < len(node.nodes):
        end = next((last for first, last in others if first == place), place + 1)
        span = range(place, end)
        typed = [_clause(node.nodes, n, languages) for n in span if insisted[n] and not isinstance(node.nodes[n], Not)]
        names = others.get((place, end), ())
        if typed:
            clauses.append(any_of([all_of(typed), *names]))
        place = end
    wanted = all_of(clauses) if clauses else EVERYTHING
    return Without(wanted, any_of(unwanted)) if unwanted else wanted


def _is_stop(node: Node) -> bool:
    return plain(node) and all(word.lower() in STOP_WORDS for word in node.words)  # type: ignore[union-attr]


def _clause(nodes: tuple[Node, ...], place: int, languages: Sequence[str]) -> Expression:
    """A node; a word is also found in the one word it makes with a neighbour: `auto immune` in `autoimmune`."""
    node = nodes[place]
    found = compiled(node, languages)
    if not plain(node):
        return found
    pairs = [nodes[n : n + 2] for n in (place - 1, place) if n >= 0]
    joined = [one for pair in pairs if (one := _joined(pair))]
    return any_of([found, *(row for word in joined for row in _single(word, languages))])


def _joined(pair: tuple[Node, ...]) -> str | None:
    if len(pair) < 2 or not all(plain(node) and len(node.words) == 1 for node in pair):  # type: ignore[union-attr]
        return None
    forms = [opened(word).forms for node in pair for word in node.words]  # type: ignore[union-attr]
    return "".join(form for (form,) in forms) if all(len(one) == 1 for one in forms) else None


def _single(form: str, languages: Sequence[str]) -> Iterator[Row]:
    for language in languages:
        for token in variants(form, language):
            yield Row((token,))
    yield Row((form,))


def _tokens(node: Words, language: str) -> list[tuple[str, ...]]:
    """The tokens in a row, in each spelling, under one language."""
    found: list[tuple[str, ...]] = []
    for forms in _spellings(node):
        last = [[forms[-1]]] if node.prefix else [variants(forms[-1], language)]
        rows = product(*(variants(form, language) for form in forms[:-1]), *last)
        found += [tuple(row) for row in rows]
    if node.prefix and len(found[0]) == 1:
        return []  # the bare beginning finds the words of every language
    return found[:_MOST_SPELLINGS]


def _plain(node: Words) -> list[tuple[str, ...]]:
    return _spellings(node)[:_MOST_SPELLINGS]


def _spellings(node: Words) -> list[tuple[str, ...]]:
    """Its folded words: as written, in one word where hyphens were, in two where one word may have had one."""
    choices: list[list[tuple[str, ...]]] = []
    for place, word in enumerate(node.words):
        forms, joined = opened(word)
        ends = node.prefix and place == len(node.words) - 1
        choices.append([forms, *([(joined,)] if joined else []), *([] if ends or joined else _splits(forms))])
    return [tuple(form for part in row for form in part) for row in product(*choices)][:_MOST_SPELLINGS]


@lru_cache(10_000)
def _splits(forms: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """`autoimmune` as `auto immune`."""
    if len(forms) != 1 or not forms[0].isalpha():
        return ()
    form = forms[0]
    begun = [one for one in _BEGINNINGS if form.startswith(one) and len(form) - len(one) >= _LEAST_PART]
    return tuple((one, form[len(one) :]) for one in begun)
