"""What people type, read into a tree: words, "phrases", prefix*, -without, field:word, OR, brackets.

What cannot be read as syntax is taken for text: an open quote ends where the query ends, a bracket without its other
half is passed over, a name before a colon that is no field is a word. Only what is meant as a filter and has a value
that cannot be is an error.
"""

import re
from dataclasses import dataclass

from harvester.errors import UsageError
from harvester.model.access import AccessStatus
from storage.search.analyser import COMPOUND, opened

MAX_WORDS, MAX_DEPTH = 48, 10
_LEAST_PREFIX = 3  # letters; of scripts without spaces one is enough
_WORD_FIELDS = {
    "title": "title", "titre": "title", "abstract": "abstract", "resume": "abstract", "résumé": "abstract",
    "keyword": "keyword", "keywords": "keyword", "author": "author", "auteur": "author", "journal": "journal",
    "revue": "journal", "doi": "identifier", "id": "identifier", "issn": "identifier", "orcid": "identifier",
}  # fmt: skip
_FILTERS = {"access", "lang", "language", "source", "year"}
_SCAN = re.compile(
    r"(?P<blank>\s+)"
    r'|(?P<phrase>["“”„«»](?P<quoted>[^"“”„«»]*)["“”„«»]?)'
    r"|(?P<open>\()|(?P<close>\))"
    r"|(?P<minus>-(?=[^\s-]))"
    r"|(?P<field>[^\W\d_]+):(?=[^\s:)])"
    r'|(?P<word>[^\s"“”„«»()]+(?:\([^\s"“”„«»()]*\)[^\s"“”„«»()]*)*)'
)
_YEARS = re.compile(r"(\d{4})(?:(?:-|\.\.)(\d{4}))?")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True, slots=True)
class Words:
    """Words in a row. `field` is empty for any; `quoted`: typed as a phrase; `prefix`: the last word may go on."""

    words: tuple[str, ...]
    field: str = ""
    quoted: bool = False
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Only:
    """A filter and its values, of which one must hold."""

    name: str  # access | lang | source | year
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """What must not match."""

    node: "Node"


@dataclass(frozen=True, slots=True)
class Both:
    """Every node must match."""

    nodes: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """One node must match."""

    nodes: tuple["Node", ...]


Node = Words | Only | Not | Both | Either


def parse(text: str) -> Node | None:
    """The tree of a query; None for an empty one.

    Raises UsageError, naming the place in the text, for a filter's value that does not exist, a prefix of too few
    letters, more words than are looked for at a time, or when there is no word to look for.
    """
    if not text.strip():
        return None
    reader = _Reader(text)
    tree = reader.alternatives(0)
    if tree is None:
        raise UsageError(f"query {text.strip()[:40]!r}: there is no word to look for", remedy="write letters or digits")
    return tree


def has_phrase(tree: Node | None) -> bool:
    """Whether words in a row are asked for as a phrase."""
    if isinstance(tree, Words):
        return tree.quoted and len(tree.words) > 1
    if isinstance(tree, Both | Either):
        return any(map(has_phrase, tree.nodes))
    return isinstance(tree, Not) and has_phrase(tree.node)


class _Reader:
    """The pieces of one query and how far they have been read."""

    def __init__(self, text: str) -> None:
        self._pieces = [one for one in _SCAN.finditer(text) if one.lastgroup != "blank" and one["word"] != "AND"]
        self._next = 0
        self._words = 0

    def alternatives(self, depth: int) -> Node | None:
        """Everything up to the closing bracket, or to the end at the top."""
        found = [self._conjunction(depth)]
        while self._next < len(self._pieces):
            piece = self._pieces[self._next]
            if piece["word"] == "OR":
                self._next += 1
                found.append(self._conjunction(depth))
            elif piece["close"] and depth:
                break
            else:
                self._next += 1  # a bracket that closes nothing
                found[-1] = _both([found[-1], self._conjunction(depth)])
        nodes = tuple(node for node in found if node)
        return nodes[0] if len(nodes) == 1 else Either(nodes) if nodes else None

    def _conjunction(self, depth: int) -> Node | None:
        found: list[Node | None] = []
        while self._next < len(self._pieces):
            piece = self._pieces[self._next]
            if piece["close"] or piece["word"] == "OR":
                break
            found.append(self._one(depth))
        return _both(found)

    def _one(self, depth: int, field: str = "") -> Node | None:
        if self._next >= len(self._pieces) or self._pieces[self._next]["close"]:
            return None
        piece = self._pieces[self._next]
        self._next += 1
        if piece["minus"] or piece["word"] == "NOT":
            node = self._one(depth, field)
            return Not(node) if node else None
        if piece["open"]:
            return self._bracket(depth)
        if piece["field"]:
            return self._named(piece, depth)
        quoted = piece["phrase"] is not None
        return self._text(piece["quoted"] if quoted else piece["word"], field, piece.start(), quoted=quoted)

    def _bracket(self, depth: int) -> Node | None:
        if depth >= MAX_DEPTH:
            raise UsageError("query: brackets within brackets, too deep", remedy=f"at most {MAX_DEPTH}")
        node = self.alternatives(depth + 1)
        self._next += 1  # the bracket that closes it, or beyond the end
        return node

    def _named(self, piece: re.Match[str], depth: int) -> Node | None:
        name = piece["field"].lower()
        if name in _WORD_FIELDS:
            return self._one(depth, _WORD_FIELDS[name])
        value = self._pieces[self._next] if self._next < len(self._pieces) else None
        if name in _FILTERS and value and (value["word"] or value["phrase"]):
            self._next += 1
            return _only(name, value["word"] or value["quoted"], piece.start())
        return self._text(piece["field"], "", piece.start())

    def _text(self, text: str, field: str, start: int, *, quoted: bool = False) -> Node | None:
        words = tuple(word for word in COMPOUND.findall(text) if opened(word).forms)
        if not words:
            return None
        self._words += len(words)
        if self._words > MAX_WORDS:
            raise UsageError("query: too many words", remedy=f"look for at most {MAX_WORDS} at a time")
        prefix = text.rstrip().endswith("*")
        if prefix and len(words[-1]) < _LEAST_PREFIX and not _UNSPACED.search(words[-1]):
            raise UsageError(
                f"query, character {start + 1}: {text}: too many words begin like that",
                remedy=f"write at least {_LEAST_PREFIX} letters before the *",
            )
        return Words(words, field, quoted, prefix)


def _both(nodes: list[Node | None]) -> Node | None:
    found = tuple(node for node in nodes if node)
    return found[0] if len(found) == 1 else Both(found) if found else None


def _only(name: str, value: str, start: int) -> Only:
    values = tuple(part.strip().lower() for part in value.split(",") if part.strip())
    if name == "year":
        return Only("year", _years(value, start))
    if name == "access":
        for one in values:
            if one not in set(AccessStatus):
                remedy = f"use one of: {', '.join(AccessStatus)}"
                raise UsageError(f"query, character {start + 1}: access:{one}: there is no such status", remedy=remedy)
    if not values:
        raise UsageError(f"query, character {start + 1}: {name}: has no value", remedy=f"write {name}:VALUE")
    return Only("lang" if name == "language" else name, values)


def _years(value: str, start: int) -> tuple[str, ...]:
    match = _YEARS.fullmatch(value)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
    if not 0 <= last - first <= 200:
        raise UsageError(
            f"query, character {start + 1}: year:{value}: not a year", remedy="write year:2019 or year:2019-2021"
        )
    return tuple(str(year) for year in range(first, last + 1))
