"""The verb works: editions of one article together, and the pairs that a person has to look at."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harvester.cli.options import Json, group
from harvester.cli.wiring import Wiring
from harvester.errors import UsageError

if TYPE_CHECKING:
    from harvester.model.record import Record
    from storage.store import Store
    from storage.works import Candidate, Merge

Reason = Annotated[str, typer.Option(help="Why, for those who ask later.")]
Name = Annotated[str, typer.Argument(metavar="WORK", help="A work's id, or that of a record in it.")]


def list_works(context: typer.Context, as_json: Json = False) -> None:
    """List the works of more than one record."""
    wiring: Wiring = context.obj
    with wiring.store() as store:
        if as_json:
            _print_lines(
                {"work_id": work[0].work_id, "records": [one.id for one in work]} for work in store.works.iter()
            )
            return
        rows = [(work[0].work_id, "\n".join(map(_line, work))) for work in store.works.iter()]
    if not rows:
        print("no work has more than one record")
        return
    from harvester.cli.show import console, table

    console().print(table("", ("work", "records"), rows))


def show(context: typer.Context, work: Name, as_json: Json = False) -> None:
    """Show the records of one work, what joined them, and which edition they ask to cite."""
    wiring: Wiring = context.obj
    with wiring.store() as store:
        editions = store.works.show(work)
        if not editions:
            raise UsageError(f"there is no work {work}", remedy="`harvester works list` lists those of several records")
        merges, citations = store.works.merges(work), store.works.citations(work)
    if as_json:
        about = {
            "work_id": editions[0].work_id,
            "records": [_edition(one) for one in editions],
            "merges": [_merge_json(one) for one in merges],
            "citations": [one._asdict() for one in citations],
        }
        print(json.dumps(about, ensure_ascii=False, indent=2))
        return
    from harvester.cli.show import console, facts

    rows: list[tuple[str, object]] = [("work", editions[0].work_id)]
    rows += [("record", _line(one)) for one in editions]
    rows += [("joined" if one.undone_at is None else "undone", _merge_line(one)) for one in merges]
    for one in citations:
        instead = one.cite_record or (
            f"DOI {one.cite_doi}" if one.cite_doi else "its own DOI, the other is not known yet"
        )
        rows.append(("cite", f"for {one.record_id}: {instead} (“{one.note}”)"))
    console().print(facts(rows))


def review(context: typer.Context, as_json: Json = False) -> None:
    """Look for records that may be editions of one work, and list those pairs nobody has decided on.

    Nothing is merged by this: `works merge` and `works reject` are your answers.
    """
    wiring: Wiring = context.obj
    with wiring.store() as store:
        while _looked(store):
            pass
        queue = store.works.queue()
        if as_json:
            _print_lines(_candidate_json(one) for one in queue)
            return
        rows = [(f"{one.a}\n{one.b}", _pair(store, one), "\n".join(one.why)) for one in queue]
    if not rows:
        print("nothing to review")
        return
    from harvester.cli.show import console, table

    console().print(table("", ("records", "what they are", "alike because"), rows))
    print(f"{len(rows)} pairs; `harvester works merge A B --reason ...` or `harvester works reject A B`")


def merge(
    context: typer.Context,
    one: Annotated[str, typer.Argument(metavar="A", help="A record's or a work's id.")],
    other: Annotated[str, typer.Argument(metavar="B", help="Another.")],
    reason: Reason,
) -> None:
    """Put two works together; the id of the older one stays. `works split` undoes it."""
    wiring: Wiring = context.obj
    with wiring.store() as store:
        merged = store.transact(lambda unit: store.works.merge(unit, one, other, reason, datetime.now(UTC)))
        work_id = store.works.show(one)[0].work_id
    print(f"{one} and {other} are one work now: {work_id}" if merged else f"they are one work already: {work_id}")


def split(
    context: typer.Context,
    record: Annotated[str, typer.Argument(metavar="RECORD", help="A record's id.")],
    reason: Reason,
) -> None:
    """Undo the last merge that brought a record into its work; no harvest joins the two sides again."""
    wiring: Wiring = context.obj
    with wiring.store() as store:
        gone = store.transact(lambda unit: store.works.split(unit, record, reason, datetime.now(UTC)))
    print(f"back in their old work: {', '.join(gone)}")


def reject(
    context: typer.Context,
    one: Annotated[str, typer.Argument(metavar="A", help="A record's id.")],
    other: Annotated[str, typer.Argument(metavar="B", help="Another.")],
    reason: Annotated[str | None, typer.Option(help="Why, for those who ask later.")] = None,
) -> None:
    """Two records are no editions of one work: the pair never comes back to the queue, and no harvest joins it."""
    wiring: Wiring = context.obj
    with wiring.store() as store:
        store.transact(lambda unit: store.works.reject(unit, one, other, reason, datetime.now(UTC)))
    print(f"{one} and {other} stay apart")


def _looked(store: "Store") -> bool:
    return store.transact(lambda unit: store.works.look(unit, datetime.now(UTC)))


def _print_lines(found: Iterator[dict[str, Any]]) -> None:
    for one in found:
        print(json.dumps(one, ensure_ascii=False))


def _line(record: "Record") -> str:
    title = next((title.value for _, title in sorted(record.titles.items())), record.url)
    doi = f", {record.identity_doi}" if record.identity_doi else ""
    return f"{record.id}  {record.source_id}{doi}: {title}" + ("" if record.deleted_at is None else " (deleted)")


def _pair(store: "Store", pair: "Candidate") -> str:
    return "\n".join(_line(record) for name in (pair.a, pair.b) if (record := store.records.get(name)))


def _edition(record: "Record") -> dict[str, Any]:
    titles = {language: title.value for language, title in record.titles.items()}
    about = {"id": record.id, "source_id": record.source_id, "url": record.url, "doi": record.identity_doi}
    return about | {"titles": titles, "deleted": record.deleted_at is not None}


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _merge_line(one: "Merge") -> str:
    undone = f"; undone {_moment(one.undone_at)}: {one.undone_reason}" if one.undone_at else ""
    reason = f" ({one.reason})" if one.reason else ""
    return f"{_moment(one.at)}  {one.record_id} and {one.other_id} by {one.basis}{reason}{undone}"


def _merge_json(one: "Merge") -> dict[str, Any]:
    about = {name: getattr(one, name) for name in one.__slots__}
    moments = {name: _moment(about[name]) for name in ("at", "undone_at") if about[name]}
    return about | moments | {"moved": list(one.moved)}


def _candidate_json(one: "Candidate") -> dict[str, Any]:
    return {"a": one.a, "b": one.b, "why": list(one.why), "found_at": _moment(one.found_at)}


works_verb = group(
    "Works: the editions of one article. List and show them, answer the review queue, undo a merge.",
    {
        "list": (list_works, "harvester works list --json"),
        "show": (show, "harvester works show WORK_ID"),
        "review": (review, "harvester works review"),
        "merge": (merge, "harvester works merge RECORD_ID RECORD_ID --reason 'the English edition'"),
        "split": (split, "harvester works split RECORD_ID --reason 'another article'"),
        "reject": (reject, "harvester works reject RECORD_ID RECORD_ID"),
    },
    no_args_is_help=True,
)
