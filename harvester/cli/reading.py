"""Verbs that keep nothing: extract, evaluate, schema."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harvester.cli.options import Json, PageFile, PageUrl, Reader, verb
from harvester.cli.pages import open_page
from harvester.cli.wiring import Wiring

if TYPE_CHECKING:
    from harvester.evaluate import Prediction


def extract(
    context: typer.Context,
    page: PageFile,
    url: PageUrl = None,
    source: Reader = None,
    as_json: Json = False,
) -> None:
    """Read one page and print the record with its evidence.

    An address is fetched as a harvest would fetch it, under robots.txt and in its host's turn, and kept nowhere. All
    that stands on the page is shown; what may be kept is decided when pages are harvested. The reader is --source,
    else the source of the page's host, else a platform recognised by its marks, else generic signals alone.
    Exit code 1 when the page is no article.
    """
    from harvester.extraction.extract import extract as read

    wiring: Wiring = context.obj
    saved, reader, _ = open_page(wiring, page, url, source)
    found = read(saved, reader, fingerprints=wiring.catalogue.fingerprints)
    if as_json:
        answer = (
            found.record.model_dump(mode="json") if found.record else {"outcome": found.outcome, "reason": found.reason}
        )
        print(json.dumps(answer, ensure_ascii=False, indent=2))
    elif found.record:
        from harvester.cli.record_view import full
        from harvester.cli.show import console

        console().print(full(found.record))
    else:
        print(f"no record: {found.outcome} ({found.reason})")
    if found.record is None:
        raise typer.Exit(1)


def evaluate(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder with pages and labels.jsonl.")],
    predictions: Annotated[
        Path | None, typer.Option(metavar="FILE", help='Write {"file", "record"} JSON lines there.')
    ] = None,
    no_sources: Annotated[
        bool, typer.Option("--no-sources", help="The other way round: generic signals alone, the seed files beside.")
    ] = False,
    show: Annotated[bool, typer.Option("--show", help="List every miss.")] = False,
    as_json: Json = False,
) -> None:
    """Score what is read from labelled pages, per field, language and access status.

    The pages are read twice: with the seed files and, printed beside it, by generic signals alone.
    """
    from harvester.evaluate import Comparison, predict

    wiring: Wiring = context.obj
    helped, alone = list(predict(folder, wiring.catalogue)), list(predict(folder, None))
    read, beside = (alone, helped) if no_sources else (helped, alone)
    if predictions:
        _write(predictions, read)
    comparison = Comparison.of(read, beside)
    if as_json:
        print(json.dumps(comparison.as_json(), ensure_ascii=False, indent=2))
        return
    from harvester.cli.scores_view import scores_view
    from harvester.cli.show import console

    for part in scores_view(comparison, "with seed files" if no_sources else "without", with_misses=show):
        console().print(part)


def _write(path: Path, predictions: "list[Prediction]") -> None:
    with path.open("wb") as file:
        file.writelines(prediction.line() for prediction in predictions)


def schema() -> None:
    """Print the JSON Schema of an exported record."""
    from harvester.formats.jsonl import schema as of_record

    json.dump(of_record(), sys.stdout, indent=2)
    print()


extract_verb = verb(
    extract,
    "harvester extract page.html --url https://journal.example.org/article/1",
    "harvester extract page.html --source my-journal --json",
    "harvester extract https://journal.example.org/article/1",
)
evaluate_verb = verb(evaluate, "harvester evaluate labelled/ --predictions read.jsonl --show")
schema_verb = verb(schema, "harvester schema > record.schema.json")
