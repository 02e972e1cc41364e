"""The first words of an element, at a price that does not depend on how much stands below it."""

from harvester.extraction.document import Element


def beginning(element: Element, length: int) -> str:
    """Text below an element up to `length` characters, runs of space folded."""
    if not len(element):
        return " ".join((element.text or "")[: 4 * length].split())[:length]
    pieces: list[str] = []
    total = 0
    for text in element.itertext():
        pieces.append(text[: 4 * length])
        total += len(text.strip())
        if total > length:
            break
    return " ".join("".join(pieces).split())[:length]
