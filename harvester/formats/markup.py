"""XML elements with text that is always valid, and documents made of them."""

from typing import Any

from lxml import etree

from harvester.formats.characters import for_xml

XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
XSI = "http://www.w3.org/2001/XMLSchema-instance"

Element = Any  # lxml.etree._Element, which is no public name


def add(parent: Element, tag: str, text: str | None = None, lang: str | None = None, **attributes: str) -> Element:
    """A new last child with this text (white space kept) and xml:lang; characters that XML forbids are left out."""
    child = etree.SubElement(parent, tag)
    if lang:
        child.set(XML_LANG, for_xml(lang))
    for name, value in attributes.items():
        child.set(name.replace("_", "-"), for_xml(value))
    if text is not None:
        child.text = for_xml(text)
    return child


def document(element: Element) -> bytes:
    """A whole document in UTF-8 with its declaration."""
    return bytes(etree.tostring(element, xml_declaration=True, encoding="UTF-8")) + b"\n"


def fragment(element: Element) -> bytes:
    """The element alone, for a file of many."""
    return bytes(etree.tostring(element, encoding="UTF-8", xml_declaration=False)) + b"\n"
