"""The verb `records [QUERY]`: what there is, or what matches, as a table or as JSON lines."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from harvester.cli.options import STATUSES, Json, day, language, one_of
from harvester.cli.wiring import Wiring

if TYPE_CHECKING:
    from harvester.model.record import Record
    from harvester.model.search import Found, Query
    from storage.store import Store

SORTS = ("relevance", "newest")
_PAGE, _COUNTED = 200, 10_000


def list_records(
    context: typer.Context,
    query: Annotated[
        str | None,
        typer.Argument(
            help='Words (accents and endings do not matter), "a phrase", begin*, -without, OR, title:word (or'
            " abstract, keyword, author, journal, doi), year:2019-2021."
        ),
    ] = None,
    access: Annotated[str | None, typer.Option(metavar="STATUS", help=f"One of: {', '.join(STATUSES)}.")] = None,
    lang: Annotated[
        str | None, typer.Option(metavar="LANG", help="Only records with a title in it: fr, en ...")
    ] = None,
    source: Annotated[str | None, typer.Option(metavar="ID", help="Only records of this source.")] = None,
    journal: Annotated[str | None, typer.Option(metavar="WORDS", help="Only records of journals so named.")] = None,
    author: Annotated[str | None, typer.Option(metavar="NAME", help="Only records of authors so named.")] = None,
    since: Annotated[str | None, typer.Option("--from", metavar="DAY", help="Published then or later.")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="DAY", help="Published then or before.")] = None,
    sort: Annotated[
        str | None, typer.Option(metavar="ORDER", help="relevance, or newest (by day of publication).")
    ] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=0, help="At most so many in the table; 0: all.")] = 50,
    facets: Annotated[bool, typer.Option("--facets", help="Count the hits by access, language, year ...")] = False,
    no_thesaurus: Annotated[
        bool, typer.Option("--no-thesaurus", help="Do not look for keywords by their names in other languages.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List records: every one, or those that match. With --json one whole record per line.

    A keyword is also looked for by its name in other languages, as the records' own keyword lists teach it; the list
    says so. Order: the best first where words are given, else (and with --json or --limit 0, which list all) the
    newest.
    """
    one_of("--access", access, STATUSES)
    one_of("--sort", sort, SORTS)
    language("--lang", lang)
    from harvester.model.access import AccessStatus
    from harvester.model.search import Query, Sort

    every = as_json or not limit
    asked = Query(
        text=query or "",
        access=(AccessStatus(access),) if access else (),
        languages=(lang,) if lang else (),
        sources=(source,) if source else (),
        journal=journal or "",
        author=author or "",
        published_from=day("--from", since),
        published_until=day("--until", until, last=True),
        sort=Sort(sort or ("newest" if every else "relevance")),
        count_to=_COUNTED,
        limit=_PAGE if every else min(limit, _PAGE),
        thesaurus=not no_thesaurus,
        facets=facets,
        snippets=not as_json,
    )
    wiring: Wiring = context.obj
    with wiring.store() as store:
        store.search.catch_up()
        if facets and as_json:
            _print_counts(store.search.find(asked))
        elif as_json:
            _print_lines(store, asked)
        else:
            _print_table(store, asked, limit)


def _answers(store: "Store", query: "Query") -> "Iterator[Found]":
    """The answer, and those that follow it."""
    while True:
        found = store.search.find(query)
        yield found
        if not found.cursor:
            return
        query = query.model_copy(update={"cursor": found.cursor, "facets": False})


def _print_counts(found: "Found") -> None:
    said = found.model_dump(mode="json", include={"total", "facets", "expanded"})
    print(json.dumps(said, ensure_ascii=False, indent=2))


def _print_lines(store: "Store", query: "Query") -> None:
    from harvester.cli.writing import to_stdout
    from harvester.formats.jsonl import line

    to_stdout(line(one) for found in _answers(store, query) for one in _records(store, found))


def _records(store: "Store", found: "Found") -> "list[Record]":
    return store.records.several([hit.record_id for hit in found.hits])


def _print_table(store: "Store", query: "Query", limit: int) -> None:
    from harvester.cli.record_view import found_listing, spread
    from harvester.cli.show import console

    rows = []
    first = None
    for found in _answers(store, query):
        first = first or found
        snippets = {hit.record_id: hit.snippets for hit in found.hits}
        rows += [(one, snippets[one.id]) for one in _records(store, found)]
        if limit and len(rows) >= limit:
            break
    if first is None or not rows:
        print("no record matches")
        return
    console().print(found_listing(rows[: limit or None]))
    if first.faceted:
        print(f"of the newest {first.faceted} of them:")
    for name, counts in first.facets.items():
        console().print(spread(name, counts))
    _print_end(first, min(len(rows), limit or len(rows)))


def _print_end(found: "Found", shown: int) -> None:
    for one in found.expanded:
        print(
            f"also looked for “{one.to}” ({one.to_language}): with “{one.term}” ({one.language}) in {one.records}"
            f" record{'s' if one.records > 1 else ''}; --no-thesaurus switches that off"
        )
    if shown < found.total:
        print(f"the first {shown} of {'at least ' if found.at_least else ''}{found.total}; --limit 0 shows all")
    else:
        print(f"{shown} record{'s' if shown > 1 else ''}")
