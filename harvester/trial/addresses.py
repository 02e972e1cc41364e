"""The pattern of article addresses out of examples: what varies is generalised, what names the article is `id`."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

_DOI_PREFIX = re.compile(r"10\.\d{4,9}")
_WORDS = re.compile(r"[^\W\d_]+(?:[-_][^\W_]+){2,}|[^\W\d_]{25,}")  # a title in an address
_CODED = re.compile(r"(?=.*\d)[\w().:-]+")  # PII, accession numbers ...
_VIEWS = frozenset(("abstract", "abs", "full", "summary", "references", "html"))  # behind a DOI, of the same article
_YEAR_OR_MONTH = re.compile(r"(?:19|20)\d\d|\d{1,2}")
_ENDING = re.compile(r"\.(?:html?|php|aspx?|jsp|xhtml)$", re.IGNORECASE)


class ArticlePattern(NamedTuple):
    """A regular expression, with a group `id` if anything in the address names the article.

    `canonical` is a template of the address where the id is all that varies.
    """

    regex: str
    canonical: str | None


class _Part(NamedTuple):
    """One path segment or query value: text before and after what varies (`core`, a pattern; empty: nothing varies).

    `weight` says how well it names the article. `free`: the text after the core is a pattern too.
    """

    head: str
    core: str = ""
    tail: str = ""
    weight: int = 0
    free: bool = False

    def pattern(self, *, is_id: bool) -> str:
        core = f"(?P<id>{self.core})" if is_id else self.core
        return f"{re.escape(self.head)}{core}{self.tail if self.free else re.escape(self.tail)}"


def propose(urls: Sequence[str]) -> list[ArticlePattern]:
    """One pattern for each shape of address among the examples (host, number of segments, query names).

    The front page of a host has none.
    """
    shapes: dict[tuple[object, ...], list[str]] = {}
    for url in dict.fromkeys(url for url in urls if _segments(url) or _query(url)):
        shapes.setdefault((urlsplit(url).netloc, len(_segments(url)), tuple(_query(url))), []).append(url)
    return [_proposed(alike) for alike in shapes.values()]


def _segments(url: str) -> list[str]:
    return [part for part in urlsplit(url).path.split("/") if part]


def _query(url: str) -> dict[str, str]:
    """Query values that look like an identifier; any other makes no other page."""
    return {name: value for name, value in parse_qsl(urlsplit(url).query) if _CODED.fullmatch(value)}


def _proposed(urls: Sequence[str]) -> ArticlePattern:
    path = list(_path_parts([_segments(url) for url in urls]))
    queries = [_query(url) for url in urls]
    query = {name: _part([one[name] for one in queries]) for name in queries[0]}
    parts = [*path, *query.values()]
    best = max((part.weight for part in parts), default=0)
    chosen = max((at for at, part in enumerate(parts) if best and part.weight == best), default=None)
    written = [part.pattern(is_id=at == chosen) for at, part in enumerate(parts)]
    host = urlsplit(urls[0]).netloc
    regex = "".join([f"^https?://{re.escape(host)}", *(f"/{one}" for one in written[: len(path)])])
    named = zip(query, written[len(path) :], strict=True)
    regex += "".join([r"/?\?", *(f"(?:[^#]*&)?{re.escape(name)}={one}" for name, one in named)]) if query else "/?"
    regex += "(?:[&#]|$)" if query else "(?:[?#]|$)"
    origin = f"{urlsplit(urls[0]).scheme}://{host}"
    return ArticlePattern(regex.replace(r"\-", "-"), None if query else _template(origin, path, chosen))


def _path_parts(rows: Sequence[Sequence[str]]) -> Iterator[_Part]:
    """The segments of all addresses side by side; from a DOI on, the rest of the path is its suffix."""
    columns = list(zip(*rows, strict=True))
    doi = next((at for at, column in enumerate(columns) if all(map(_DOI_PREFIX.fullmatch, column))), None)
    yield from (_part(column) for column in columns[:doi])
    if doi is not None:
        view = columns[-1][0] if len(columns) > doi + 2 and set(columns[-1]) <= _VIEWS else None
        yield _Part("", r"10\.\d{4,9}/[^?#]+?", f"/{view}" if view else "", 20)


def _part(values: Sequence[str]) -> _Part:
    """What one place of the addresses may hold; a place that varies names the article better than one that does not."""
    varies = 10 if len(set(values)) > 1 else 0
    endings = {found[0] if (found := _ENDING.search(value)) else "" for value in values}
    ending = endings.pop() if len(endings) == 1 else ""
    stems = [value.removesuffix(ending) for value in values]
    if all(stem.isdecimal() for stem in stems):
        is_date = all(_YEAR_OR_MONTH.fullmatch(stem) for stem in stems)
        return _Part("", r"\d+", ending, varies + (1 if is_date else 3 + min(6, len(stems[0])) // 2))
    if all(re.fullmatch(r"\d+[-_,][^\W\d_].*", stem) for stem in stems):
        return _Part("", r"\d+", "[-_,][^/?#]+", varies + 5, free=True)
    heads = {re.sub(r"\d+$", "", stem) for stem in stems}
    if len(heads) == 1 and all(re.fullmatch(r"[^\W\d_][^\d]*\d+", stem) for stem in stems):
        return _Part("", rf"{re.escape(heads.pop())}\d+", ending, varies + 4)
    if all(_CODED.fullmatch(stem) for stem in stems) and not any(_WORDS.fullmatch(stem) for stem in stems):
        return _Part("", r"[\w().:-]+?" if ending else r"[\w().:-]+", ending, varies + 6)
    if varies or _WORDS.fullmatch(stems[0]):
        return _Part("", "[^/?#]+?" if ending else "[^/?#]+", ending, varies + 1)
    return _Part(values[0])


def _template(origin: str, path: Sequence[_Part], chosen: int | None) -> str | None:
    """The address with `{id}` in it, if nothing but the id varies."""
    if chosen is None or path[chosen].free or any(part.core for at, part in enumerate(path) if at != chosen):
        return None
    return "/".join([origin, *(f"{p.head}{'{id}' if p.core else ''}{p.tail}" for p in path)])
