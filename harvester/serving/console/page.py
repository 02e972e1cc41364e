"""Template -> answer, with the headers that every page of the console has."""

import hashlib
from functools import cache
from pathlib import Path

from fastapi import Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from harvester.model.access import AccessStatus
from harvester.serving.console import presenting
from harvester.serving.console.wording import LANGUAGES, Wording, wording

_HERE = Path(__file__).parent
STATIC = {
    "console.css": "text/css; charset=utf-8",
    "desk.css": "text/css; charset=utf-8",
    "live.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
# Nothing but our own style and pictures; no script at all, no frame around us, no address of ours told to others.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
# Pages for who has signed in: kept by nobody; one script of our own, which shows what happens meanwhile. Forms need
# their Origin, which `no-referrer` would take from them (Fetch, "append a request Origin header").
PRIVATE_HEADERS = HEADERS | {
    "Content-Security-Policy": HEADERS["Content-Security-Policy"] + "; script-src 'self'; connect-src 'self'",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["show"] = presenting
    environment.globals["statuses"] = tuple(map(str, AccessStatus))
    environment.globals["files"] = {name: f"/static/{name}?{_digest(name)}" for name in STATIC}
    return environment


def _digest(name: str) -> str:
    """Changes with the file, so that no browser keeps an old one."""
    return hashlib.sha256((_HERE / "static" / name).read_bytes()).hexdigest()[:12]


def page(
    template: str, words: Wording, elsewhere: str, status: int = 200, *, is_private: bool = False, **values: object
) -> Response:
    """The page in a reader's language. `elsewhere` is its address below the language, the same in each.

    `is_private`: for who has signed in.
    """
    addresses = {language: f"/{language}/{elsewhere}" for language in LANGUAGES}
    other = next(language for language in LANGUAGES if language != words.language)
    text = (
        _templates()
        .get_template(template)
        .render(w=words, say=words.say, addresses=addresses, other=wording(other), home=f"/{words.language}/", **values)
    )
    own = PRIVATE_HEADERS if is_private else HEADERS | {"Cache-Control": "no-cache"}
    return HTMLResponse(text, status, headers=own | {"Content-Language": words.language})


def part(template: str, words: Wording, **values: object) -> str:
    """Part of a page, to be put into one that stands already."""
    return _templates().get_template(template).render(w=words, say=words.say, home=f"/{words.language}/", **values)


def static(name: str) -> Response | None:
    """A file of the console's own, or None: no other name is ever looked for on the disk."""
    kind = STATIC.get(name)
    if kind is None:
        return None
    content = (_HERE / "static" / name).read_bytes()
    return Response(
        content, media_type=kind, headers=HEADERS | {"Cache-Control": "public, max-age=31536000, immutable"}
    )
