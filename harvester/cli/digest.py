"""Verbs over alerts, digests and readers."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harvester.cli.options import STATUSES, Json, group
from harvester.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from harvester.digests.rounds import Rounds
    from harvester.model.alert import Alert, Reader
    from storage.store import Store

NEWS = ("new", "freed", "embargo_lifted", "closed_again", "corrected", "retracted")
Id = Annotated[str, typer.Argument(metavar="ALERT", help="An id as `harvester alert list` shows it.")]
Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="A reader's mail address.")]


class ChannelName(StrEnum):
    """How an alert tells."""

    MAIL = "mail"
    ATOM = "atom"
    JSON_FEED = "json_feed"


class RhythmName(StrEnum):
    """How often."""

    AT_ONCE = "at_once"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class Spoken(StrEnum):
    """Languages digests are written in."""

    FR = "fr"
    EN = "en"


def _several(what: str) -> Any:
    return typer.Option(metavar="WORDS", help=f"{what}; may be given several times, of which one must hold.")


def add(  # the options are the fields of an alert
    context: typer.Context,
    query: Annotated[str, typer.Argument(metavar="QUERY", help="As `harvester records` takes it; empty for all.")] = "",
    to: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Whom to tell by mail.")] = None,
    journal: Annotated[list[str] | None, _several("A journal")] = None,
    author: Annotated[list[str] | None, _several("An author")] = None,
    subject: Annotated[list[str] | None, _several("A keyword")] = None,
    lang: Annotated[list[str] | None, _several("A language of the article")] = None,
    source: Annotated[list[str] | None, _several("The id of a source")] = None,
    access: Annotated[list[str] | None, _several(f"An access status ({', '.join(STATUSES)})")] = None,
    tell: Annotated[list[str] | None, _several(f"What to tell ({', '.join(NEWS)}); without it, new")] = None,
    channel: Annotated[ChannelName, typer.Option(help="By mail, or in a feed.")] = ChannelName.MAIL,
    rhythm: Annotated[RhythmName, typer.Option(help="How often.")] = RhythmName.DAILY,
    hour: Annotated[int, typer.Option(min=0, max=23, help="At which hour.")] = 7,
    weekday: Annotated[int, typer.Option(min=1, max=7, help="Of weekly digests: 1 is Monday.")] = 1,
    monthday: Annotated[int, typer.Option(min=1, max=31, help="Of monthly digests.")] = 1,
    zone: Annotated[str, typer.Option(metavar="NAME", help="Whose clock that is.")] = "Europe/Paris",
    language: Annotated[Spoken, typer.Option(help="Language the digest is written in.")] = Spoken.FR,
    name: Annotated[str, typer.Option(metavar="WORDS", help="What the reader calls it.")] = "",
    reader_name: Annotated[str, typer.Option(metavar="NAME", help="The reader's own name.")] = "",
    as_json: Json = False,
) -> None:
    """Add an alert. It tells what is found from now on; whoever gets it by mail can change and end it by its links."""
    from harvester.digests import signing_up
    from harvester.model.alert import Channel

    listed = {"journals": journal, "authors": author, "subjects": subject, "languages": lang, "sources": source}
    asked = {key: tuple(values) for key, values in listed.items() if values}
    asked |= {"access": tuple(access or ()), "news": tuple(tell or ("new",))}
    wants, timing = _wishes(
        {"query": query} | asked,
        {"hour": hour, "weekday": weekday, "monthday": monthday, "zone": zone, "rhythm": rhythm.value},
    )
    if channel is ChannelName.MAIL and to is None:
        raise UsageError("an alert by mail needs an address", remedy="add --to ADDRESS, or --channel atom")
    with _store(context) as store:
        try:
            alert = signing_up.add(
                store, to, wants, _now(), channel=Channel(channel.value), timing=timing, language=language.value,
                name=name, reader_name=reader_name,
            )  # fmt: skip
        except ValueError as error:
            raise UsageError(f"--to: {error}", remedy="write one mail address") from None
        if alert is None:
            remedy = "`harvester reader allow ADDRESS` if the reader wants mail again"
            raise RefusedError("the reader of this address asked to be erased: nothing is sent to it", remedy=remedy)
        _print(context, store, store.alerts.get(alert.id) or alert, as_json=as_json)


def list_alerts(context: typer.Context, as_json: Json = False) -> None:
    """List alerts: whom they tell, how often, when next, and whose address refuses mail."""
    with _store(context) as store:
        alerts = store.alerts.all()
        readers = {reader.id: reader for reader in store.alerts.readers()}
    if as_json:
        for one in alerts:
            print(json.dumps(_about(one, readers.get(one.reader_id or "")), ensure_ascii=False))
        return
    if not alerts:
        print("there are no alerts; `harvester alert add QUERY --to ADDRESS` adds one")
        return
    from harvester.cli.show import console, table

    rows = []
    for one in alerts:
        reader = readers.get(one.reader_id or "")
        how = f"{one.channel} {one.timing.rhythm}"
        words = one.wants.search().text or "everything"
        rows.append((one.id, _whom(reader), words, ", ".join(one.wants.news), how, _standing(one, reader)))
    console().print(table("", ("alert", "reader", "query", "tells", "how", "state"), rows))


def show(context: typer.Context, alert: Id, as_json: Json = False) -> None:
    """Show one alert: all it asks for, its links, what waits, and what became of its digests."""
    with _store(context) as store:
        _print(context, store, _alert(store, alert), as_json=as_json)


def _change(
    context: typer.Context, alert: str, work: Callable[["Store", "Alert"], bool], said: str, not_so: str
) -> None:
    with _store(context) as store:
        done = work(store, _alert(store, alert))
    print(f"{alert}: {said if done else not_so}")


def pause(context: typer.Context, alert: Id) -> None:
    """Pause an alert: nothing is told until it is resumed, and what happens meanwhile is not made up for."""
    from harvester.digests import signing_up

    def work(store: "Store", one: "Alert") -> bool:
        return store.transact(lambda unit: signing_up.pause(store, unit, one))

    _change(context, alert, work, "paused", "is not active")


def resume(context: typer.Context, alert: Id) -> None:
    """Let an alert tell again, from now on."""
    from harvester.digests import signing_up

    def work(store: "Store", one: "Alert") -> bool:
        return store.transact(lambda unit: signing_up.resume(store, unit, one, _now()))

    _change(context, alert, work, "active", "is active already")


def remove(context: typer.Context, alert: Id) -> None:
    """Remove an alert, with the record of what it told."""

    def work(store: "Store", one: "Alert") -> bool:
        store.transact(lambda unit: store.alerts.remove(unit, [one.id]))
        return True

    _change(context, alert, work, "removed", "")


def preview(
    context: typer.Context,
    alert: Annotated[str | None, typer.Option("--alert", metavar="ALERT", help="Of this alert; else of all.")] = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write the HTML part there.")] = None,
    open_it: Annotated[bool, typer.Option("--open", help="Show the HTML part in a browser.")] = False,
) -> None:
    """Print the next digest as it would be sent now. Nothing is sent, and nothing is written down."""
    from harvester.digests.preview import previews

    with _store(context) as store:
        if alert:
            _alert(store, alert)
        shown = 0
        for one in previews(store, context.obj.settings, _now(), alert):
            shown += 1
            print(f"Subject: {one.subject}\n\n{one.text}")
            if html or open_it:
                _written(one.html, html, open_it=open_it)
    if not shown:
        print("nothing waits to be told")


def send(
    context: typer.Context,
    alert: Annotated[
        str | None, typer.Option("--alert", metavar="ALERT", help="Only of this alert, due or not.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be sent.")] = False,
    at_once: Annotated[bool, typer.Option("--now", help="Also digests that are not due yet.")] = False,
    as_json: Json = False,
) -> None:
    """Make the digests that are due and send them, with whatever still waits in the outbox.

    `harvester serve` does the same by itself. Exit code 1: the mail server could not be used; all of it waits.
    """
    with _store(context) as store:
        if alert:
            _alert(store, alert)
        if dry_run:
            _dry(context, store, alert, now_too=at_once or alert is not None, as_json=as_json)
            return
        rounds = _rounds(context, store)
        rounds.watch.look()
        rounds.make(only=alert, now_too=at_once or alert is not None, is_asked=True)
        rounds.forget()
        tally = rounds.post.deliver(alert_id=alert) if store.deliveries.counts()["waiting"] else None
        waiting = store.deliveries.counts()["waiting"]
    found = {name: getattr(tally, name, 0) for name in ("sent", "put_off", "bounced", "dropped")} | {"waiting": waiting}
    trouble = tally.trouble if tally else ""
    if as_json:
        print(json.dumps(found | {"trouble": trouble}))
    else:
        print(", ".join(f"{count} {name.replace('_', ' ')}" for name, count in found.items()))
        if trouble:
            print(f"{trouble}; what waits is sent later")
    if trouble:
        raise typer.Exit(1)


def outbox(context: typer.Context, as_json: Json = False) -> None:
    """List what waits to be sent, and what became of the latest deliveries."""
    with _store(context) as store:
        found = store.deliveries.all(most=200)
    if as_json:
        for one in found:
            print(one.model_dump_json())
        return
    if not found:
        print("nothing was made so far")
        return
    from harvester.cli.show import console, table

    rows = [(one.id[:12], one.kind, one.alert_id or "", one.items, one.state, one.tries, one.note) for one in found]
    console().print(table("", ("delivery", "kind", "alert", "#articles", "state", "#tries", "note"), rows))


def export(context: typer.Context, address: Address) -> None:
    """Print all that is kept about a reader, as JSON: address, alerts, what was told and sent."""
    from harvester.digests import signing_up

    with _store(context) as store:
        print(json.dumps(signing_up.exported(store, _reader(store, address)), ensure_ascii=False, indent=2))


def erase(context: typer.Context, address: Address) -> None:
    """Erase a reader: alerts, record of what was told, address. A keyed hash stays: nothing is ever sent again."""
    with _store(context) as store:
        store.alerts.erase(_reader(store, address).id, _now())
    print("erased; nothing will be sent to this address")


def allow(context: typer.Context, address: Address) -> None:
    """Let mail go to an address again: one whose reader was erased, or that was suspended after it refused mail."""
    from harvester.digests import signing_up

    with _store(context) as store:
        freed = store.transact(lambda unit: store.alerts.allow(unit, address))
        reader = store.alerts.reader_at(address)
        if reader and reader.suspended_at:
            store.transact(lambda unit: signing_up.lift(store, unit, reader.id))
            freed = True
    print("mail goes to this address again" if freed else "nothing kept mail from this address")


def _dry(context: typer.Context, store: "Store", alert: str | None, *, now_too: bool, as_json: bool) -> None:
    from harvester.digests.preview import previews

    found = [one for one in previews(store, context.obj.settings, _now(), alert) if now_too or one.is_due]
    for one in found:
        about = {"alert": one.alert_id, "articles": one.articles, "subject": one.subject}
        print(
            json.dumps(about, ensure_ascii=False)
            if as_json
            else f"{one.alert_id}: {one.articles} articles: {one.subject}"
        )
    if not found and not as_json:
        print("nothing would be sent")


def _written(text: str, path: Path | None, *, open_it: bool) -> None:
    import tempfile
    import webbrowser

    if path is None:
        path = Path(tempfile.mkdtemp(prefix="harvester-digest-")) / "digest.html"
    path.write_text(text, encoding="utf-8")
    print(f"HTML part: {path}")
    if open_it:
        webbrowser.open(path.absolute().as_uri())


def _wishes(wants: dict[str, Any], timing: dict[str, Any]) -> Any:
    from pydantic import ValidationError

    from harvester.model.alert import Timing, Wants
    from storage.search.query import parse

    try:
        found = Wants.model_validate(wants), Timing.model_validate(timing)
    except ValidationError as error:
        detail = error.errors()[0]
        words = str(detail["msg"]).removeprefix("Value error, ")
        raise UsageError(f"{detail['loc'][0]}: {words}", remedy="harvester alert add --help") from None
    parse(found[0].search().text)
    return found


def _rounds(context: typer.Context, store: "Store") -> "Rounds":
    from harvester.digests.rounds import Rounds
    from harvester.run.lease import is_alive, this_process

    return Rounds(store, context.obj.settings, this_process(), is_alive, _now)


def _store(context: typer.Context) -> "Store":
    from storage.store import Store

    return Store.open(context.obj.settings.database_url, migrate=True)


def _alert(store: "Store", alert_id: str) -> "Alert":
    found = store.alerts.get(alert_id)
    if found is None:
        raise UsageError(f"there is no alert {alert_id}", remedy="`harvester alert list` shows their ids")
    return found


def _reader(store: "Store", address: str) -> "Reader":
    found = store.alerts.reader_at(address)
    if found is None:
        raise UsageError("there is no reader with this address", remedy="`harvester alert list` shows the addresses")
    return found


def _print(context: typer.Context, store: "Store", alert: "Alert", *, as_json: bool) -> None:
    reader = store.alerts.reader(alert.reader_id) if alert.reader_id else None
    links = _links(context, store, alert)
    if as_json:
        print(json.dumps(_about(alert, reader) | {"links": links}, ensure_ascii=False, indent=2))
        return
    from harvester.cli.show import console, facts

    waiting = len(store.deliveries.waiting(alert.id))
    sent = store.deliveries.all(alert_id=alert.id, most=5)
    rows: list[tuple[str, object]] = [("alert", alert.id), ("name", alert.name), ("reader", _whom(reader))]
    rows += [("query", alert.wants.search().text or "everything"), ("tells", ", ".join(alert.wants.news))]
    rows += [("languages", ", ".join(alert.wants.languages)), ("sources", ", ".join(alert.wants.sources))]
    rows += [("access", ", ".join(alert.wants.access)), ("how", f"{alert.channel} {alert.timing.rhythm}")]
    rows += [("state", _standing(alert, reader)), ("waiting", f"{waiting} items"), *links.items()]
    rows += [("digest", f"{one.made_at:%Y-%m-%d %H:%M} {one.items} articles, {one.state} {one.note}") for one in sent]
    console().print(facts(rows))


def _links(context: typer.Context, store: "Store", alert: "Alert") -> dict[str, str]:
    from harvester.digests.links import KEY, Links

    base = context.obj.settings.base_url
    links = Links(base, store.secret(KEY))
    return {"atom": links.feed(alert, "atom"), "json_feed": links.feed(alert, "json")} if base else {}


def _about(alert: "Alert", reader: "Reader | None") -> dict[str, Any]:
    about = alert.model_dump(mode="json")
    with suppress(AttributeError):
        about["reader"] = reader.model_dump(mode="json") if reader else None
    return about


def _whom(reader: "Reader | None") -> str:
    return reader.address if reader else "nobody"


def _standing(alert: "Alert", reader: "Reader | None") -> str:
    if reader and reader.suspended_at:
        return f"address suspended: {reader.suspended_reason}"
    due = f", next {alert.due_at:%Y-%m-%d %H:%M} UTC" if alert.state == "active" and alert.due_at else ""
    return f"{alert.state}{due}"


def _now() -> datetime:
    return datetime.now(UTC)


alert_verb = group(
    "Alerts: saved queries that tell readers what is new, by mail or in a feed.",
    {
        "add": (add, "harvester alert add lupus --to ann@example.org --tell new --tell freed --rhythm weekly"),
        "list": (list_alerts, "harvester alert list --json"),
        "show": (show, "harvester alert show ALERT_ID"),
        "pause": (pause, "harvester alert pause ALERT_ID"),
        "resume": (resume, "harvester alert resume ALERT_ID"),
        "remove": (remove, "harvester alert remove ALERT_ID"),
    },
    no_args_is_help=True,
)
digest_verb = group(
    "Digests: look at the next ones, send those that are due, see what became of them.",
    {
        "preview": (preview, "harvester digest preview --alert ALERT_ID --html digest.html"),
        "send": (send, "harvester digest send --dry-run"),
        "outbox": (outbox, "harvester digest outbox"),
    },
    no_args_is_help=True,
)
reader_verb = group(
    "Readers: what is kept about one, and how it is erased.",
    {
        "export": (export, "harvester reader export ann@example.org"),
        "erase": (erase, "harvester reader erase ann@example.org"),
        "allow": (allow, "harvester reader allow ann@example.org"),
    },
    no_args_is_help=True,
)
