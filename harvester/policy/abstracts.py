"""Every trace of the abstracts, and any other prose, leaves a reserved page; facts and the verdict's quotes stay.

Two passes, because extraction may have missed an abstract: what shares six words in a row with an extracted one goes
wherever it stands, and so do long prose and description-like metadata that carry no fact.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from bs4 import BeautifulSoup
from bs4.element import Comment, Declaration, Doctype, NavigableString, PreformattedString, Script, Stylesheet, Tag

from harvester.policy.phrases import Facts, Phrases, Word, bridged, folded, runs, variants, words

LONG = 300  # characters; titles, notices and labels are shorter, abstracts are longer
SENTENCE = 12  # words; shorter blocks are labels, headings and links
SHORTEST = 20  # characters; six words never take less
FACTUAL = 0.5  # share of words that are facts, above which a long block is an author list and not prose
NOTABLE = 4  # words of a fact that stays even inside prose
LABEL = 4  # words before such a fact that stay with it ("Mots clés :")

_BLOCK_NAMES = """
    address article aside blockquote body button caption center dd details div dl dt fieldset figcaption figure footer
    form h1 h2 h3 h4 h5 h6 header html legend li main nav ol option p pre section summary table tbody td tfoot th thead
    tr ul"""
BLOCKS = frozenset(_BLOCK_NAMES.split())
_REMARKS = (Comment, Declaration)
_UNSEEN = (PreformattedString, Script, Stylesheet)
_DESCRIBES = re.compile(r"descri|abstract|summary|excerpt|teaser|r[eé]sum[eé]", re.IGNORECASE)
_DOUBLE_QUOTED = r'"(?:[^"\\]|\\.)*"'
LITERAL = re.compile(rf"{_DOUBLE_QUOTED}|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`", re.DOTALL)
_KEY = re.compile(r"\s*:")
DESCRIBING_KEY = re.compile(r"""["']?\w*(?:desc|abstract|summary)\w*["']?\s*[:=]\s*\[?\s*$""", re.IGNORECASE)
_ESCAPED = re.compile(r"&[#\w]+;|\\[un]|%[0-9A-Fa-f]{2}|<[a-zA-Z/]")
_DESCRIBING = frozenset(("data-description", "data-abstract", "data-summary"))
NAMING = frozenset(("class", "id", "style", "href", "src", "srcset", "d"))


class Cut(NamedTuple):
    """What must go and what must stay."""

    phrases: Phrases
    facts: Facts


def cut_abstracts(soup: BeautifulSoup, cut: Cut) -> None:
    """Take every abstract, long prose, comment and description without facts out of the tree, in place."""
    for remark in [node for node in soup.descendants if isinstance(node, _REMARKS) and not isinstance(node, Doctype)]:
        remark.extract()
    soup.smooth()
    cut_quoted(text_nodes(soup), cut)
    cut_prose(text_nodes(soup), cut.facts)
    for tag in soup.find_all(True):
        _cut_attributes(tag, cut)
        if tag.name in ("script", "style"):
            _cut_script(tag, cut)


def text_nodes(soup: Tag) -> list[NavigableString]:
    """The text nodes a reader may see, in document order; scripts, styles and comments are not among them."""
    strings = (node for node in soup.descendants if isinstance(node, NavigableString))
    return [node for node in strings if not isinstance(node, _UNSEEN) and node.strip()]


def cut_quoted(nodes: Iterable[NavigableString], cut: Cut) -> None:
    """Cut what the nodes, read as one stream, share with the phrases: inline markup does not hide a quotation."""
    if not cut.phrases:
        return
    plain: list[NavigableString] = []
    escaped: list[NavigableString] = []
    for node in nodes:
        (escaped if _ESCAPED.search(node) and cut.phrases.within(node) else plain).append(node)
    _replace_all([(node, "") for node in escaped])
    stream = _Stream(plain)
    stream.remove(bridged(cut.phrases.marks(stream.words), cut.facts.cover(stream.words)))


class _Stream:
    """The words of several text nodes in a row, each knowing its node."""

    def __init__(self, nodes: Sequence[NavigableString]) -> None:
        self.nodes = nodes
        self.words: list[Word] = []
        self._owner: list[int] = []
        for at, node in enumerate(nodes):
            found = words(node)
            self.words += found
            self._owner += [at] * len(found)

    def remove(self, marked: Sequence[bool]) -> None:
        """Cut the marked words and the punctuation between them out of their nodes."""
        spans: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for start, end in runs(marked):
            at = start
            while at < end:
                last = at
                while last + 1 < end and self._owner[last + 1] == self._owner[at]:
                    last += 1
                spans[self._owner[at]].append((self.words[at].start, self.words[last].end))
                at = last + 1
        _replace_all([(self.nodes[owner], _without(self.nodes[owner], cuts)) for owner, cuts in spans.items()])


def _replace_all(changes: Sequence[tuple[NavigableString, str]]) -> None:
    """Replace nodes; each parent's children are counted once, where `replace_with` counts them for every node."""
    places: dict[int, dict[int, int]] = {}
    for node, text in changes:
        parent = node.parent
        if parent is None:
            continue
        if id(parent) not in places:
            places[id(parent)] = {id(child): at for at, child in enumerate(parent.contents)}
        at = places[id(parent)][id(node)]
        node.extract(_self_index=at)
        parent.insert(at, text)


def _without(text: str, cuts: Iterable[tuple[int, int]]) -> str:
    parts, done = [], 0
    for start, end in cuts:
        parts.append(text[done:start])
        done = end
    left = " ".join((*parts, text[done:]))
    return left if folded(left) else ""


def cut_prose(nodes: Iterable[NavigableString], facts: Facts) -> None:
    """Cut blocks of prose over LONG characters, and rows of sentences that are so together."""
    blocks: dict[int, list[NavigableString]] = defaultdict(list)
    owners: dict[int, Tag] = {}
    for node in nodes:
        if (block := _block(node)) is not None:
            blocks[id(block)].append(node)
            owners[id(block)] = block
    sizes = {key: sum(len(" ".join(node.split())) for node in found) for key, found in blocks.items()}
    sentences = [key for key, found in blocks.items() if sum(len(folded(node)) for node in found) >= SENTENCE]
    prose = {key for key, size in sizes.items() if size > LONG} | _rows(sentences, owners, sizes)
    for key in prose:
        _cut_unless_factual(blocks[key], facts)


def _rows(sentences: Iterable[int], owners: dict[int, Tag], sizes: dict[int, int]) -> set[int]:
    """Blocks of sentences that are long together: under one parent, or each in a wrapper of one grandparent."""
    rows: dict[int, set[int]] = defaultdict(set)
    for key in sentences:
        for above in [*owners[key].parents][:2]:
            if above.name not in ("body", "html", "[document]"):
                rows[id(above)].add(key)
    long = (row for row in rows.values() if sum(sizes[key] for key in row) > LONG)
    return {key for row in long for key in row}


def _block(node: NavigableString) -> Tag | None:
    parent = node.parent
    while parent is not None and parent.parent is not None and parent.name not in BLOCKS:
        if parent.name in ("head", "title"):
            return None
        parent = parent.parent
    return parent


def _cut_unless_factual(nodes: Sequence[NavigableString], facts: Facts) -> None:
    stream = _Stream(nodes)
    if facts.share(stream.words) < FACTUAL:
        stays = _with_labels(facts.cover(stream.words, least=NOTABLE))
        stream.remove([not stay for stay in stays])


def _with_labels(covered: Sequence[bool]) -> list[bool]:
    stays = list(covered)
    for start, _ in runs(covered):
        for at in range(max(0, start - LABEL), start):
            stays[at] = True
    return stays


def _cut_attributes(tag: Tag, cut: Cut) -> None:
    describes = tag.name == "meta" and any(
        _DESCRIBES.search(str(tag.get(name, ""))) for name in ("name", "property", "itemprop", "http-equiv")
    )
    for name, value in list(tag.attrs.items()):
        text = value if isinstance(value, str) else " ".join(value)
        if (describes and name == "content") or (":" in name and _DESCRIBES.search(name)) or name in _DESCRIBING:
            tag[name] = _facts_of(text, cut.facts)
        elif len(text) >= SHORTEST and cut.phrases.within(text):
            tag[name] = _notable(text, cut.facts)
        elif name not in NAMING and is_prose(text, cut.facts):
            tag[name] = ""


def _facts_of(text: str, facts: Facts) -> str:
    return text if facts.share(words(text)) >= FACTUAL else _notable(text, facts)


def _notable(text: str, facts: Facts) -> str:
    stream = words(text)
    kept = [text[stream[a].start : stream[b - 1].end] for a, b in runs(facts.cover(stream, least=NOTABLE))]
    return " ".join(kept)


def is_prose(text: str, facts: Facts) -> bool:
    """Whether a value is longer than LONG in some reading, reads like sentences and is no row of facts."""
    if len(text) <= LONG:
        return False
    *_, plain = variants(text)
    stream = words(plain)
    spaced = plain.count(" ") >= len(stream) * 0.6
    return len(plain) > LONG and len(stream) >= SENTENCE and spaced and facts.share(stream) < FACTUAL


def _cut_script(tag: Tag, cut: Cut) -> None:
    raw = tag.get_text() if tag.string is None else str(tag.string)
    if not raw.strip():
        return
    text = LITERAL.sub(lambda found: _literal(found, cut), raw)
    if cut.phrases.within(text):
        text = ""  # a quotation spread over several strings, or a broken script
    if text != raw:
        set_script(tag, text)


def _literal(found: re.Match[str], cut: Cut) -> str:
    quoted = found[0]
    if len(quoted) < SHORTEST or _KEY.match(found.string, found.end()):
        return quoted
    inner = quoted[1:-1]
    if DESCRIBING_KEY.search(found.string, max(0, found.start() - 40), found.start()):
        return quoted if cut.facts.share(words(inner)) >= FACTUAL else quoted[0] + quoted[0]
    if cut.phrases.within(inner) or is_prose(inner, cut.facts):
        return quoted[0] + quoted[0]
    return quoted


def set_script(tag: Tag, text: str) -> None:
    """Replace the raw text of a script or style; it is written as it stands, not escaped."""
    kind: Any = Stylesheet if tag.name == "style" else Script
    tag.clear()
    tag.append(kind(text))
