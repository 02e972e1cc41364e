"""Pages for readers, in their language. Nothing of them is kept by browsers or told to other sites."""

import hashlib
import tomllib
from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from harvester.digests.render import sheet
from harvester.model.alert import LANGUAGES, Alert, Timing, Wants
from harvester.serving.readers.forms import choices

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",  # the address of a page is a password, or tells what somebody reads about
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
}


def language_of(request: Request) -> str:
    """The first language a browser asks for that these pages are written in."""
    for part in request.headers.get("accept-language", "").split(","):
        if (primary := part.strip()[:2].lower()) in LANGUAGES:
            return primary
    return "fr"


def page(
    language: str, key: str, *, body: str = "", status: int = 200, value: str = "", has_text: bool = True
) -> HTMLResponse:
    """A page by the key of its words: `key_title`, and `key_text` unless `has_text` is off."""
    words = wordings()[language]
    lines = [words[f"{key}_text"].format(value)] if has_text and f"{key}_text" in words else []
    return document(language, words[f"{key}_title"], lines, body, status)


def document(language: str, title: str, lines: Sequence[str], body: str, status: int = 200) -> HTMLResponse:
    """A page with this title, these paragraphs and this HTML."""
    given = {"language": language, "title": title, "lines": lines, "body": Markup(body), "sheet": Markup(_styles())}  # noqa: S704
    headers = HEADERS | {"Content-Security-Policy": _policy()}
    return HTMLResponse(_environment().get_template("page.html").render(given), status, headers=headers)


def button(language: str, action: str, label: str, *, asks_address: bool = False, **fields: str) -> str:
    """A form of one button."""
    words = wordings()[language]
    given = {"action": action, "label": words[label], "fields": fields, "asks_address": asks_address, "words": words}
    return _environment().get_template("button.html").render(given)


def about(alert: Alert) -> str:
    """Which alert it is, in its reader's own words."""
    said = alert.name or alert.wants.search().text
    return str(Markup('<p class="plain"><strong>{}</strong></p>').format(said)) if said else ""


def sign_up_form(language: str, action: str, notice: str, wants: Wants | None = None) -> str:
    """The form of a new alert, filled in with what is wanted."""
    given = _fields(language, wants or Wants(), Timing(), language, "", "")
    return _environment().get_template("sign_up.html").render(given | {"action": action, "notice": notice})


def mine(language: str, action: str, alerts: Sequence[tuple[Alert, str, str]]) -> str:
    """A reader's alerts, each with the addresses of its feeds (Atom, JSON Feed), and what can be done with them."""
    shown = [
        {
            "alert": alert,
            "atom": atom,
            "json": json,
            "fields": Markup(  # noqa: S704 (rendered with autoescape)
                _environment()
                .get_template("alert_fields.html")
                .render(_fields(language, alert.wants, alert.timing, alert.language, alert.name, f"alert-{alert.id}-"))
            ),
        }
        for alert, atom, json in alerts
    ]
    given = {"action": action, "alerts": shown, "words": wordings()[language]}
    return _environment().get_template("mine.html").render(given)


def _fields(language: str, wants: Wants, timing: Timing, spoken: str, name: str, prefix: str) -> dict[str, Any]:
    return {
        "words": wordings()[language],
        "choices": _choices(language),
        "wants": wants,
        "timing": timing,
        "spoken": spoken,
        "name": name,
        "prefix": prefix,
    }


def _choices(language: str) -> dict[str, list[tuple[Any, str]]]:
    """The values of the fields that are chosen from, in words."""
    words = wordings()[language]
    named: dict[str, list[tuple[Any, str]]] = {
        field: [(value, words["choices"][value]) for value in values] for field, values in choices().items()
    }
    return named | {"weekday": list(enumerate(words["weekdays"], 1))}


@cache
def _styles() -> str:
    """Those of digests, which stand on these pages too, and of forms."""
    return sheet() + files(__package__).joinpath("templates", "page.css").read_text("utf-8")


@cache
def _policy() -> str:
    """No script, no address of others, no style but ours, named by its digest (CSP 3, 2.3.1)."""
    digest = b64encode(hashlib.sha256(_styles().encode()).digest()).decode()
    rest = "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    return f"default-src 'none'; style-src 'sha256-{digest}'; {rest}"


@cache
def wordings() -> dict[str, Any]:
    """The words of every language."""
    return tomllib.loads(files(__package__).joinpath("pages.toml").read_text("utf-8"))


@cache
def _environment() -> Environment:
    loader = PackageLoader("harvester.serving.readers")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
