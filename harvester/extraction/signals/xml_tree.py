"""Steps through an XML tree by local names, whatever namespace or prefix a file uses, and the words in it."""

from collections.abc import Collection, Iterator

from harvester.extraction.document import Element, language_tag, text_below

XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_BLOCKS = frozenset(
    ("p", "title", "sec", "label", "list", "list-item", "break", "disp-formula", "td", "th", "tr", "def-item", "term",
     "def", "disp-quote", "institution", "addr-line", "country", "subtitle", "caption", "boxed-text", "license-p")
)  # fmt: skip
# Never words of a value: notes' marks, mail addresses, second forms of a formula, what a reader does not see.
_UNSPOKEN = frozenset(
    ("email", "fn", "tex-math", "annotation", "graphic", "inline-graphic", "institution-id", "object-id")
)
_MARKS = frozenset(("fn", "aff", "corresp", "author-notes", "table-fn"))


def local(element: Element) -> str:
    """The name of an element without its namespace; empty for a comment."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def each(element: Element | None, *path: str) -> Iterator[Element]:
    """Elements that a path of local names leads to from `element`, in document order."""
    if element is None:
        return
    name, rest = path[0], path[1:]
    for child in element.iterchildren():
        if local(child) == name:
            if rest:
                yield from each(child, *rest)
            else:
                yield child


def first(element: Element | None, *path: str) -> Element | None:
    """The first of `each`, or None."""
    return next(each(element, *path), None)


def attribute(element: Element, name: str) -> tuple[str, str]:
    """(key, value) of the attribute with this local name in any namespace; ("", "") if there is none."""
    for key, value in element.items():
        if key.rpartition("}")[2] == name:
            return str(key), str(value).strip()
    return "", ""


def own_language(element: Element) -> str | None:
    """The language an element declares itself."""
    return language_tag(element.get(XML_LANG))


def language(element: Element) -> str | None:
    """The language in force at an element (XML 1.0, 2.12): the nearest xml:lang, its own included."""
    declared = next((one.get(XML_LANG) for one in (element, *element.iterancestors()) if one.get(XML_LANG)), None)
    return language_tag(declared)


def words(element: Element | None, drop: Collection[Element] = ()) -> str:
    """The words of an element on one line, without marks of notes and mail addresses; blocks are parted by a space."""
    if element is None:
        return ""
    return text_below(element, lambda one: one in drop or _unspoken(one), lambda one: local(one) in _BLOCKS)


def _unspoken(element: Element) -> bool:
    name = local(element)
    return not name or name in _UNSPOKEN or (name == "xref" and element.get("ref-type") in _MARKS)
