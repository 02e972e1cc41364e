"""The routes of readers. GET changes nothing; what changes something is a POST to a signed address.

A link that is not valid is answered the same whatever it lacks, and nothing in any answer or log tells whether an
address is known.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from harvester.digests import signing_up
from harvester.digests.letters import Letters, heading
from harvester.digests.render import bare
from harvester.digests.watching import Watch
from harvester.digests.wording import wording
from harvester.model.alert import Alert, AlertState, DeliveryKind, Reader
from harvester.serving.readers import feeds, pages
from harvester.serving.readers.feed_answers import FORMS, Answers
from harvester.serving.readers.forms import Said, alert_form, one, said
from harvester.serving.readers.pages import page
from harvester.settings import Settings
from storage.store import Store

Form = Annotated[dict[str, list[str]], Depends(said)]
_PAGE = 100  # articles on a page of a digest


def router(store: Store, settings: Settings, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> APIRouter:
    """Every route, over an open store."""
    found = APIRouter()
    letters = Letters(store, settings)
    _sign_up_routes(found, store, settings, now)
    _link_routes(found, store, letters, now)
    _own_routes(found, store, letters, now)
    _digest_route(found, store, letters)
    _feed_routes(found, store, letters, settings)
    return found


def _sign_up_routes(found: APIRouter, store: Store, settings: Settings, now: Callable[[], datetime]) -> None:
    @found.get("/readers")
    def show_form(request: Request) -> Response:
        language = pages.language_of(request)
        if not settings.takes_sign_ups:
            return page(language, "closed", status=404)
        form = pages.sign_up_form(language, f"{settings.base_url}/readers", settings.privacy_notice)
        return page(language, "sign_up", body=form)

    @found.post("/readers/form")
    def show_filled_form(request: Request, form: Form) -> Response:
        """The form with what a search asked for: by POST, so that what is to be saved stands in no address or log."""
        language = pages.language_of(request)
        if not settings.takes_sign_ups:
            return page(language, "closed", status=403)
        try:
            wants, _, language, _ = alert_form(form)
        except ValueError as error:
            return _mistake(language, str(error))
        body = pages.sign_up_form(language, f"{settings.base_url}/readers", settings.privacy_notice, wants)
        return page(language, "sign_up", body=body)

    @found.post("/readers")
    def sign_up(request: Request, form: Form) -> Response:
        language = pages.language_of(request)
        if not settings.takes_sign_ups:
            return page(language, "closed", status=403)
        try:
            asked = alert_form(form)
            wants, timing, spoken, name = asked
            taken = signing_up.sign_up(store, one(form, "address"), wants, timing, spoken, name, now())
        except ValueError as error:
            return _mistake(language, str(error))
        return page(language, "look") if taken else page(language, "busy", status=429)

    @found.get("/readers/link")
    def show_link_form(request: Request) -> Response:
        language = pages.language_of(request)
        form = pages.button(language, f"{settings.base_url}/readers/link", "link_button", asks_address=True)
        return page(language, "link", body=form)

    @found.post("/readers/link")
    def ask_for_link(request: Request, form: Form) -> Response:
        language = pages.language_of(request)
        try:
            signing_up.ask_for_link(store, one(form, "address"), now())
        except ValueError:
            return _mistake(language, "address")
        return page(language, "look")


def _link_routes(found: APIRouter, store: Store, letters: Letters, now: Callable[[], datetime]) -> None:
    @found.get("/readers/confirm/{alert_id}/{token}")
    def ask_to_confirm(request: Request, alert_id: str, token: str) -> Response:
        alert = store.alerts.get(alert_id)
        if alert is None or not letters.links.may_confirm(alert, token) or alert.state is not AlertState.PENDING:
            return _invalid(request)
        body = pages.about(alert) + pages.button(alert.language, letters.links.confirm(alert), "confirm_button")
        return page(alert.language, "confirm", body=body)

    @found.post("/readers/confirm/{alert_id}/{token}")
    def confirm(request: Request, alert_id: str, token: str) -> Response:
        alert = store.alerts.get(alert_id)
        if alert is None or not letters.links.may_confirm(alert, token) or not signing_up.confirm(store, alert, now()):
            return _invalid(request)
        return page(alert.language, "confirmed")

    @found.get("/readers/unsubscribe/{alert_id}/{token}")
    def ask_to_unsubscribe(request: Request, alert_id: str, token: str) -> Response:
        alert = store.alerts.get(alert_id)
        if alert is None or not letters.links.may_unsubscribe(alert, token) or alert.state is AlertState.ENDED:
            return _invalid(request)
        body = pages.about(alert) + pages.button(alert.language, letters.links.unsubscribe(alert), "unsubscribe_button")
        return page(alert.language, "unsubscribe", body=body)

    @found.post("/readers/unsubscribe/{alert_id}/{token}")
    def unsubscribe(request: Request, alert_id: str, token: str) -> Response:
        """By the button of the page, or by one click in a mail client (RFC 8058)."""
        alert = store.alerts.get(alert_id)
        if alert is None or not letters.links.may_unsubscribe(alert, token) or not signing_up.unsubscribe(store, alert):
            return _invalid(request)
        return page(alert.language, "unsubscribed")


def _own_routes(found: APIRouter, store: Store, letters: Letters, now: Callable[[], datetime]) -> None:
    def owner(reader_id: str, token: str) -> Reader | None:
        reader = store.alerts.reader(reader_id)
        return reader if reader and letters.links.is_reader(reader, token) else None

    @found.get("/readers/mine/{reader_id}/{token}")
    def show_mine(request: Request, reader_id: str, token: str) -> Response:
        reader = owner(reader_id, token)
        return _mine(store, letters, reader, []) if reader else _invalid(request)

    @found.get("/readers/mine/{reader_id}/{token}/export")
    def export(request: Request, reader_id: str, token: str) -> Response:
        reader = owner(reader_id, token)
        if reader is None:
            return _invalid(request)
        headers = pages.HEADERS | {"Content-Disposition": 'attachment; filename="harvester-reader.json"'}
        return JSONResponse(dict(signing_up.exported(store, reader)), headers=headers)

    @found.post("/readers/mine/{reader_id}/{token}")
    def act(request: Request, reader_id: str, token: str, form: Form) -> Response:
        reader = owner(reader_id, token)
        if reader is None:
            return _invalid(request)
        what = one(form, "do")
        if what == "ask_erase":
            body = pages.button(reader.language, letters.links.reader(reader), "erase", do="erase")
            return page(reader.language, "erase", body=body)
        if what == "erase":
            store.alerts.erase(reader.id, now())
            return page(reader.language, "erased")
        alert = store.alerts.get(one(form, "alert"))
        if alert is None or alert.reader_id != reader.id or what not in _ACTS:
            return _invalid(request)
        try:
            _ACTS[what](store, alert, form, now())
        except ValueError as error:
            return _mistake(reader.language, str(error))
        return _mine(store, letters, reader, [pages.wordings()[reader.language]["done"]])


def _digest_route(found: APIRouter, store: Store, letters: Letters) -> None:
    @found.get("/readers/digest/{delivery_id}/{token}")
    def show_digest(request: Request, delivery_id: str, token: str, start: int = 0) -> Response:
        """A digest as it would be told now, a hundred articles at a time."""
        delivery = store.deliveries.get(delivery_id)
        alert = store.alerts.get(delivery.alert_id) if delivery and delivery.alert_id else None
        is_digest = delivery is not None and delivery.kind is DeliveryKind.DIGEST
        if alert is None or delivery is None or not is_digest or not letters.links.may_read(delivery, token):
            return _invalid(request)
        words = wording(alert.language)
        entries = letters.entries(alert, store.deliveries.items(delivery.id)[delivery.id])
        first = min(max(start, 0), max(len(entries) - 1, 0))
        made = letters.digest(entries, words, _PAGE, first)
        parts = [f"<h2>{one.title} ({one.total})</h2>" + "".join(
            bare(piece, words) for piece in one.pieces) for one in made.sections]  # fmt: skip
        if first + _PAGE < len(entries):
            further = f"{letters.links.digest(delivery)}?start={first + _PAGE}"
            parts.append(
                f'<p class="rest"><a href="{further}">{pages.wordings()[words.language]["digest_more"]}</a></p>'
            )
        title = alert.name or words("digest")
        return pages.document(words.language, title, [heading(made, words, delivery.made_at)], "".join(parts))


def _feed_routes(found: APIRouter, store: Store, letters: Letters, settings: Settings) -> None:
    watch, answers = Watch(store), Answers(store)

    @found.api_route("/feeds/alerts/{alert_id}/{name}", methods=["GET", "HEAD"])
    def feed_of_alert(request: Request, alert_id: str, name: str) -> Response:
        token, _, form = name.rpartition(".")
        alert = store.alerts.get(alert_id)
        is_open = alert is not None and alert.state in (AlertState.ACTIVE, AlertState.PAUSED)
        if alert is None or not is_open or form not in FORMS or not letters.links.may_follow(alert, token):
            return _invalid(request)
        url = letters.links.feed(alert, form)
        made = partial(feeds.of_alert, store, letters, watch, alert, url)
        name, words = alert.model_dump_json(), wording(alert.language)
        return answers.give(request, name, made, form, words, is_private=True) or _invalid(request)

    @found.api_route("/feeds/sources/{name}", methods=["GET", "HEAD"])
    def feed_of_source(request: Request, name: str, lang: str = "fr") -> Response:
        source_id, _, form = name.rpartition(".")
        words = wording(lang)
        home = settings.base_url or str(request.base_url).rstrip("/")
        url = f"{home}/feeds/sources/{source_id}.{form}?lang={words.language}"
        made = partial(feeds.of_source, store, source_id, words, url, home)
        given = answers.give(request, url, made, form, words, is_private=False) if form in FORMS else None
        if given is None:
            return JSONResponse({"error": "there is no such source, or nothing of it may be listed"}, 404)
        return given


def _mine(store: Store, letters: Letters, reader: Reader, lines: list[str]) -> Response:
    words = pages.wordings()[reader.language]
    links = letters.links
    alerts = [
        (alert, links.feed(alert, "atom"), links.feed(alert, "json"))
        for alert in store.alerts.all(reader_id=reader.id)
        if alert.state is not AlertState.PENDING
    ]
    lines = [*lines, words["mine_text"], *([words["suspended"]] if reader.suspended_at else [])]
    return pages.document(
        reader.language, words["mine_title"], lines, pages.mine(reader.language, links.reader(reader), alerts)
    )


def _change(store: Store, alert: Alert, form: Said, now: datetime) -> None:
    wants, timing, language, name = alert_form(form)
    kept = wants.model_copy(update={"sources": alert.wants.sources})
    signing_up.change(store, alert, kept, timing, name, language, now)


_ACTS: dict[str, Callable[[Store, Alert, Said, datetime], Any]] = {
    "change": _change,
    "pause": lambda store, alert, form, now: store.transact(lambda unit: signing_up.pause(store, unit, alert)),  # noqa: ARG005
    "resume": lambda store, alert, form, now: store.transact(  # noqa: ARG005
        lambda unit: signing_up.resume(store, unit, alert, now)
    ),
    "end": lambda store, alert, form, now: signing_up.unsubscribe(store, alert),  # noqa: ARG005
    "remove": lambda store, alert, form, now: store.transact(lambda unit: store.alerts.remove(unit, [alert.id])),  # noqa: ARG005
    "revoke": lambda store, alert, form, now: signing_up.revoke_feed(store, alert),  # noqa: ARG005
}


def _invalid(request: Request) -> Response:
    return page(pages.language_of(request), "invalid", status=404)


def _mistake(language: str, field: str) -> Response:
    words = pages.wordings()[language]
    named = words["fields"].get(field, words["fields"]["address"])
    return page(language, "wrong", status=422, value=named)
