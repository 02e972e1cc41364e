"""Prices beside what is sold, as sites print them: decimal amount, ISO 4217 code, and what is sold for it.

A price in words ("20 tokens") has no currency and is left out; so is a tax of its own, a saving, a fee of authors.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from harvester.extraction.access.folding import fold
from harvester.extraction.access.passages import PageText, Passage
from harvester.extraction.document import Element
from harvester.model.access import PurchaseOption

# Signs that name one currency; `$` and `¥` alone are the commonest of theirs, and a code beside them says better.
_SIGNS = {
    "us$": "USD", "u$s": "USD", "a$": "AUD", "au$": "AUD", "c$": "CAD", "ca$": "CAD", "cdn$": "CAD", "nz$": "NZD",
    "hk$": "HKD", "s$": "SGD", "sg$": "SGD", "nt$": "TWD", "mx$": "MXN", "mex$": "MXN", "r$": "BRL", "cop$": "COP",
    "ar$": "ARS", "clp$": "CLP", "$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "₩": "KRW", "₽": "RUB",
    "₺": "TRY", "₴": "UAH", "zł": "PLN", "kč": "CZK", "fr.": "CHF", "sfr.": "CHF", "rs.": "INR", "rmb": "CNY",
}  # fmt: skip
_CODES = frozenset(
    "USD EUR GBP CHF CAD AUD JPY BRL SEK NOK DKK PLN INR CNY MXN NZD ZAR CZK HUF TRY RUB KRW SGD HKD TWD ARS CLP COP "
    "RON BGN ISK ILS UAH".split()
)
_WORDS = {
    "euro": "EUR", "euros": "EUR", "dollars": "USD", "us dollars": "USD", "pounds": "GBP", "reais": "BRL", "yen": "JPY",
    "francs suisses": "CHF", "schweizer franken": "CHF", "franken": "CHF", "dolares": "USD", "dollari": "USD",
}  # fmt: skip
_SIGN = r"(?<![a-z])(?:" + "|".join(re.escape(sign) for sign in sorted(_SIGNS, key=len, reverse=True)) + ")"
_CODE = r"(?<![a-z])(?:" + "|".join(sorted(_CODES)).lower() + ")"
_WORD = r"(?:" + "|".join(sorted(_WORDS, key=len, reverse=True)) + r")\b"
_AMOUNT = r"\d{1,3}(?:[ .,']\d{3})+(?!\d)(?:[.,]\d{1,2}(?!\d))?|\d+(?:[.,]\d{1,2}(?!\d))?"
_PRICE = re.compile(
    r"(?=\D{0,9}+\d)"  # as much as may stand before an amount: most places are left at once
    rf"(?:(?P<code1>{_CODE})[\s:]?)?(?P<sign1>{_SIGN})?\s?(?<![\d.,])(?P<amount>{_AMOUNT})(?:[.,][-]{{1,2}})?"
    rf"(?:\s?(?P<sign2>(?:{_SIGN})(?![a-z\d])))?(?:\s?(?P<code2>(?:{_CODE})(?![a-z]))|\s(?P<word>{_WORD}))?"
)
_OTHER_SUMS = re.compile(
    r"(?:\b(?:save|saving|discount|off|shipping|reprints?|processing (?:charge|fee)|publication (?:charge|fee)|apc|"
    r"page charges?|donat\w*|tires? a part|sonderdruck\w*|separatas?|estratti|versand\w*|frais de port|economisez)\b"
    r"|(?<!incl )(?<!incl\. )(?<!inkl\. )(?<!inkl )(?<!including )(?<!inclusa )(?<!y compris )(?<!con )"
    r"\b(?:vat|gst|sales tax|tva|mwst\.?|ust\.?|iva|btw)(?: \(?\d+(?:[.,]\d)? ?%\)?)?)[\s:(+-]*$"
)
_FEES = re.compile(
    r"\b(?:reprints?|processing (?:charge|fee)|apc|page charges?|tires? a part|sonderdruck|separatas?)\b"
)
_RENTAL = re.compile(
    r"\brent|\blouer|\blocation\b|\bmieten|\bmiete\b|\b(?:aus)?leihen|\balquil|\balug|\bnoleg|\bhuren\b|\bhuur\b|"
    r"\b\d+[ -]?(?:h|hrs?|hours?|heures|stunden|std\.?|horas|ore|uur)\b|\b\d+[ -]day (?:access|rental|pass)"
)
_ARTICLE = re.compile(r"\barticles?\b|artikel|beitrag|articulo|artigo|articolo|\bpdf\b|\bpaper\b|chapter|kapitel")
_ISSUE = re.compile(
    r"\b(?:issue|single copy|numero|edicao|edicion|revista completa|fasciculo|fascicolo|aflevering|volume|bundel)\b|"
    r"\b(?:einzel)?heft(?:es)?\b|\bausgabe\b|\bcahier\b"
)
_SUBSCRIPTION = re.compile(
    r"(?<!non-)(?<!non )\bsubscri|\babonn|\b\w*abo\b|\bsuscri|\bassina(?:tura|r)|\babbona|\bmembership\b|mitgliedschaft"
)
_PERIOD = re.compile(
    r"\W{0,3}(?:(?:per|/|a|pro|par|al|por|all')[ /]?(?:year|month|annum|yr|an|mois|jahr|monat|ano|mes|anno|mese|jaar|"
    r"maand)|annual\w*|yearly|mensuel\w*|annuel\w*|jahrlich|monatlich|anual\w*|annuo|mensile|jaarlijks)\b"
)
_HOURS = re.compile(
    r"\W{0,3}(?:for|per|pour|fur|por|para|voor|/)? ?\d+[ -]?(?:h|hrs?|hours?|heures|stunden|std|horas|ore|uur)\b"
)
_LONGEST, _BEFORE, _AFTER = 100_000, 400, 250
_REACH = 110  # characters before a price that may name what is sold
_SALES, _OPTIONS = 12, 8


class _Price(NamedTuple):
    """A sum of money in a text."""

    start: int
    end: int
    amount: str
    currency: str


def purchase_options(
    page: PageText, sales: Sequence[Passage], cart: Element | None = None
) -> tuple[PurchaseOption, ...]:
    """Prices in and after the passages that sell something; before them too where they print none themselves.

    `cart` sells the article itself, whatever its words speak of beside.
    """
    options: dict[PurchaseOption, None] = {}
    for passage in page.passages_in(cart) if cart is not None else ():
        for option in _options(passage.raw):
            is_rental = option.kind == "rental"
            options[option if is_rental else option.model_copy(update={"kind": "article"})] = None
    for passage in sales[:_SALES]:
        before, after = page.around(passage.at, _BEFORE, _AFTER)
        for option in _options(after if any(_prices(fold(passage.raw).text)) else f"{before}\n{after}"):
            options[option] = None
    return tuple(options)[:_OPTIONS]


def _options(text: str) -> Iterator[PurchaseOption]:
    words = fold(text).text
    prices = [*_prices(words)]
    ends = [0, *(price.end for price in prices)]
    starts = [*(price.start for price in prices[1:]), len(words)]
    for price, last, following in zip(prices, ends, starts, strict=False):
        said = words[max(last, price.start - _REACH) : price.start]
        after = words[price.end : min(following, price.end + 40)]
        if not _OTHER_SUMS.search(said) and not _FEES.search(said):
            yield PurchaseOption(price=price.amount, currency=price.currency, kind=_kind(said, after))


def _prices(words: str) -> Iterator[_Price]:
    for found in _PRICE.finditer(words):
        sign = found["sign1"] or found["sign2"] or ""
        code = (found["code1"] or found["code2"] or "").upper()
        currency = code or _SIGNS.get(sign) or _WORDS.get(found["word"] or "")
        amount = _decimal(found["amount"])
        if currency and amount:
            yield _Price(found.start(), found.end(), amount, currency)


def _decimal(amount: str) -> str | None:
    """An amount with a point before its cents, whatever parts its thousands."""
    found = re.fullmatch(r"(.*?)(?:[.,](\d{1,2}))?", amount)
    assert found is not None
    whole = int(re.sub(r"\D", "", found[1]))
    cents = found[2]
    text = f"{whole}.{cents:0<2}" if cents else str(whole)
    return text if 0 < float(text) < _LONGEST else None


def _kind(before: str, after: str) -> str:
    """What is sold: a loan by any word of one, else what the nearest line names first; by the year, a subscription."""
    if _PERIOD.match(after):
        return "subscription"
    if _RENTAL.search(before) or _HOURS.match(after):
        return "rental"
    kinds = (("article", _ARTICLE), ("issue", _ISSUE), ("subscription", _SUBSCRIPTION))
    for line in reversed(before.split("\n")):
        if named := [(found.start(), kind) for kind, pattern in kinds if (found := pattern.search(line))]:
            return min(named)[1]
    return "article"
