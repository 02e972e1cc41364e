"""Prices as sites print them, in seven languages: amount, currency, and what is sold."""

import pytest
from access_pages import article, verdict

from harvester.model.access import AccessStatus


def sold(words: str, lang: str = "") -> list[tuple[str, str, str]]:
    found = verdict(article(words), languages=(lang,) if lang else ())
    assert found.status is AccessStatus.SUBSCRIPTION
    return [(one.price, one.currency, one.kind) for one in found.purchase_options]


@pytest.mark.parametrize(
    ("lang", "words", "option"),
    [
        ("fr", "Acheter cet article : 12,50 € TTC", ("12.50", "EUR", "article")),
        ("fr", "Acheter cet article : € 12,50", ("12.50", "EUR", "article")),
        ("fr", "Acheter cet article : 3 500 ¥", ("3500", "JPY", "article")),
        ("fr", "Acheter cet article : 12,5 euros", ("12.50", "EUR", "article")),
        ("fr", "Louer cet article 48 h : 5,00 €", ("5.00", "EUR", "rental")),
        ("fr", "Acheter le numéro : 40 €", ("40", "EUR", "issue")),
        ("en", "Buy this article US$ 31.50 plus tax", ("31.50", "USD", "article")),
        ("en", "Buy this article for USD31.50", ("31.50", "USD", "article")),
        ("en", "Buy this article: AUD $45.00", ("45.00", "AUD", "article")),
        ("en", "Buy this article: $45.00 CAD", ("45.00", "CAD", "article")),
        ("en", "Buy this article: A$45.00", ("45.00", "AUD", "article")),
        ("en", "Buy article $1,500.00", ("1500.00", "USD", "article")),
        ("en", "Purchase PDF - £20", ("20", "GBP", "article")),
        ("en", "Buy this article: 20 tokens or $30", ("30", "USD", "article")),
        ("en", "Rent this article for 48 hours: $9.99", ("9.99", "USD", "rental")),
        ("de", "Artikel kaufen: CHF 35.–", ("35", "CHF", "article")),
        ("de", "Artikel kaufen: CHF 1'250.50", ("1250.50", "CHF", "article")),
        ("de", "Artikel kaufen EUR 1.234,50", ("1234.50", "EUR", "article")),
        ("de", "Artikel kaufen: 39,95 € inkl. MwSt.", ("39.95", "EUR", "article")),
        ("de", "Artikel mieten (24 Stunden): 6,99 €", ("6.99", "EUR", "rental")),
        ("es", "Comprar artículo: MX$ 250.00", ("250.00", "MXN", "article")),
        ("es", "Alquilar este artículo: 4 €", ("4", "EUR", "rental")),
        ("pt", "Comprar este artigo: R$ 40,00", ("40.00", "BRL", "article")),
        ("pt", "Comprar artigo por 40 reais", ("40", "BRL", "article")),
        ("it", "Acquista questo articolo: € 25,00 (IVA inclusa)", ("25.00", "EUR", "article")),
        ("nl", "Artikel kopen: € 30,-", ("30", "EUR", "article")),
    ],
)
def test_one_price(lang: str, words: str, option: tuple[str, str, str]) -> None:
    assert sold(f"<p>{words}</p>", lang) == [option]


def test_what_each_price_is_for() -> None:
    offers = (
        "<p>Buy this article: $30</p><p>Buy this issue: $90</p><p>Rent this article: $8</p><p>Subscribe: $199/year</p>"
    )
    assert sold(offers) == [
        ("30", "USD", "article"),
        ("90", "USD", "issue"),
        ("8", "USD", "rental"),
        ("199", "USD", "subscription"),
    ]


@pytest.mark.parametrize(
    "words",
    ["Buy this article: €25.00 (VAT 20%: €5.00)", "Buy this article: €25.00 (reprints: €250)"],
)
def test_a_tax_or_a_reprint_is_no_price_of_the_article(words: str) -> None:
    assert sold(f"<p>{words}</p>") == [("25.00", "EUR", "article")]


def test_a_year_in_the_title_is_no_subscription() -> None:
    assert sold("<p>Nach einem trockenen Jahrzehnt</p><p>Artikel kaufen: 20 €</p>", "de") == [("20", "EUR", "article")]
