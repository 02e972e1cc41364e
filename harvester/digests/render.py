"""A Digest as plain text and as HTML that holds in mail clients: styles inlined, dark mode, nothing remote.

An article's part is rendered once for each language, however many digests tell of it.
"""

import textwrap
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import css_inline
from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from harvester.digests.compose import Digest
from harvester.digests.present import Piece, doi_url
from harvester.digests.wording import NOT_KNOWN, Wording

_WIDTH = 76  # RFC 3676, section 4.2: text that was wrapped at 78 or less is left alone
_COLON = {"fr": "\u00a0:"}
_SEMICOLON = {"fr": "\u202f;"}


class Addresses(NamedTuple):
    """Links at the end of a digest; empty ones are left out."""

    reader: str = ""
    unsubscribe: str = ""
    digest: str = ""


class Renderer:
    """Renders digests, and keeps what it has rendered of articles."""

    def __init__(self) -> None:
        self._html: dict[tuple[str, Piece], Markup] = {}
        self._text: dict[tuple[str, Piece], str] = {}

    def html(self, digest: Digest, words: Wording, name: str, heading: str, links: Addresses) -> str:
        """A whole document."""
        return _document("digest.html").render(
            _words(words)
            | {
                "title": digest.subject,
                "digest": digest,
                "name": name,
                "heading": heading,
                "links": links,
                "article": lambda piece: self.article(piece, words),
            }
        )

    def text(self, digest: Digest, words: Wording, name: str, heading: str, links: Addresses) -> str:
        """The same to be read without markup."""
        colon = _words(words)["colon"]
        lines = [words("digest") + (f" – {name}" if name else ""), heading]
        for section in digest.sections:
            title = f"{section.title} ({section.total})"
            lines += ["", "", title, "=" * len(title)]
            for piece in section.pieces:
                lines += ["", "", self.plain(piece, words)]
        if digest.left_out and links.digest:
            lines += ["", words.count("more", digest.left_out), f"{words('more_link')}{colon} {links.digest}"]
        lines += ["", "-- ", words("why")] if links.reader or links.unsubscribe else []
        named = {"manage": links.reader, "unsubscribe": links.unsubscribe}
        lines += [f"{words(key)}{colon}\n{url}" for key, url in named.items() if url]
        return "\n".join(lines) + "\n"

    def article(self, piece: Piece, words: Wording) -> Markup:
        """One article as HTML, its styles inlined."""
        known = self._html.get((words.language, piece))
        if known is None:
            known = self._html[words.language, piece] = Markup(_inlined(bare(piece, words)))  # noqa: S704 (rendered by us)
        return known

    def plain(self, piece: Piece, words: Wording) -> str:
        """One article as text."""
        known = self._text.get((words.language, piece))
        if known is None:
            known = self._text[words.language, piece] = _plain(piece, words)
        return known


def letter_html(words: Wording, kind: str, link: str) -> str:
    """A mail with one link to follow: `confirm` or `link`."""
    parts = {"title": "subject", "text": "text", "button": "button", "otherwise": "else"}
    return _document("letter.html").render(
        _words(words) | {name: words(f"mail.{kind}_{key}") for name, key in parts.items()} | {"link": link}
    )


def letter_text(words: Wording, kind: str, link: str) -> str:
    """The same as text."""
    text, otherwise = words(f"mail.{kind}_text"), words(f"mail.{kind}_else")
    return (
        f"{_wrapped(text)}\n\n{words(f'mail.{kind}_button')}{_words(words)['colon']}\n{link}\n\n{_wrapped(otherwise)}\n"
    )


def byline(piece: Piece) -> str:
    """Authors, journal and date in one line."""
    return " · ".join(filter(None, (piece.authors, piece.journal, piece.published)))


def sheet() -> str:
    """Styles for pages that readers see in a browser."""
    return _source("digest.css") + _source("screens.css")


def bare(piece: Piece, words: Wording) -> str:
    """One article as HTML without styles; for feeds."""
    before, _, after = words("says", words.quoted("\0")).partition("\0")
    return _template("article.html").render(
        _words(words)
        | {
            "piece": piece,
            "byline": byline(piece),
            "says": (before[:1].upper() + before[1:], after),
            "doi_url": doi_url(piece.doi),
            "tag": _tag,
        }
    )


def _inlined(fragment: str) -> str:
    return css_inline.inline_fragment(fragment, _source("digest.css"))


def _plain(piece: Piece, words: Wording) -> str:
    marks = _words(words)
    colon, semicolon = marks["colon"], marks["semicolon"]
    badge = f"[{' – '.join(filter(None, (piece.integrity, piece.badge.word, piece.badge.more)))}] {piece.badge.found}"
    lines = [_wrapped(piece.title.value), _wrapped(byline(piece))]
    lines.append(_wrapped(badge + (f"{semicolon} {piece.was}" if piece.was else "")))
    if piece.badge.says:
        said = words("says", words.quoted(piece.badge.says.value))
        lines.append(_wrapped(said[:1].upper() + said[1:]))
    if piece.abstract:
        lines += ["", *map(_wrapped, piece.abstract.value.splitlines())]
    elif piece.withheld:
        lines += ["", _wrapped(words("no_abstract"))]
    lines += ["", *(_wrapped(f"{one.label}{colon} {one.title}") for one in piece.others if one.title)]
    for one in piece.editions:
        lines.append(_wrapped(f"{one.label}{colon} {one.title.value} [{one.badge.word}]"))
        lines += [one.url] if one.url else []
    lines += [_wrapped(one) for one in piece.notices]
    lines += [_wrapped(f"{words('copies')}{colon}")] if piece.copies else []
    for copy in piece.copies:
        lines += [_wrapped(f"{copy.host}, {copy.version}, {copy.said}"), copy.url]
    lines += [_wrapped(f"{words('cite')}{colon} {piece.cite}")] if piece.cite else []
    lines += [f"{words('read')}{colon}\n{piece.url}"] if piece.url else []
    lines += [doi_url(piece.doi)] if piece.doi else []
    return "\n".join(line for place, line in enumerate(lines) if line or (place and lines[place - 1]))


def _wrapped(text: str) -> str:
    return textwrap.fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False)


def _words(words: Wording) -> dict[str, Any]:
    language = words.language
    colon, semicolon = _COLON.get(language, ":"), _SEMICOLON.get(language, ";")
    return {"words": words, "language": language, "colon": colon, "semicolon": semicolon, "screens": _screens()}


def _tag(language: str) -> str:
    """As the lang attribute has it: empty for what is not known."""
    return "" if language == NOT_KNOWN else language


@cache
def _document(name: str) -> Template:
    """The shell around a template, whose styles are inlined once: nothing but articles differs in them."""
    whole = _source("shell.html").replace("[[body]]", _source(name))
    return _environment().from_string(_inliner().inline(whole))


@cache
def _template(name: str) -> Template:
    return _environment().from_string(_source(name))


@cache
def _source(name: str) -> str:
    return files(__package__).joinpath("templates", name).read_text("utf-8")


@cache
def _screens() -> Markup:
    return Markup(_source("screens.css"))  # noqa: S704 (our own file)


@cache
def _environment() -> Environment:
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


@cache
def _inliner() -> css_inline.CSSInliner:
    """Styles go to their elements; those for dark and small screens stay where a client may read them."""
    return css_inline.CSSInliner(
        inline_style_tags=False, keep_style_tags=True, load_remote_stylesheets=False, extra_css=_source("digest.css")
    )
