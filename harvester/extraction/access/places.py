"""Whose words an element holds: the article's, a sidebar's, the site's, another work's, nobody's (hidden)."""

import re
from collections.abc import Collection
from enum import IntEnum

from harvester.extraction.document import Element


class Place(IntEnum):
    """The higher value is inherited: what stands in a footer stays the site's, whatever is inside."""

    ARTICLE = 0
    ASIDE = 1
    SITE = 2  # menus, banners, footers: the same on every page
    ELSEWHERE = 3  # references, related articles, figures, comments: another work's words
    TEXT = 4  # title, abstract, keywords: the author's words
    HIDDEN = 5


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
_START, _END = r"(?<![a-z0-9])", r"(?![a-z0-9])"
_NAMES = (
    (Place.HIDDEN, re.compile(_START + r"(?:hidden|hide|d-none|is-hidden|u-hide|u-hidden|js-hidden|display-none|modal)(?=\s|$)")),
    (
        Place.ELSEWHERE,
        re.compile(
            _START
            + r"(?:references?|ref-?list|bibliograph\w*|biblio|cit-list|literature-cited|"
            r"related\w*|recommend\w*|similar\w*|also-?(?:read|like|view)\w*|most-?(?:read|cited|viewed)\w*|"
            r"citing\w*|cited-?by|citedby|trending|suggest(?:ion|ed)s?|\w*listarticles?|search-?results?|carousel|"
            r"comments?|disqus\w*|advert\w*|promo\w*|newsletter\w*|figure|caption)"
            + _END
        ),
    ),
    (
        Place.SITE,
        re.compile(
            r"(?:(?<!tab)(?<!tab[-_])nav(?:bar|igation|panel)?|" + _START + r"menu\w*|(?:top|sub|main|site|user|side|mega|drop)menu\w*|"
            + _START + r"(?:footer|foot|\w*footer|colophon|breadcrumbs?|masthead|branding|topbar|site-?header|"
            r"page-?header|global-?header|main-?header|header|banner|hd|ft|cookies?|consent)(?=[\s_-]|$))"
            + _END
        ),
    ),
    (Place.ASIDE, re.compile(_START + r"side-?(?:bar|panel)\w*" + _END)),
)  # fmt: skip
_NO_SHOW = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


class Places:
    """Places of one document's elements, remembered. An ancestor of the title is never the site's by its name."""

    def __init__(
        self, title: Element | None, excluded: Collection[Element] = (), outside: Collection[Element] = ()
    ) -> None:
        self._around_title = frozenset((title, *title.iterancestors())) if title is not None else frozenset()
        self._known: dict[Element, Place] = dict.fromkeys(excluded, Place.TEXT)
        self._known.update(dict.fromkeys(outside, Place.SITE))

    def of(self, element: Element) -> Place:
        """The place of the words in `element`."""
        chain = []
        place = Place.ARTICLE
        while element is not None:
            known = self._known.get(element)
            if known is not None:
                place = known
                break
            chain.append(element)
            element = element.getparent()
        for inner in reversed(chain):
            place = self._known[inner] = max(place, self._own(inner))
        return place

    def _own(self, element: Element) -> Place:
        attributes = element.attrib
        # Pages that hide their body until a script has run are meant to be read all the same.
        if element in self._around_title or element.tag in ("html", "body"):
            return Place.ARTICLE
        by_tag = _TAGS.get(element.tag, Place.ARTICLE)
        if not attributes:
            return by_tag
        if _is_hidden(attributes):
            return Place.HIDDEN
        return max(by_tag, _ROLES.get(attributes.get("role", ""), Place.ARTICLE), _by_name(attributes))


def _is_hidden(attributes: dict[str, str]) -> bool:
    style = attributes.get("style")
    if style and _NO_SHOW.search(style):
        return True
    return "hidden" in attributes or attributes.get("aria-hidden") == "true"


_by_names: dict[str, Place] = {}
_NAMES_REMEMBERED = 20_000


def _by_name(attributes: dict[str, str]) -> Place:
    """By the words in class and id. Class names repeat within and across pages, so answers are remembered."""
    names = f"{attributes.get('class', '')} {attributes.get('id', '')}"
    place = _by_names.get(names)
    if place is None:
        lower = names.lower()
        place = next((place for place, pattern in _NAMES if pattern.search(lower)), Place.ARTICLE)
        if len(_by_names) > _NAMES_REMEMBERED:
            _by_names.clear()
        _by_names[names] = place
    return place
