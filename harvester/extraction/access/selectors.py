"""CSS of a source's file that is one plain name: asked of an element, not of the page."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

_PLAIN = re.compile(r"([.#]?)([\w-]+)")


class PlainNames(NamedTuple):
    """CSS that is one name each: an element answers to it by itself, without a search through the page."""

    tags: frozenset[str]
    ids: frozenset[str]
    classes: frozenset[str]

    def fit(self, tag: object, attributes: Mapping[str, str]) -> bool:
        """Whether one of the names is an element's tag, its id, or one of its classes."""
        if tag in self.tags or (self.ids and attributes.get("id") in self.ids):
            return True
        return bool(self.classes) and not self.classes.isdisjoint(attributes.get("class", "").split())


@lru_cache(maxsize=2_000)
def plain_names(rules: Sequence[str]) -> tuple[PlainNames, tuple[str, ...]]:
    """What of some CSS is plain names, and the rest."""
    found = [(css, _PLAIN.fullmatch(css)) for css in rules]
    names: dict[str, set[str]] = {"": set(), "#": set(), ".": set()}
    for plain in (plain for _, plain in found if plain):
        names[plain[1]].add(plain[2] if plain[1] else plain[2].lower())
    plain_ones = PlainNames(frozenset(names[""]), frozenset(names["#"]), frozenset(names["."]))
    return plain_ones, tuple(css for css, plain in found if not plain)
