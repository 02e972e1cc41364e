"""Tiers 3, 4, 6 and 7 from words: passages of the page read with the lexicon."""

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from functools import lru_cache, partial
from itertools import islice
from typing import NamedTuple

from harvester.extraction.access.dates import read_date
from harvester.extraction.access.entries import Entry, Kind, Language, Lexicon, date_words
from harvester.extraction.access.folding import Folded, fold
from harvester.extraction.access.passages import PageText, Passage
from harvester.extraction.access.places import Place
from harvester.extraction.access.statements import Statement
from harvester.extraction.access.words import beginning
from harvester.extraction.document import Element
from harvester.model.access import AccessStatus, Tier
from harvester.model.signal import QUOTE_LIMIT

_TIERS = {
    Kind.SENTENCE: Tier.SENTENCE, Kind.LABEL: Tier.STRUCTURE, Kind.ACTION: Tier.STRUCTURE,
    Kind.JOURNAL: Tier.JOURNAL, Kind.HINT: Tier.HINT,
}  # fmt: skip
_FLIPPED = {
    AccessStatus.OPEN: AccessStatus.SUBSCRIPTION,
    AccessStatus.FREE: AccessStatus.SUBSCRIPTION,
    AccessStatus.SUBSCRIPTION: AccessStatus.FREE,
    AccessStatus.REGISTRATION: AccessStatus.FREE,
}
_READABLE = frozenset((AccessStatus.OPEN, AccessStatus.FREE))
_YEAR = re.compile(r"\b20\d\d\b")
# Two sentences with only markup between them ("... un abonnement.<br>Déjà abonné"): a capital right after the stop.
_GLUED_END = re.compile(r"(?<=[^\W\d_]{2})[.!?](?=[A-ZÀ-ÖØ-Þ])")
_SENTENCE_END = re.compile(r"[.!?;](?=\s|$)|[|•]|\n\s*\n")
_REPEATS = 4  # statements of one entry: more of the same say no more
_BEFORE = 45  # characters in which a negation before the words still governs them
_AFTER = 40  # characters after a negation in which it denies that something costs nothing
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_OTHER_WORKS = re.compile(
    r"(?:related|similar|recommended|recent|latest|most (?:read|cited|viewed)|other|more|further|also|suggested|"
    r"trending|you (?:may|might)|readers also|people also|"
    r"articles? (?:similaires|lies|connexes|recents|recommandes)|a lire aussi|"
    r"autres|sur le meme|du meme auteur|ahnliche|verwandte|weitere|das konnte|auch interessant|"
    r"articulos (?:rel|sim|rec)|"
    r"otros|relacionad|artigos (?:rel|sem|rec)|outros|articoli (?:cor|sim|rec)|altri|potrebbe|"
    r"gerelateerd|vergelijkbare|"
    r"meer|anderen?)|(?:articles|papers) (?:in|of|from) (?:this|the)(?: same)? issue|in (?:this|the same) issue|"
    r"(?:access |icon )?key(?:$|:)|legend\b|(?:access |icon )symbols"
)
_LABEL, _ACTION, _SENTENCE = 60, 160, 1_200  # characters of the longest passage each kind is read in
_NO = frozenset(("no", "non", "nein", "nee", "nao", "false"))
_BUTTON = 4  # words on one
_REMEMBERED = 4_000  # the pages of a site say the same in the same words
_EDGES = " \t\r\n\f\v\u00a0.:|•·!»«[](){}-–—>*"


class Reading(NamedTuple):
    """What the words of one page say. `banner`: inside whose network it was read."""

    statements: tuple[Statement, ...]
    banner: str | None
    actions: tuple[Passage, ...]  # where something is sold
    collapsed: tuple[Statement, ...] = ()  # sentences a script may show: never decide, may temper


class SentenceReader:
    """Reads passages with a lexicon as of one day."""

    def __init__(self, lexicon: Lexicon, page: PageText, today: date) -> None:
        self.page = page
        self.document = page.document
        self.today = today
        self.lexicon = lexicon

    def read(self, passages: Sequence[Passage], *, slot: bool = False) -> Reading:
        """Statements of all `passages`; in a slot every passage speaks of this article."""
        statements: list[Statement] = []
        collapsed: list[Statement] = []
        said: defaultdict[str, int] = defaultdict(int)
        actions: list[Passage] = []
        banner: str | None = None
        for passage in passages:
            for language, folded, entries in _in_its_language(heard(passage.raw, self.lexicon), passage):
                for entry in entries:
                    if said[entry.rule] >= _REPEATS:
                        continue
                    if entry.kind is Kind.BANNER:
                        banner = banner or _banner(entry, folded)
                        continue
                    statement = self._statement(entry, language, folded, passage, slot=slot)
                    if statement is None:
                        continue
                    said[entry.rule] += 1
                    if passage.place is Place.COLLAPSED and not slot:
                        collapsed.append(statement)
                    else:
                        statements.append(statement)
                        if entry.kind is Kind.ACTION and entry.status is AccessStatus.SUBSCRIPTION:
                            actions.append(passage)
        return Reading(tuple(statements), banner, tuple(actions), tuple(collapsed))

    def _statement(
        self, entry: Entry, language: Language, folded: Folded, passage: Passage, *, slot: bool
    ) -> Statement | None:
        if not self._fits(entry, passage, slot=slot):
            return None
        if entry.kind is Kind.LABEL:
            span = _label_span(entry, folded, passage)
            return self._made(entry, folded, passage, span, entry.status, None, about=True) if span else None
        claim = claimed(entry, language, folded)
        about = slot or (claim is not None and claim.about)
        if claim is None and entry.kind is Kind.ACTION and self.page.in_head(passage.at) and _is_row(passage):
            span = _label_span(entry, folded, passage)
            return self._made(entry, folded, passage, span, entry.status, None, about=slot) if span else None
        if claim is None or (entry.subject and not about):
            return None
        day = read_date(claim.date, self.lexicon.months) if claim.date else None
        span = claim.span
        if claim.status in _READABLE and day is None and self._put_off(language, folded.text[slice(*span)]):
            return None
        return self._made(entry, folded, passage, span, claim.status, day, about=about)

    def _put_off(self, language: Language, sentence: str) -> bool:
        """Whether a sentence speaks of a day to come, by its verb or by a date."""
        if language.future.search(sentence):
            return True
        day = read_date(sentence, self.lexicon.months) if _YEAR.search(sentence) else None
        return day is not None and day > self.today

    def _fits(self, entry: Entry, passage: Passage, *, slot: bool) -> bool:
        """Whether an entry of this kind may be read in a passage at this place and of this length."""
        if slot:
            return True
        if passage.place > Place.COLLAPSED or (passage.place is Place.COLLAPSED and entry.kind is not Kind.SENTENCE):
            return False
        length = len(passage.raw)
        if entry.kind is Kind.LABEL:
            return passage.place is Place.ARTICLE and self.page.in_head(passage.at)
        if entry.kind is Kind.ACTION:
            return length <= _ACTION
        return length <= _SENTENCE

    def _made(
        self,
        entry: Entry,
        folded: Folded,
        passage: Passage,
        span: tuple[int, int],
        status: AccessStatus | None,
        day: date | None,
        *,
        about: bool,
    ) -> Statement | None:
        if status is not None and day is not None and day <= self.today:
            status = entry.after  # an embargo whose day has come says nothing any more, a promise has come true
        if status is None:
            return None
        quote = folded.slice(*span).strip()[:QUOTE_LIMIT]
        evidence = self.document.evidence("text", entry.id, passage.block, quote, language=entry.language)
        return Statement(
            status,
            _TIERS[entry.kind],
            entry.rule,
            evidence,
            about,
            until=day if status is AccessStatus.FREE and day and day > self.today else None,
            embargo_until=day if status is AccessStatus.EMBARGOED else None,
            files=entry.files,
        )


class _Claim(NamedTuple):
    """What an entry reads in a text, wherever and whenever that stands on a page."""

    span: tuple[int, int]  # of the sentence, in the folded text
    about: bool  # the sentence names the article
    status: AccessStatus | None
    date: str | None


@lru_cache(maxsize=_REMEMBERED)
def claimed(entry: Entry, language: Language, folded: Folded) -> _Claim | None:
    found = entry.pattern.search(folded.text)
    if found is None:
        return None
    start, end = _sentence(folded, *found.span())
    if language.foreign and language.foreign.search(folded.text, start, end):
        return None
    status: AccessStatus | None = entry.status
    negator = _negator(language, folded.text, start, found, entry.status) if entry.negation else None
    if negator:
        # What is not sold is not free for that, nor what is not free for the registered.
        denied = entry.status is AccessStatus.REGISTRATION and language.costless.search(
            folded.text, negator.end(), min(found.end(), negator.end() + _AFTER)
        )
        status = None if denied or entry.kind is Kind.ACTION else _FLIPPED.get(entry.status)
    if status in _READABLE:
        status = _limited(language, folded.text[start:end], status, entry.status)
    about = bool(language.article.search(folded.text, start, end))
    return _Claim((start, end), about, status, date_words(found))


@lru_cache(maxsize=_REMEMBERED)
def _banner(entry: Entry, folded: Folded) -> str | None:
    found = entry.pattern.search(folded.text)
    return folded.slice(*found.span()) if found else None


_Heard = tuple[Language, Folded, list[Entry]]


@lru_cache(maxsize=_REMEMBERED)
def heard(raw: str, lexicon: Lexicon) -> list[_Heard]:
    """For each language: the words of a passage without what says nothing in it, and the entries to read them with."""
    folded = fold(raw)
    masked = ((language, _mask_neutral(folded, language)) for language in lexicon.languages)
    spoken = ((language, words, language.spoken(words.text)) for language, words in masked)
    return [one for one in spoken if one[2]]


def _in_its_language(hearing: list[_Heard], passage: Passage) -> list[_Heard]:
    """Where several languages hear something, the one that the nearest `lang` names decides, if it reads a claim.

    The page's own `lang` names none: a frame is often in another language than it says.
    """
    if len(hearing) < 2:
        return hearing
    above = (passage.block, *passage.block.iterancestors())
    named = next((one.get("lang") for one in above if one.tag != "html" and one.get("lang")), "")
    own = next((one for one in hearing if one[0].code == named.partition("-")[0].lower()), None)
    return [own] if own and any(map(partial(_claims, own), own[2])) else hearing


def _claims(hearing: _Heard, entry: Entry) -> bool:
    language, folded, _ = hearing
    return entry.kind not in (Kind.BANNER, Kind.LABEL) and claimed(entry, language, folded) is not None


def _is_row(passage: Passage) -> bool:
    """Whether several texts share a block as buttons do: none of them is a sentence."""
    return len(passage.nodes) > 1 and all(len(node.split()) <= _BUTTON for node in passage.nodes)


def _label_span(entry: Entry, folded: Folded, passage: Passage) -> tuple[int, int] | None:
    """The label (or button) is a text node of its own, or all there is in a short block."""
    if _in_menu(passage):
        return None
    at = 0
    for node in (*passage.nodes, folded.raw):
        words = fold(node.strip(_EDGES)) if len(node) <= 4 * _LABEL else None
        if words and len(words.raw) <= _LABEL and entry.pattern.fullmatch(words.text):
            if _anothers(passage, words.raw):
                return None
            raw_start = folded.raw.find(words.raw, max(at, 0))
            if folded.offsets is None and raw_start >= 0:
                return raw_start, raw_start + len(words.raw)
            return 0, len(folded.text)
        at += len(node)
    return None


def _anothers(passage: Passage, label: str) -> bool:
    """A label in a choice of a form, of a legend or denied, beside another work's link, or where others are listed."""
    block = passage.block
    if _denied(block) or _of_legend(block, label) or _OTHER_WORKS.match(fold(beginning(block, 100)).text):
        return True
    if (
        any(one.tag == "label" for one in (block, *islice(block.iterancestors(), 2)))
        or block.find(".//input") is not None
    ):
        return True
    item = next((one for one in (block, *block.iterancestors("li")) if one.tag == "li"), None)
    if item is not None and any(label not in (words := beginning(one, 200)) and words for one in item.iter("a")):
        return True
    heading = _heading_over(block)
    return heading is not None and bool(_OTHER_WORKS.match(fold(beginning(heading, 100)).text))


def _denied(block: Element) -> bool:
    """`Open access | No`: the cell after the label says so."""
    after = block.getnext() if block.tag in ("td", "th", "dt") else None
    return after is not None and fold(beginning(after, 10)).text.strip(" .") in _NO


def _of_legend(block: Element, label: str) -> bool:
    """One of three or more in a row that differ in their first words: a legend names all there is."""
    parent, last = block.getparent(), fold(label).text.split()[-1:]
    if parent is None:
        return False
    beside = (beginning(one, _LABEL + 1) for one in islice(parent, 12) if one is not block)
    return sum(len(words) <= _LABEL and fold(words).text.split()[-1:] == last for words in beside) > 1


def _heading_over(element: Element) -> Element | None:
    """The nearest heading before an element, beside it or beside what it stands in."""
    for one in (element, *islice(element.iterancestors(), 6)):
        for before in islice(one.itersiblings(preceding=True), 12):
            if before.tag in _HEADINGS:
                return before
    return None


def _in_menu(passage: Passage) -> bool:
    """A link among other entries of a list is a menu's, not the article's."""
    item = next(
        (element for element in (passage.block, *passage.block.iterancestors("li")) if element.tag == "li"), None
    )
    if item is None or item.getparent() is None:
        return False
    return item.find(".//a") is not None and len(item.getparent()) > 3


def _sentence(folded: Folded, start: int, end: int) -> tuple[int, int]:
    """The sentence around folded.text[start:end], cut to what may be quoted."""
    ends = [stop.end() for stop in _SENTENCE_END.finditer(folded.text)]
    ends += [folded.position(stop.end()) for stop in _GLUED_END.finditer(folded.raw)]
    first = max((stop for stop in ends if stop <= start), default=0)
    last = min((stop for stop in ends if stop >= end), default=len(folded.text))
    first = max(first, start - 80) if end - first > QUOTE_LIMIT else first
    return first, max(min(last, first + QUOTE_LIMIT), min(end, first + QUOTE_LIMIT))


def _negator(
    language: Language, text: str, start: int, found: re.Match[str], status: AccessStatus
) -> re.Match[str] | None:
    first = max(start, found.start() - _BEFORE)
    if status not in _READABLE:
        # "If you do not subscribe, buy this article": a negation of the clause before makes nothing free.
        first = max(first, *(text.rfind(mark, first, found.start()) + 1 for mark in ",:"))
    return language.negators.search(text, first, found.end())


def _limited(language: Language, sentence: str, status: AccessStatus, stated: AccessStatus) -> AccessStatus | None:
    """What is left of "free" in a question, of a part of the article, in the past, for a trial or for subscribers."""
    if sentence.rstrip().endswith("?") or language.partial.search(sentence):
        return None
    return AccessStatus.SUBSCRIPTION if stated in _READABLE and language.reserved.search(sentence) else status


def _blank(found: re.Match[str]) -> str:
    return "_" * len(found[0])


def _mask_neutral(folded: Folded, language: Language) -> Folded:
    """Blank out what says nothing, so that no other entry reads it."""
    text = folded.text
    for entry in language.neutral:
        for word in entry.words:
            if word in text:
                text = entry.pattern.sub(_blank, text)
                break
    return folded if text is folded.text else folded._replace(text=text)


def passages_of_slots(page: PageText, slots: Sequence[Element]) -> list[Passage]:
    """Every block of text below the elements `slots`, as passages."""
    indices = {index for slot in slots for index in page.indices_below(slot)}
    return page.passages(sorted(indices))
