"""Verdicts: tiers, scope, negation, dates, conflicts, inadmissible places, sessions, prices."""

import time
from datetime import date

import pytest
from access_pages import NOW, TITLE, TODAY, article, document, verdict
from machine import seconds

from harvester.extraction.access.classify import read_access
from harvester.extraction.signals import links, meta_tags
from harvester.model.access import AccessStatus, Tier
from harvester.model.source import AccessMark, AccessRules

GATE = "<p>Access to the full text of this article requires a subscription.</p>"
OPEN = "<p>This is an Open Access article.</p>"
FLAG = "<meta name='citation_fulltext_world_readable' content=''>"
CC = (
    "<p>This article is distributed under the terms of the <a href='https://creativecommons.org/licenses/by/4.0/'>"
    "Creative Commons Attribution 4.0 License</a>.</p>"
)
SECTIONS = ("Introduction", "Methods", "Results", "Discussion", "References")
FULL = "".join(
    f"<h2>{name}</h2>" + "".join(f"<p>{'Gravel moved downstream in every reach we saw. ' * 9}</p>" for _ in range(5))
    for name in SECTIONS
)


@pytest.mark.fault(84)
def test_no_marker_at_all_is_unknown() -> None:
    found = verdict(article("<p><a href='/a/1.pdf'>PDF</a></p>"))
    assert found.status is AccessStatus.UNKNOWN
    assert not found.evidence
    assert not found.disputed


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (GATE, "subscription"),
        (OPEN, "open"),
        (
            "<p>L’accès au texte intégral de cet article nécessite un abonnement.</p><p>Déjà abonné ?</p>",
            "subscription",
        ),
        ("<p>Article gratuit.</p><p>Connectez-vous pour en bénéficier!</p>", "registration"),
        ("<p>Le texte complet de cet article est disponible en PDF.</p>", "unknown"),
        ("<p>L’article n’est pas en accès libre : cet article n'est pas en libre accès.</p>", "subscription"),
        ("<p>Cet article est sous embargo jusqu'au 1er mars 2031.</p>", "embargoed"),
        ("<p>Cet article est sous embargo jusqu'au 1er mars 2029.</p>", "unknown"),
        ("<p>Abstract only</p>", "no_fulltext"),
    ],
)
def test_sentences(words: str, status: str) -> None:
    assert verdict(article(words)).status == status


@pytest.mark.parametrize(
    "words",
    [
        "The full text is not free for registered users.",
        "Full text is not free even for registered users.",
        "Access to this article is not free for registered readers.",
        "L'accès n'est pas gratuit pour les utilisateurs inscrits.",
        "EL ACCESO NO ES GRATUITO PARA USUARIOS REGISTRADOS",
        "L'accesso non è gratuito per gli utenti registrati.",
        "De toegang is niet gratis voor geregistreerde gebruikers.",
        "Este artigo não é gratuito para usuários cadastrados.",
        "Der Zugang ist für registrierte Nutzer nicht kostenlos.",
    ],
)
def test_what_is_not_free_for_the_registered_is_free_for_nobody(words: str) -> None:
    assert verdict(article(f"<p>{words}</p>")).status in ("unknown", "subscription")


@pytest.mark.parametrize(
    "words", ["Registration is not required to read this article.", "No se requiere registro para leer este artículo."]
)
def test_what_needs_no_registration_is_free(words: str) -> None:
    assert verdict(article(f"<p>{words}</p>")).status == "free"


@pytest.mark.fault(83)
@pytest.mark.parametrize("lang", ["en", ""])
@pytest.mark.parametrize(
    "sentence",
    [
        "L'accès au texte intégral de cet article nécessite un abonnement.",
        "Der Zugang zum Volltext dieses Artikels erfordert ein Abonnement.",
        "El acceso al texto completo de este artículo requiere una suscripción.",
        "O acesso ao texto completo deste artigo requer uma assinatura.",
        "L'accesso al testo completo di questo articolo richiede un abbonamento.",
        "Voor toegang tot de volledige tekst van dit artikel is een abonnement nodig.",
    ],
    ids=["fr", "de", "es", "pt", "it", "nl"],
)
def test_a_frame_may_speak_another_language_than_texts_and_page(sentence: str, lang: str) -> None:
    found = verdict(article(f"<p>{sentence}</p>"), languages=["en"], lang=lang)
    assert (found.status, found.evidence[0].quote) == (AccessStatus.SUBSCRIPTION, sentence)


def test_menu_words_do_not_outweigh_the_wall() -> None:
    body = "<nav><a href='/oa'>Accès libre</a></nav>" + article(GATE)
    found = verdict(body)
    assert found.status is AccessStatus.SUBSCRIPTION
    assert "requires a subscription" in found.evidence[0].quote


@pytest.mark.parametrize(
    "place",
    [
        "<footer>{}</footer>",
        "<nav>{}</nav>",
        "<div class='related-articles'>{}</div>",
        "<ol class='references'><li>{}</li></ol>",
        "<div style='display: none'>{}</div>",
        "<div hidden>{}</div>",
        "<noscript>{}</noscript>",
        "<div role='dialog'>{}</div>",
        "<div class='site-footer'>{}</div>",
        "<blockquote>{}</blockquote>",
        "<script>var x = '{}';</script>",
    ],
)
def test_inadmissible_places(place: str) -> None:
    for words in ("This article is open access.", "This article requires a subscription."):
        assert verdict(article(place.format(words))).status is AccessStatus.UNKNOWN


def test_machine_statement_decides_over_a_sentence_and_lists_it() -> None:
    found = verdict(article(GATE), head=FLAG)
    assert (found.status, found.tier) == (AccessStatus.FREE, Tier.MACHINE)
    assert [conflict.status for conflict in found.conflicts] == [AccessStatus.SUBSCRIPTION]


def test_free_by_flag_and_open_by_word_is_open() -> None:
    assert verdict(article(OPEN), head=FLAG).status is AccessStatus.OPEN


def test_a_flag_that_never_varies_is_ignored() -> None:
    rules = AccessRules(ignore=("highwire:fulltext_world_readable",))
    assert verdict(article(GATE), head=FLAG, rules=rules).status is AccessStatus.SUBSCRIPTION


def test_equal_tier_opposite_meaning_is_disputed_and_quotes_both() -> None:
    found = verdict(article(GATE + OPEN))
    assert (found.status, found.disputed) == (AccessStatus.UNKNOWN, True)
    quotes = [found.evidence[0].quote, *(conflict.evidence.quote for conflict in found.conflicts)]
    assert any("subscription" in quote for quote in quotes)
    assert any("Open Access" in quote for quote in quotes)


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ("http://purl.org/coar/access_right/c_abf2", "open"),
        ("info:eu-repo/semantics/openAccess", "open"),
        ("info:eu-repo/semantics/restrictedAccess", "subscription"),
        ("info:eu-repo/semantics/embargoedAccess", "embargoed"),
        ("http://purl.org/coar/access_right/c_14cb", "no_fulltext"),
        ("All rights reserved", "unknown"),
    ],
)
def test_access_rights(value: str, status: str) -> None:
    head = f"<meta name='DCTERMS.accessRights' content='{value}'>"
    assert verdict(article(""), head=head).status == status


def test_embargo_end_beside_the_access_right() -> None:
    head = (
        "<meta name='DC.rights' content='info:eu-repo/semantics/embargoedAccess'>"
        "<meta name='DC.date' content='info:eu-repo/date/embargoEnd/2031-01-01'>"
    )
    assert verdict(article(""), head=head).embargo_until == date(2031, 1, 1)
    assert verdict(article(""), head=head.replace("2031", "2029")).status is AccessStatus.UNKNOWN


@pytest.mark.parametrize(
    ("value", "status"), [("true", "free"), ('"False"', "subscription"), ("false", "subscription")]
)
def test_json_ld_flag_quotes_its_own_words(value: str, status: str) -> None:
    script = f'{{"@type": "ScholarlyArticle", "headline": "Rivers", "isAccessibleForFree": {value}}}'
    found = verdict(article(""), head=f"<script type='application/ld+json'>{script}</script>")
    assert found.status == status
    assert found.evidence[0].quote.startswith('"isAccessibleForFree"')


def test_a_licence_beats_a_shop_but_a_footer_licence_is_nobodys() -> None:
    assert verdict(article(CC + "<p>Buy this article in print</p>")).status is AccessStatus.OPEN
    footer = (
        "<footer><p>For all open access content, the Creative Commons licensing terms apply.</p>" + CC + "</footer>"
    )
    assert verdict(article(GATE) + footer).status is AccessStatus.SUBSCRIPTION
    assert verdict(article("") + footer).status is AccessStatus.UNKNOWN


def test_a_bare_name_of_a_licence_opens_nothing_that_is_sold() -> None:
    bare = "<div class='options'><span>paper</span> <a href='/about-licences'>CC BY info</a></div>"
    assert verdict(article(bare)).status is AccessStatus.OPEN
    found = verdict(article(bare + "<ul><li><a href='/buy'>Buy article</a></li></ul>"))
    assert (found.status, found.disputed) == (AccessStatus.UNKNOWN, True)


def test_a_statement_of_rights_in_the_box_of_the_abstract_is_none_of_its_words() -> None:
    words = "This is an open access article distributed under the Creative Commons Attribution License."
    box = "<div id='abstract'><h2>Abstract</h2><p>Grain sizes were measured.</p><p{}>" + words + "</p></div>"
    assert verdict(f"<h1>{TITLE}</h1>{box.format(' class=copyright')}").status is AccessStatus.OPEN
    assert verdict(f"<h1>{TITLE}</h1>{box.format('')}").status is AccessStatus.UNKNOWN


def test_gate_that_says_the_journal_is_open() -> None:
    words = (
        "<h2>Subscription required</h2><p>All research articles in this journal are open access. "
        "Other articles are available to subscribers.</p>"
    )
    assert verdict(article(words)).status is AccessStatus.SUBSCRIPTION


def test_a_journals_policy_decides_only_alone() -> None:
    policy = "<p>This journal provides immediate open access to its content.</p>"
    found = verdict(article(policy))
    assert (found.status, found.tier) == (AccessStatus.OPEN, Tier.JOURNAL)
    assert verdict(article(policy + GATE)).status is AccessStatus.SUBSCRIPTION


def test_full_text_on_the_page_is_free_where_no_gate_stands() -> None:
    assert verdict(article(FULL)).status is AccessStatus.FREE
    assert verdict(article(FULL + GATE)).status is AccessStatus.SUBSCRIPTION
    assert verdict(article(FULL + "<a>Purchase PDF</a>")).status is AccessStatus.SUBSCRIPTION


def test_an_institutions_session_makes_free_inadmissible_but_no_licence() -> None:
    banner = "<div>Access provided by: Example University</div>"
    assert verdict(banner + article(FULL)).status is AccessStatus.UNKNOWN
    assert verdict(banner + article("<p>This article is freely available.</p>")).status is AccessStatus.UNKNOWN
    assert verdict(banner + article(FULL + CC)).status is AccessStatus.OPEN


def test_hidden_words_never_open_but_may_temper() -> None:
    login = "<div style='display:none'><p>This content is free, please log in to gain access.</p></div>"
    free = "<p>This article is free.</p>"
    assert verdict(article(login)).status is AccessStatus.UNKNOWN
    assert verdict(article(free + login)).status is AccessStatus.REGISTRATION
    assert (
        verdict(article("<div hidden><p>You have no subscription access.</p></div>" + CC)).status is AccessStatus.OPEN
    )


def test_purchase_options_with_decimal_price_currency_and_kind() -> None:
    box = (
        "<aside><h2>Access this article</h2><p>Buy article PDF 39,95 €</p>"
        "<p>Rent this article for 48 hours USD 12.00</p></aside>"
    )
    found = verdict(article(box))
    assert found.status is AccessStatus.SUBSCRIPTION
    assert {(one.price, one.currency) for one in found.purchase_options} == {("39.95", "EUR"), ("12.00", "USD")}
    assert "rental" in {one.kind for one in found.purchase_options}


def test_labels_and_icons_count_in_the_articles_head_only() -> None:
    label = "<span class='badge'>OPEN ACCESS</span>"
    icon = "<img src='oa.png' alt='Open Access'>"
    far = "<p>" + "Sand and silt. " * 400 + "</p>"
    for mark in (label, icon):
        assert verdict(article(f"<div>{mark}</div>")).status is AccessStatus.OPEN
        assert verdict(article(f"{far}<div>{mark}</div>")).status is AccessStatus.UNKNOWN
        menu = f"<ul><li><a href='/'>{mark}</a></li><li>b</li><li>c</li><li>d</li></ul>"
        assert verdict(article(menu)).status is AccessStatus.UNKNOWN


def test_rules_of_a_source() -> None:
    marks = AccessRules(marks=(AccessMark(css=".lock-shut", status="subscription"),))
    assert verdict(article("<i class='lock-shut'></i>"), rules=marks).status is AccessStatus.SUBSCRIPTION
    slots = AccessRules(slots=(".banner-message",))
    slot = "<div class='banner-message'><p>Reserved: only for subscribers, in a line too long for any label.</p></div>"
    assert verdict(article(slot)).status is AccessStatus.UNKNOWN
    assert (
        verdict(article(slot.replace("Reserved: only", "Restricted")), rules=slots).status is AccessStatus.SUBSCRIPTION
    )
    outside = AccessRules(outside=(".house",))
    assert verdict(article(f"<div class='house'>{OPEN}</div>"), rules=outside).status is AccessStatus.UNKNOWN
    files = AccessRules(files_open=True)
    assert verdict(article("<a href='/x.pdf'>PDF</a>"), rules=files).status is AccessStatus.FREE
    assert verdict(article("<a href='/x.pdf'>PDF</a>" + GATE), rules=files).status is AccessStatus.SUBSCRIPTION
    journal = AccessRules(journal="open")
    assert verdict(article(""), rules=journal).status is AccessStatus.OPEN


def test_a_file_by_name_and_size_is_an_offer() -> None:
    assert (
        verdict(article("<div><a href='/files/thesis.pdf'>thesis.pdf</a> (4.4 MB)</div>")).status is AccessStatus.FREE
    )
    assert (
        verdict(article("<div><a href='/files/s1.pdf'>supplement-S1.pdf</a> (4.4 MB)</div>")).status
        is AccessStatus.UNKNOWN
    )


def test_one_reading_gives_verdict_and_licences() -> None:
    page = document(article(CC))
    signals = [*meta_tags.read(page), *links.read(page)]
    found = read_access(page, signals, AccessRules(), today=TODAY, as_of=NOW)
    assert found.verdict.status is AccessStatus.OPEN
    assert [licence.spdx for licence in found.licences] == ["CC-BY-4.0"]


def test_a_page_of_hits_is_bounded() -> None:
    found = verdict(article("<p>open access subscription embargo</p>" * 20_000))
    assert found.status is AccessStatus.UNKNOWN


@pytest.mark.parametrize(
    "body",
    [
        "<div>open access " * 20_000,
        "<p>" + "open access subscription " * 200_000 + "</p>",
        "<h1>" * 20_000 + "x",
        "<p>open" + " " * 500_000 + "access</p>",
        "<p>" + "to read this article " * 20_000 + "</p>",
    ],
)
def test_an_attack_costs_little(body: str) -> None:
    started = time.process_time()
    verdict(f"<h1>{TITLE}</h1>{body}")
    assert time.process_time() - started < seconds(5)


OTHERS = (
    "<form><label><input type='checkbox'> Open access</label></form>",
    "<h3>Related articles</h3><ul><li><a href='/a/2'>Rivers of ice</a> <span>Open access</span></li></ul>",
    "<h3>Articles similaires</h3><div><p><a href='/a/2'>Glaciers</a></p><p>Accès libre</p></div>",
    "<p>Publish open access with us: your article free to read for everyone.</p>",
    "<p>Open access article processing charge: $2,500.</p>",
    "<p>Only members can comment on this article.</p>",
    "<p>Buy the book: $45.00</p>",
    "<p>This article will soon be freely available.</p>",
    "<p>The journal also publishes other articles that are available to subscribers.</p>",
)


@pytest.mark.parametrize("words", OTHERS, ids=range(len(OTHERS)))
def test_words_about_something_else_say_nothing(words: str) -> None:
    assert verdict(article(words)).status is AccessStatus.UNKNOWN


def test_a_restriction_in_the_french_manner_is_no_negation() -> None:
    found = verdict(article("<p>Ce document n'est accessible qu'aux abonnés.</p>"))
    assert found.status is AccessStatus.SUBSCRIPTION


def test_one_sentence_is_quoted_once() -> None:
    found = verdict(article("<p>Reading the full text of this article requires a subscription.</p>"))
    assert len(found.evidence) == 1


SOLD = (
    "Non-members: buy this article, $15",
    "If you do not have a subscription, you can buy this article.",
    "If you are not a member, access to this article requires a purchase.",
    "Si vous n'êtes pas abonné, acheter cet article",
    "Wenn Sie kein Abonnent sind: Artikel kaufen",
)


@pytest.mark.parametrize("words", SOLD, ids=range(len(SOLD)))
def test_a_negation_of_the_clause_before_makes_nothing_free(words: str) -> None:
    assert verdict(article(f"<p>{words}</p>")).status is AccessStatus.SUBSCRIPTION
