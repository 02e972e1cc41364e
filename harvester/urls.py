"""URLs as keys: what is one page, what is an article, what is never requested. Pure; for crawl and extraction alike."""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, unquote_plus, urljoin, urlsplit, urlunsplit

from harvester.errors import RefusedError
from harvester.model.source import UrlRules

URL_LIMIT = 2_000
_PORTS = {"http": 80, "https": 443}
_HOST_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-_:")
_TRACKING = re.compile(
    r"^(utm_\w+|mtm_\w+|matomo_\w+|pk_\w+|piwik_\w+|at_\w+|hsa_\w+|_hs\w+|gclid|gclsrc|dclid|gbraid|wbraid|fbclid|msclkid"
    r"|yclid|twclid|igshid|mc_cid|mc_eid|_ga|_gl|s_cid|ncid|icid|wt_mc|wt\.mc_id|xtor|ref_src|spm|cmpid|trk)$",
    re.IGNORECASE,
)
_SESSION = re.compile(r"^(phpsessid|jsessionid|aspsessionid\w*|sessionid|session_id|sid|cfid|cftoken)$", re.IGNORECASE)
_PATH_SESSION = re.compile(r";(jsessionid|phpsessid|sid)=[^/;?#]*", re.IGNORECASE)

# fmt: off
_REFUSED_SEGMENTS = frozenset({
    "pdf", "pdfs", "epdf", "pdfdirect", "pdfplus", "epub", "print", "printable", "imprimer", "impression", "export",
    "exports", "citation-export", "download", "downloads", "telecharger", "login", "signin", "sign-in", "log-in",
    "logout", "signout", "connexion", "deconnexion", "identification", "register", "registration", "signup", "sign-up",
    "inscription", "cart", "basket", "panier", "checkout", "caddie", "purchase", "account", "my-account", "mon-compte",
    "ajax", "cgi-bin", "wp-login.php", "wp-admin", "shibboleth", "sso", "oauth", "saml", "drucken", "druckansicht",
    "druckversion", "herunterladen", "anmelden", "anmeldung", "einloggen", "registrieren", "registrierung", "warenkorb",
    "descargar", "descarga", "iniciar-sesion", "registrarse", "carrito", "scarica", "stampa", "accedi", "carrello",
})
_FULLTEXT_SEGMENTS = frozenset({
    "full", "fulltext", "full-text", "full_text", "full-html", "full_html", "texte-integral", "texte_integral",
    "texte-complet", "volltext", "texto-completo", "texto-integral", "testo-completo", "testo-integrale",
})
# fmt: on
_REFUSED_ENDINGS = re.compile(
    r"\.(pdf|epub|mobi|zip|gz|rar|7z|tar|docx?|xlsx?|pptx?|rtf|odt|ris|bib|enw|nbib|jpe?g|png|gif|webp|svg|tiff?|ico"
    r"|css|js|mp[34]|avi|mov|wmv|webm|exe|dmg|apk|woff2?)$",
    re.IGNORECASE,
)
_REFUSED_PARAMS = frozenset({"print", "printable", "download", "pdf", "login", "export"})
_REFUSED_VALUES = frozenset({"pdf", "print", "epub", "download", "login", "logout", "export"})
_VALUE_PARAMS = frozenset({"format", "action", "view", "mode", "output", "type", "op", "page"})
_LOGIN = re.compile(  # whole path parts only: a slug may well say "sign-in"
    r"(^|/)(log-?in|sign-?in|anmeld(?:en|ung)|einloggen|iniciar-sesion|accedi|connexion|identification|authenticate|authentification|auth|sso|saml2?|shibboleth"
    r"|oauth2?|wayf|idp|openathens|seamlessaccess|wp-login|shibboleth\.sso)(\.\w{2,5})?(/|$)",
    re.IGNORECASE,
)
_LOGIN_PARAMS = frozenset({"login", "signin", "returnurl", "return_url", "samlrequest", "prompt"})


class AddressRefusedError(RefusedError):
    """The URL names, or resolves to, an address that must not be asked."""


class Target(NamedTuple):
    """Where a URL points: scheme, host (lower-case, no brackets) and port."""

    scheme: str
    host: str
    port: int

    @property
    def netloc(self) -> str:
        """`host` with the default port, else `host:port`."""
        return self.host if _PORTS[self.scheme] == self.port else self.host_port

    @property
    def host_port(self) -> str:
        """`host:port`, as HARVESTER_PRIVATE_ALLOW spells it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        """`scheme://host[:port]`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if _PORTS[self.scheme] == self.port else f":{self.port}")


@lru_cache(maxsize=1024)  # a URL is asked about many times over while it is visited
def target(url: str) -> Target:
    """Scheme, host and port of an absolute URL; raises `AddressRefusedError` for anything but plain http and https."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError as error:
        raise AddressRefusedError(f"{url!r} is not a URL: {error}") from error
    if parts.scheme not in _PORTS:
        raise AddressRefusedError(f"{url!r}: only http and https are asked")
    if "@" in parts.netloc:
        raise AddressRefusedError(f"{url!r}: names a user before the host")
    if not host or not _HOST_CHARACTERS.issuperset(_ascii(host, url)):
        raise AddressRefusedError(f"{url!r}: {host!r} is not a host name")
    return Target(parts.scheme, _ascii(host, url), port or _PORTS[parts.scheme])


def _ascii(host: str, url: str) -> str:
    try:
        return host if host.isascii() else host.encode("idna").decode()
    except UnicodeError as error:
        raise AddressRefusedError(f"{url!r}: {host!r} is not a host name") from error


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def clean_url(url: str, rules: UrlRules) -> str:
    """`url` without fragment, tracking parameters and session ids; scheme and host lower-case, no default port.

    Raises `AddressRefusedError` when it is no plain http(s) URL.
    """
    where = target(url)
    parts = urlsplit(url)
    path, origin = _PATH_SESSION.sub("", parts.path) or "/", urlsplit(where.origin)[:2]
    query = _without(parts.query, rules.drop_params.__contains__, _TRACKING.match)
    cleaned = urlunsplit((*origin, path, _without(query, _SESSION.match), ""))
    if cleaned != url and is_article(url, rules) and not is_article(cleaned, rules):
        # The Source's pattern wants what looks like a session: "story.php?sid=12" is the article's own number.
        return urlunsplit((*origin, path, query, ""))
    return cleaned


def _without(query: str, *junk: Callable[[str], object]) -> str:
    """The query without the parameters whose names are `junk`.

    They go from the text as it stands: decoded and encoded again, "%E9" of another charset would be lost.
    """
    names = ((part, unquote_plus(part.partition("=")[0])) for part in query.split("&"))
    return "&".join(part for part, name in names if not any(is_junk(name) for is_junk in junk))


def canonical_url(url: str, rules: UrlRules) -> str:
    """The form of `url` that is requested and stored: the Source's template filled in, else the cleaned URL.

    The template takes the named groups of the first article pattern that has them all. What is no web URL (a saved
    file's name) comes back as it is.
    """
    try:
        cleaned = clean_url(url, rules)
    except AddressRefusedError:
        return url
    for pattern in rules.article if rules.canonical else ():
        found = _compiled(pattern).search(cleaned)
        filled = _fill(rules.canonical or "", found.groupdict()) if found else None
        if filled:
            return clean_url(filled, rules)
    return cleaned


def _fill(template: str, groups: dict[str, str | None]) -> str | None:
    names = re.findall(r"\{(\w+)\}", template)
    if not all(groups.get(name) for name in names):
        return None
    return re.sub(r"\{(\w+)\}", lambda name: groups[name[1]] or "", template)


def is_article(url: str, rules: UrlRules) -> bool:
    """Whether an article pattern is found in `url`. Without patterns nothing is known, and every URL may be one."""
    return not rules.article or any(_compiled(pattern).search(url) for pattern in rules.article)


def refused(url: str, rules: UrlRules) -> str | None:
    """Why `url` is never requested (full text, print, export, login ...), or None."""
    if len(url) > URL_LIMIT:
        return f"longer than {URL_LIMIT} characters"
    by_source = next((pattern for pattern in rules.refuse if _compiled(pattern).search(url)), None)
    if by_source is not None:
        return f"refused by the source: {by_source}"
    parts = urlsplit(url)
    path = unquote(parts.path).lower()
    segment = next((part for part in path.split("/") if part in _REFUSED_SEGMENTS), None)
    if segment:
        return f"path part {segment!r} is never requested"
    if segment := _fulltext_part(url, path, rules):
        return f"path part {segment!r} after the article's address is never requested"
    if ending := _REFUSED_ENDINGS.search(path):
        return f"files ending in {ending[0]!r} are never requested"
    return _refused_query(parts.query)


def _fulltext_part(url: str, path: str, rules: UrlRules) -> str | None:
    """The part that asks for the full text behind an article's address. Within one it may be the landing page's own."""
    if _FULLTEXT_SEGMENTS.isdisjoint(path.split("/")):
        return None
    beyond = [url[found.end() :] for pattern in rules.article if (found := _compiled(pattern).search(url))]
    parts = [names_fulltext(rest) for rest in beyond]
    return parts[0] if parts and all(parts) else None


def names_fulltext(url: str) -> str | None:
    """The part of a URL's path, or of the end of one, that names an article's full text."""
    path = re.split(r"[?#]", unquote(url).lower(), maxsplit=1)[0]
    return next((part for part in path.split("/") if part in _FULLTEXT_SEGMENTS), None)


def _refused_query(query: str) -> str | None:
    for name, value in parse_qsl(query.lower(), keep_blank_values=True):
        off = value in {"0", "false", "no"}
        if (name in _REFUSED_PARAMS and not off) or (name in _VALUE_PARAMS and value in _REFUSED_VALUES):
            return f"parameter {name}={value} is never requested"
    return None


def looks_like_login(url: str) -> bool:
    """Whether path or query of `url` name a sign-in page."""
    parts = urlsplit(url)
    names = {name for name, _ in parse_qsl(parts.query.lower(), keep_blank_values=True)}
    return bool(_LOGIN.search(unquote(parts.path)) or names & _LOGIN_PARAMS)


def in_bounds(url: str, hosts: Iterable[str]) -> bool:
    """Whether `url` stays on one of `hosts`: `host` means the scheme's own port, `host:port` exactly that port."""
    try:
        where = target(url)
    except AddressRefusedError:
        return False
    return where.netloc in hosts or where.host_port in hosts


def absolute(base: str, link: str) -> str | None:
    """`link` resolved against `base` and tidied as browsers do, or None when it is no URL we could ask."""
    tidy = "".join(link.split("\n")).replace("\t", "").replace("\r", "").strip()
    if not tidy or tidy.startswith("#"):
        return None
    try:
        joined = urljoin(base, tidy.replace(" ", "%20"))
        target(joined)
    except (ValueError, AddressRefusedError):
        return None
    return joined
