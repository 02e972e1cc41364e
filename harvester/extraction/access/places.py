"""Whose words an element holds: the article's, a sidebar's, the site's, another work's, nobody's (hidden)."""

import re
from collections.abc import Collection
from enum import IntEnum

from harvester.extraction.access.selectors import PlainNames
from harvester.extraction.document import Element


class Place(IntEnum):
    """The higher value is inherited: what stands in a footer stays the site's, whatever is inside."""

    ARTICLE = 0
    ASIDE = 1
    COLLAPSED = 2  # not shown until a reader unfolds it, or a script decides
    SITE = 3  # menus, banners, footers: the same on every page
    ELSEWHERE = 4  # references, related articles, figures, comments: another work's words
    TEXT = 5  # title, abstract, keywords: the author's words
    HIDDEN = 6  # dialogs, templates, what is there for machines only


_TAGS = {
    "nav": Place.SITE, "footer": Place.SITE, "header": Place.SITE, "select": Place.SITE, "aside": Place.ASIDE,
    "figure": Place.ELSEWHERE, "figcaption": Place.ELSEWHERE, "blockquote": Place.ELSEWHERE, "cite": Place.ELSEWHERE,
    "noscript": Place.HIDDEN, "template": Place.HIDDEN, "dialog": Place.HIDDEN, "textarea": Place.HIDDEN,
    "script": Place.HIDDEN, "style": Place.HIDDEN, "option": Place.SITE, "head": Place.HIDDEN,
}  # fmt: skip
_ROLES = {
    "navigation": Place.SITE, "banner": Place.SITE, "contentinfo": Place.SITE, "search": Place.SITE,
    "menu": Place.SITE, "menubar": Place.SITE, "dialog": Place.HIDDEN, "complementary": Place.ASIDE,
    "doc-bibliography": Place.ELSEWHERE, "doc-endnotes": Place.ELSEWHERE, "doc-abstract": Place.TEXT,
}  # fmt: skip
# Class and id words, lower-case; a part ends at a hyphen, an underscore or the word's end.
_PART, _WORD, _END = r"(?<![a-z0-9])", r"(?<![^\s])", r"(?![a-z0-9])"
_NAMES = (
    (Place.HIDDEN, rf"{_PART}modal{_END}|{_WORD}(?:tooltip|popover|dropdown-menu)(?!\S)"),
    (
        Place.TEXT,
        rf"{_WORD}(?:article-?|article__|js-)?(?:abstracts?|resume|zusammenfassung|resumen|resumo|keywords?)"
        r"(?:[-_]?(?:text|content|section|body|group|block|full))?(?!\S)",
    ),
    (
        Place.ELSEWHERE,
        rf"{_PART}(?:references?|ref-?list|bibliograph\w*|biblio|cit-list|literature-cited|related\w*|recommend\w*|"
        r"similar\w*|also-?(?:read|like|view)\w*|most-?(?:read|cited|viewed)\w*|citing\w*|cited-?by|trending|"
        r"suggest(?:ion|ed)s?|\w*listarticles?|search-?results?|carousel|comments?|disqus\w*|advert\w*|promo\w*|"
        rf"newsletter\w*|figure|caption){_END}",
    ),
    (
        Place.SITE,
        rf"(?:{_PART}|(?:top|main|site|sub|user|side|mega|primary|global|footer|mobile|secondary))"
        r"(?:nav(?:bar|igation|panel)?(?![a-z0-9])|menu(?!\w*item))|"
        rf"{_PART}(?:\w*footer|colophon|breadcrumbs?|masthead|topbar|cookies?|consent){_END}|"
        rf"{_WORD}(?:(?:site|page|global|main|top|publisher|journal)[-_]?header|header|banner|branding|hd|"
rf"ft|foot|logo)(?!\S)",
    ),
    (Place.COLLAPSED, rf"{_WORD}(?:(?:is-|u-|js-)?hidden|(?:u-)?hide|d-none|display-none|collapsed)(?!\S)"),
    (Place.ASIDE, rf"{_PART}side-?(?:bar|panel)\w*{_END}"),
)  # fmt: skip
_PATTERNS = tuple((place, re.compile(pattern)) for place, pattern in _NAMES)
# What is named so inside the box of an abstract is a statement about the article, as in `permissions` of JATS.
_OF_RIGHTS = re.compile(r"(?<![a-z])(?:copyright|licen[cs]e|permissions?)(?![a-z])", re.IGNORECASE)
_SAYING = frozenset(("role", "aria-hidden", "hidden", "style"))  # attributes, besides those that name
_ARTICLE = Place.ARTICLE
_FOOTER = re.compile("footer", re.IGNORECASE)
_NO_SHOW = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


class Places:
    """Places of one document's elements, remembered. An ancestor of the title is never the site's by its name.

    `outside` and all that `outside_names` fit are the site's, whatever is around them.
    """

    def __init__(
        self,
        title: Element | None,
        excluded: Collection[Element],
        outside: Collection[Element],
        outside_names: PlainNames,
    ) -> None:
        self._around_title = frozenset((title, *title.iterancestors())) if title is not None else frozenset()
        inadmissible = (element for element in excluded if element is title or element not in self._around_title)
        self._outside_names = outside_names
        self._known: dict[Element, Place] = {
            element: Place.SITE if outside_names.fit(element.tag, element) else Place.TEXT for element in inadmissible
        }
        self._known.update(dict.fromkeys(outside, Place.SITE))

    def of(self, element: Element) -> Place:
        """The place of the words in `element`."""
        chain = []
        while element is not None and element not in self._known:
            chain.append(element)
            element = element.getparent()
        place = Place.ARTICLE if element is None else self._known[element]
        for inner in reversed(chain):
            place = self._known[inner] = self._within(place, inner)
        return place

    def _within(self, around: Place, element: Element) -> Place:
        tag = element.tag
        attributes = dict(element.items())
        if self._outside_names.fit(tag, attributes):
            return Place.SITE
        # Pages that hide their body until a script has run are meant to be read all the same.
        if element in self._around_title or tag in ("html", "body"):
            return around
        if around is Place.TEXT and attributes and _OF_RIGHTS.search(attributes.get("class", "")):
            around = Place.ARTICLE
        named = _by_name(attributes) if attributes else _ARTICLE
        if named is Place.SITE and _FOOTER.search(attributes.get("class", "")) and element.find(".//h1") is not None:
            named = _ARTICLE  # a layout's box around the page: nothing is headed in a footer
        place = max(around, _TAGS.get(tag, _ARTICLE), named)
        if _SAYING.isdisjoint(attributes):
            return place
        return max(place, _ROLES.get(attributes.get("role", ""), _ARTICLE), _visibility(attributes))


def _visibility(attributes: dict[str, str]) -> Place:
    if attributes.get("aria-hidden") == "true":
        return Place.HIDDEN
    style = attributes.get("style")
    if "hidden" in attributes or (style and _NO_SHOW.search(style)):
        return Place.COLLAPSED
    return Place.ARTICLE


_by_names: dict[str, Place] = {}
_NAMES_REMEMBERED = 20_000


def _by_name(attributes: dict[str, str]) -> Place:
    """By the words in class and id. Class names repeat within and across pages, so answers are remembered."""
    names = f"{attributes.get('class', '')} {attributes.get('id', '')}"
    place = _by_names.get(names)
    if place is None:
        lower = names.lower()
        place = next((place for place, pattern in _PATTERNS if pattern.search(lower)), Place.ARTICLE)
        if len(_by_names) > _NAMES_REMEMBERED:
            _by_names.clear()
        _by_names[names] = place
    return place
