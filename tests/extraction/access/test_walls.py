"""Pages that are no article, by what they show; and article pages that must not be taken for one of them."""

import pytest
from access_pages import TITLE, article, document

from harvester.extraction.access.walls import page_kind
from harvester.extraction.signals import meta_tags
from harvester.model.page import VisitOutcome


def kind(body: str, head: str = "") -> VisitOutcome | None:
    page = document(body, head)
    found = page_kind(page, meta_tags.read(page))
    return found[0] if found else None


ENTRIES = "".join(
    f"<li><a href='/article/{number}/slug-{number}'>Paper number {number}</a></li>" for number in range(1000, 1030)
)
PASSWORD = "<form><input name='u'><input type='password' name='p'></form>"


@pytest.mark.parametrize(
    ("body", "head", "outcome"),
    [
        ("<script>window._cf_chl_opt={}</script>", "<title>Just a moment...</title>", "challenged"),
        ("<p>Please confirm.</p>", "<title>Vérification de sécurité</title>", "challenged"),
        (f"<h1>Connexion</h1>{PASSWORD}", "<title>Connexion</title>", "login"),
        (f"<h2>Login</h2>{PASSWORD}", "<title>Login</title>", "login"),
        ("<h1>Page introuvable</h1><p>Cette page n'existe plus.</p>", "<title>Revue</title>", "not_article"),
        ("<p>(404) Page not found!</p>", "<title>Journals</title>", "not_article"),
        ("<h1>Search results</h1><ul>" + ENTRIES + "</ul>", "<title>Search results</title>", "not_article"),
        ("<h1></h1><ul>" + ENTRIES + "</ul>", "<title>Home of the journal</title>", "not_article"),
        ("<h1>Sommaire du numéro 4</h1><ul>" + ENTRIES + "</ul>", "<title>Revue</title>", "not_article"),
        ("<p>Cookies must be enabled to read this site.</p>", "<title>Journal</title>", "not_article"),
        ("<script src='/build/pdf.js'></script><div>Page Zoom Print</div>", "<title>Viewer</title>", "not_article"),
        ("<embed type='application/pdf' src='/a.pdf'>", "<title>a.pdf</title>", "not_article"),
        ("<h1>Under maintenance</h1><p>We will be back soon, thank you for your patience.</p>", "", "server_error"),
        ("<h1>Access denied</h1><p>You do not have permission to view this page, reference 18.</p>", "", "forbidden"),
        ("<div></div>", "<title>Journal</title>", "wrong_content"),
    ],
)
def test_walls(body: str, head: str, outcome: str) -> None:
    assert kind(body, head) == outcome


def test_articles_pass() -> None:
    words = "<p>" + "Gravel moved downstream. " * 20 + "</p>"
    assert kind(article(words)) is None
    assert kind(article(words + PASSWORD)) is None
    assert kind(article(words + "<aside><ul>" + ENTRIES + "</ul></aside>")) is None
    assert kind(article("<h2>Access denied</h2>" + words)) is None


def test_metadata_of_one_article_is_enough() -> None:
    head = f"<meta name='citation_title' content='{TITLE}'>"
    assert kind("<h1>Search results</h1><ul>" + ENTRIES + "</ul>", head) is None
