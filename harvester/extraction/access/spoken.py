"""Whether a line that stands alone speaks of access to the text: what follows an abstract and is no part of it."""

import re

from harvester.extraction.access.entries import Kind, lexicon
from harvester.extraction.access.folding import fold
from harvester.extraction.access.sentences import claimed, heard

_PRICE = re.compile(r"(?:[€$£]|\b(?:CHF|EUR|USD|R\$))\s?\d|\d\s?(?:[€$£]|(?:CHF|EUR|USD|PLN|zł|руб|TL)\b)")
_LINE = 100  # characters; what is no longer need not name the article


def speaks_of_access(line: str) -> bool:
    """True for `Accès réservé aux abonnés`, `Buy this article 12 €` and the like in any language of the lexicon."""
    if _PRICE.search(line) and len(line) <= _LINE and not line.endswith("."):
        return True
    words = fold(line).text
    for language in lexicon().languages:
        for entry in language.neutral:
            if any(map(words.__contains__, entry.words)) and entry.pattern.search(words):
                return True
    for language, folded, entries in heard(line, lexicon()):
        if language.authors.search(folded.text):
            continue
        for entry in entries:
            if entry.kind is Kind.LABEL:
                if entry.pattern.fullmatch(words.strip(" .:!»«")):
                    return True
            elif entry.kind in (Kind.SENTENCE, Kind.ACTION, Kind.JOURNAL):
                claim = claimed(entry, language, folded)
                if claim and claim.status and (claim.about or len(line) <= _LINE):
                    return True
    return False
