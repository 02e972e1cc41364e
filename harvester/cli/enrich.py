"""The verb enrich: look closed articles up at registries now."""

import json
import threading
from dataclasses import asdict
from typing import Annotated

import typer

from harvester.cli.options import Json, verb
from harvester.cli.wiring import Wiring
from harvester.errors import UsageError


def enrich(
    context: typer.Context,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="At most so many questions to each registry.")] = 100,
    as_json: Json = False,
) -> None:
    """Ask registries for lawful open copies of closed articles, by DOI, the newest first.

    HARVESTER_REGISTRIES names who is asked (crossref, unpaywall), one question a second; without it nobody is. What
    they say is shown beside the publisher's own word, and changes no record. harvester serve does the same by itself.
    """
    from harvester.enrich.rounds import Lookups
    from harvester.run.run import stopping_signals

    wiring: Wiring = context.obj
    if not wiring.settings.registries:
        raise UsageError(
            "no registry is named, so nobody is asked", remedy="export HARVESTER_REGISTRIES=unpaywall,crossref"
        )
    stop = threading.Event()
    with wiring.store() as store, stopping_signals(stop):
        found = Lookups(store, wiring.settings, stop).look(limit)
    for registry, tally in found.items():
        if as_json:
            print(json.dumps({"registry": registry.value, **asdict(tally)}))
        else:
            said = f"{registry}: {tally.asked} asked, {tally.found} with an open copy, {tally.failed} failed"
            print("; ".join(filter(None, (said, "more are due" if tally.left else "", tally.trouble))))
    if any(tally.trouble for tally in found.values()):
        raise typer.Exit(1)


enrich_verb = verb(enrich, "harvester enrich", "harvester enrich --limit 20 --json")
