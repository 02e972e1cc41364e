"""Pages that are no article: bot checks, sign-in pages, soft 404, listings, cookie walls, viewers, empty shells.

Being refused is not evidence: what this module finds becomes a VisitOutcome, never an AccessStatus.
"""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple
from urllib.parse import urlsplit

from harvester.extraction.access.folding import fold
from harvester.extraction.access.words import beginning
from harvester.extraction.document import Document, Element
from harvester.extraction.signals.signal import Signal
from harvester.extraction.signals.xml_records import not_one_record
from harvester.model.page import VisitOutcome

# What the makers of bot checks leave in the page.
_CHALLENGE = re.compile(
    rb"_cf_chl_|/cdn-cgi/challenge-platform|cf-browser-verification|challenge-error-|captcha-delivery\.com|px-captcha|"
    rb"_Incapsula_Resource|ddos-guard|awsWafCookieDomainList|AwsWafIntegration|sucuri_cloudproxy|validate\.perfdrive|"
    rb"/_sec/cp_challenge|hcaptcha\.com/1/api|recaptcha/api2?/?challenge|distil_r_captcha|anubis_challenge|"
    rb"<altcha-widget|frc-captcha|sgcaptcha"
)
_SEEN = 400_000  # bytes of a page in which a bot check shows itself
_SHORT, _EMPTY = 2_500, 60  # characters of visible text: a wall has little to say; an empty page nothing
_VIEWER = re.compile(r"(?:^|/)(?:pdf(?:\.min)?\.m?js|viewer(?:\.min)?\.m?js|pdfjs\b)", re.IGNORECASE)
_CHECK = re.compile(
    r"^(?:just a moment|attention required|one moment|please wait|checking your browser|verif(?:y|"
    r"ying) (?:that )?you are|are you (?:a robot|human)|"
    r"(?:security|bot|robot|human) (?:check|verification)|pardon our interruption|un instant|"
    r"verification de securite|un momento|"
    r"(?:client|browser|security) challenge|controle anti-?(?:ro)?bot|validate user|"
    r"(?:let.?s )?confirm you are|making sure you|verification que vous|"
    r"there was a problem providing the content|"
    r"einen moment|nur einen moment|sicherheitsprufung|um momento|even geduld|radware|captcha|ddos)"
)
_CHECK_WORDS = re.compile(
    r"complete the (?:captcha|security check)|unusual (?:traffic|activity) (?:from|has)|you are (?:a )?human|"
    r"not a (?:robot|bot)\b|n.etes pas un robot|kein roboter|no (?:eres|soy|es) un robot"
)
_REFUSED = re.compile(
    r"^(?:access denied|403\b|forbidden|acces (?:refuse|interdit)|zugriff verweigert|"
    r"acceso (?:denegado|prohibido)|acesso negado|accesso negato|toegang geweigerd|request (?:blocked|"
    r"rejected)|unauthorized)"
)
_LOGIN = re.compile(
    r"^(?:please )?(?:log ?in|sign ?in|login|user login|member login|login required|"
    r"sign in to continue|authentication(?: required)?|connexion|se connecter|identification|"
    r"connectez-vous|authentification|anmelden|anmeldung|einloggen|iniciar sesion|inicio de sesion|"
    r"acceder|identificarse|entrar|iniciar sessao|"
    r"acesso|accedi|accesso|autenticazione|inloggen|aanmelden|institutional login|"
    r"choose your institution|shibboleth|single sign.?on)(?:\s*[|:-].*)?$"
)
_NOT_FOUND = re.compile(
    r"\b404\b|\b(?:page|article|document|file|item|content|resource|doi|url) (?:could |was |is |"
    r"can(?:not| not) be |you requested (?:was )?)?(?:not )?(?:be )?(?:not found|missing|unavailable|"
    r"no longer available|does not exist)|"
    r"^not found|page (?:introuvable|inexistante|non trouvee|inconnue)|document introuvable|"
    r"n'existe (?:pas|plus)|seite (?:nicht gefunden|existiert nicht)|"
    r"nicht gefunden|(?:pagina|articulo|artigo|articolo|pagina) (?:no|nao|non|niet) (?:encontrad[ao]|"
    r"existe|trovat[ao]|esiste|gevonden)|doi not found"
)
_MAINTENANCE = re.compile(
    r"(?:under|scheduled|site|down for|in|en|wartung|em) maintenance|temporarily (?:unavailable|down|"
    r"offline)|service unavailable|momentanement indisponible|"
    r"temporairement (?:indisponible|inaccessible)|wartungsarbeiten|vorubergehend nicht|"
    r"en mantenimiento|em manutencao|in manutenzione|onderhoud|be(?:en)? back (?:soon|shortly)"
)
_COOKIES = re.compile(
    r"(?:cookies? (?:must be|need to be|are|is|absent|not|disabled|required)|"
    r"enable (?:your )?(?:browser )?cookies|accept(?:er|ez)? (?:les |all |the )?cookies (?:pour|"
    r"to) contin|"
    r"activ(?:er|ez) les cookies|cookies (?:aktivieren|zulassen)|habilit\w+ (?:las |os )?cookies|"
    r"enable javascript|activ(?:er|ez) javascript)"
)
_LISTING = re.compile(
    r"^(?:search(?: results?)?(?: (?:for|page|found)\b.*)?|results?(?: (?:for|of)\b.*)?|"
    r"\d+ results?\b.*|advanced search|browse\b.*|(?:journals?|publications?|articles?|issues?|"
    r"books?)(?: list| a-z|: .*)?|"
    r"list of (?:journals|articles|issues|publications).*|(?:current|latest|all|past|back) issues?.*|"
    r"(?:latest|recent|most read) articles?.*|archives?|table of contents.*|contents|"
    r"resultats?(?: de (?:la |votre )?recherche)?.*|recherche(?: avancee)?|sommaire.*|"
    r"liste des (?:revues|articles|numeros).*|tous les (?:numeros|articles).*|derniers? (?:articles|"
    r"numeros).*|table des matieres.*|"
    r"suchergebnisse?.*|suche|inhaltsverzeichnis.*|zeitschriften|alle (?:ausgaben|artikel)|"
    r"resultados?(?: (?:de|da) (?:la )?(?:busqueda|pesquisa|busca))?.*|busqueda.*|sumario|indice|"
    r"tabla de contenidos?|"
    r"sumario|risultati(?: (?:della )?ricerca)?.*|ricerca|sommario|indice|zoekresultaten.*|zoeken|"
    r"inhoudsopgave|alle tijdschriften|contact(?: us)?|about(?: us)?|home(?: ?page)?|accueil|"
    r"startseite|inicio)$"
)
_ABOUT = re.compile(
    r"^(?:(?:author|submission|manuscript) (?:guidelines|instructions)|(?:instructions|information|guidelines|guide) "
    r"(?:for|to) (?:the )?(?:authors|contributors|reviewers)|(?:instructions|consignes|recommandations) aux auteurs|"
    r"(?:hinweise|richtlinien) fur autor|autorenrichtlinien|(?:normas|directrices|diretrizes|instrucciones|instrucoes) "
    r"(?:para|de|a|aos) (?:la |los |os )?(?:publica\w+|autor\w*)|norme (?:per gli autori|editoriali|redazionali)|"
    r"about (?:the|this) journal|a propos de la revue|aims? (?:and|&) scope|focus and scope|editorial (?:board|team|"
    r"policies)|comite (?:de redaction|editorial|scientifique)|call for papers$|appel a (?:contributions|"
    r"communications)$|peer review (?:process|policy)|privacy (?:policy|statement)|terms (?:of use|of service|and "
    r"conditions)|mentions legales|impressum|frequently asked|indexing and abstracting|abstracting and indexing|"
    r"publication ethics|open access policy|subscriptions?$|abonnements?$)"
)
_ARTICLE_META = frozenset(("title", "citation_title"))
_ARTICLE_DOI = frozenset((("dc", "identifier"), ("dc", "identifier.doi"), ("prism", "doi"), ("meta", "doi")))
_ARTICLE_TYPES = re.compile(r"article|thesis|report|chapter|publicationissue|scholarly", re.IGNORECASE)
_NUMBER = re.compile(r"\d+")
_UNSEEN = frozenset(("script", "style", "noscript", "template"))
_AN_ABSTRACT, _MANY_ABSTRACTS = 150, 6  # characters; abstracts on one page, more than an article's languages
_A_TITLE = 40  # characters of a heading that may be an article's title
_LEAST_ENTRIES = 15  # links of one shape that make a listing
_LABELS = re.compile(
    r"^(?:abstract|summary|resume|zusammenfassung|resumen|resumo|riassunto|samenvatting|sommario|"
    r"references|bibliographie|literatur|referencias)\b"
)


class _Look(NamedTuple):
    """What the rules look at, gathered once."""

    title: str
    headings: tuple[str, ...]
    text: str
    body: Element


def page_kind(document: Document, signals: Sequence[Signal]) -> tuple[VisitOutcome, str] | None:
    """What kind of page this is instead of an article's, and why; None: it may be an article."""
    if document.is_xml:
        declared = any(signal.vocabulary == "selector" for signal in signals)
        reason = None if declared else not_one_record(document)
        return (VisitOutcome.NOT_ARTICLE, reason) if reason else None
    if _names_one_article(signals):
        return None
    abstracts = _abstracts(signals)
    if _abstracts(signals, ("heading",)) >= _MANY_ABSTRACTS:
        return VisitOutcome.NOT_ARTICLE, "listing: many abstracts, and metadata that name no article"
    look = _look(document)
    for rule in (_challenged, _viewer, _refused, _login, _not_found, _down, _cookies, _empty, _about, _listing):
        found = rule(document, look)
        if found and not (abstracts and rule in (_cookies, _listing)):
            return found
    return None


def _abstracts(signals: Sequence[Signal], vocabularies: tuple[str, ...] = ("heading", "container")) -> int:
    """How many different abstracts the page prints under a label or in elements that are named so."""
    return len(
        {
            signal.value[:80]
            for signal in signals
            if signal.name == "abstract" and signal.vocabulary in vocabularies and len(signal.value) >= _AN_ABSTRACT
        }
    )


def _names_one_article(signals: Sequence[Signal]) -> bool:
    """Metadata of one article: no wall and no listing carries it."""
    for signal in signals:
        if (
            signal.vocabulary in ("highwire", "eprints", "bepress")
            and signal.name in _ARTICLE_META
            and signal.value.strip()
        ):
            return True
        if signal.vocabulary == "json_ld" and signal.name == "headline":
            return True
        if signal.vocabulary in ("dc", "dcterms") and signal.name in (
            "creator",
            "contributor.author",
            "creator.personalname",
        ):
            return True
        if (signal.vocabulary, signal.name) in _ARTICLE_DOI and "10." in signal.value:
            return True
    kinds = [signal.value for signal in signals if (signal.vocabulary, signal.name) == ("json_ld", "@type")]
    return sum(kind.endswith("ScholarlyArticle") for kind in kinds) == 1  # a listing has several


def _look(document: Document) -> _Look:
    root = document.root
    body = root.find("body")
    body = root if body is None else body
    title = root.find(".//title")
    words = _plain(title) if title is not None else ""
    headings = tuple(text for text in (_plain(heading) for heading in islice(body.iter("h1", "h2"), 60)) if text)
    return _Look(words, headings[:12], _visible(body), body)


def _plain(element: Element) -> str:
    return fold(beginning(element, 300)).text


def _visible(body: Element) -> str:
    """The first visible characters: enough to tell a wall from a page."""
    pieces: list[str] = []
    length = 0
    for element in body.iter():
        tag, text, tail = element.tag, element.text, element.tail
        if text and isinstance(tag, str) and tag not in _UNSEEN:
            pieces.append(text)
            length += len(text)
        if tail and element.getparent() is not None:
            pieces.append(tail)
            length += len(tail)
        if length > 4 * _SHORT:
            break
    return " ".join(" ".join(pieces).split())


def _challenged(document: Document, look: _Look) -> tuple[VisitOutcome, str] | None:
    short = len(look.text) < _SHORT
    if short and (found := _CHALLENGE.search(document.page.body, 0, _SEEN)):
        return VisitOutcome.CHALLENGED, f"bot check: {found[0].decode('ascii', 'replace')} and no article"
    if short and (words := _first(_CHECK, look)):
        return VisitOutcome.CHALLENGED, f"bot check: {words!r}"
    if len(look.text) < _SHORT / 3 and (found_words := _CHECK_WORDS.search(fold(look.text).text)):
        return VisitOutcome.CHALLENGED, f"bot check: {found_words[0]!r}"
    return None


def _viewer(document: Document, look: _Look) -> tuple[VisitOutcome, str] | None:
    sources = [script.get("src", "") for script in document.root.iter("script")]
    if len(look.text) < _SHORT and any(_VIEWER.search(source) for source in sources):
        return VisitOutcome.NOT_ARTICLE, "viewer shell: a document viewer without a document's words"
    frames = list(look.body.iter("embed", "object", "iframe", "frame"))
    if len(look.text) < 4 * _EMPTY and any(
        "pdf" in (f.get("src") or f.get("data") or f.get("type") or "") for f in frames
    ):
        return VisitOutcome.NOT_ARTICLE, "viewer shell: a file in a frame"
    return None


def _refused(_document: Document, look: _Look) -> tuple[VisitOutcome, str] | None:
    if len(look.text) < _SHORT and (words := _first(_REFUSED, look)):
        return VisitOutcome.FORBIDDEN, f"refused: {words!r}"
    return None


def _login(_document: Document, look: _Look) -> tuple[VisitOutcome, str] | None:
    password = next((i for i in look.body.iter("input") if (i.get("type") or "").lower() == "password"), None)
    words = _first(_LOGIN, look)
    bare = len(look.text) < _SHORT / 2 and not any(len(heading) > _A_TITLE for heading in look.headings)
    if password is not None and len(look.text) < 2 * _SHORT and (words or bare):
        return VisitOutcome.LOGIN, f"sign-in page: {words or 'a password field'!r} and no article"
    if words and len(look.text) < _SHORT / 2 and _LOGIN.match(look.title):
        return VisitOutcome.LOGIN, f"sign-in page: {words!r}"
    return None


def _not_found(_document: Document, look: _Look) -> tuple[VisitOutcome, str] | None:
    if len(look.text) >= 2 * _SHORT:
        return None
    for words in (look.title, *look.headings[:4], fold(look.text[:200]).text if len(look.text) < _SHORT / 2 else ""):
        if words and (found := _NOT_FOUND.search(words)):
            return VisitOutcome.NOT_ARTICLE, f"soft 404: {found[0]!r}"
    return None


def _down(_document: Document, look: _Look) -> tuple[VisitOutcome, str] | None:
    if len(look.text) < _SHORT and (found := _MAINTENANCE.search(fold(f"{look.title} {look.text[:600]}").text)):
        return VisitOutcome.SERVER_ERROR, f"maintenance page: {found[0]!r}"
    return None


def _cookies(_document: Document, look: _Look) -> tuple[VisitOutcome, str] | None:
    if len(look.text) < _SHORT / 2 and (found := _COOKIES.search(fold(look.text).text)):
        return VisitOutcome.NOT_ARTICLE, f"cookie or script wall: {found[0]!r}"
    return None


def _empty(_document: Document, look: _Look) -> tuple[VisitOutcome, str] | None:
    if len(look.text) < _EMPTY:
        return VisitOutcome.WRONG_CONTENT, f"empty page: {len(look.text)} characters of text"
    return None


def _about(_document: Document, look: _Look) -> tuple[VisitOutcome, str] | None:
    """Pages about a journal or a site have headings and prose as articles have, and say what they are."""
    titles = (re.split(r" [|»-] ", look.title)[0], *look.headings[:1])
    if words := next((words for words in titles if _ABOUT.match(words)), None):
        return VisitOutcome.NOT_ARTICLE, f"about the site: headed {words!r}"
    return None


def _listing(_document: Document, look: _Look) -> tuple[VisitOutcome, str] | None:
    if any(_LABELS.match(words) for words in look.headings):
        return None
    name = next((w for w in (re.split(r" [|»-] ", look.title)[0], *look.headings[:2]) if _LISTING.match(w)), None)
    links = [a.get("href", "") for a in look.body.iter("a")]
    if name and len(links) >= 10:
        return VisitOutcome.NOT_ARTICLE, f"listing: headed {name!r}"
    if any(len(words) > _A_TITLE for words in look.headings[:3]):
        return None
    shape, count = _commonest_shape(links)
    if count >= _LEAST_ENTRIES:
        return VisitOutcome.NOT_ARTICLE, f"listing: {count} links like {shape!r} and no article"
    return None


def _commonest_shape(links: Sequence[str]) -> tuple[str, int]:
    """Links to single works differ only in a number: the shape most of them share, and how many do."""
    shapes: Counter[str] = Counter()
    for link in set(links):
        readable = len(link) < 2_000 and "[" not in link and _NUMBER.search(link)
        path = urlsplit(link).path if readable else ""
        parts = path.split("/")
        numbered = [index for index, part in enumerate(parts) if _NUMBER.search(part)]
        if numbered:
            shapes["/".join(_NUMBER.sub("#", part) for part in parts[: numbered[-1] + 1])[:120]] += 1
    return shapes.most_common(1)[0] if shapes else ("", 0)


def _first(pattern: re.Pattern[str], look: _Look) -> str | None:
    """The words of the title or, where no heading is long enough for an article's, of a heading that match."""
    headings = () if any(len(words) > _A_TITLE for words in look.headings) else look.headings[:3]
    return next((words for words in (look.title, *headings) if words and pattern.match(words)), None)
