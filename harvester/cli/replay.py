"""The verb replay: the archive read again with today's rules."""

import json
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from harvester.cli.options import Json, verb
from harvester.cli.wiring import Wiring
from harvester.errors import UsageError

if TYPE_CHECKING:
    from harvester.model.source import Source
    from harvester.run.replay import OnPage, Replayed
    from storage.store import Store

_EVERY_S = 2.0


def replay(
    context: typer.Context,
    source: Annotated[str | None, typer.Option(metavar="ID", help="Only this source; without it, all.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change; write nothing.")] = False,
    accept: Annotated[
        bool, typer.Option("--accept", help="Take over what pages no longer say, where a run held that back.")
    ] = False,
    queue: Annotated[
        bool, typer.Option("--queue", help="Let workers do it, one job for each WARC file (PostgreSQL).")
    ] = False,
    as_json: Json = False,
) -> None:
    """Read the archived pages again with today's rules, and say which records and verdicts change, and why.

    Seed files, access rules, rights and the rules of extraction count as they are now. No publisher is asked. A change
    of meaning is a new revision and an entry of the change log, as in a harvest; good data is never replaced by
    nothing, unless you accept that the site says less now. With --json: one object per page that is not unchanged, then
    one with the counts of the source.

    With --queue the work is put into the queue of the workers (harvester worker), one job for each WARC file and one
    for what is in none: sources side by side, the files of a source one after another. This says how many, and ends.

    Exit code 4 when a run of a source is at work.
    """
    from harvester.run.replay import replay_source

    wiring: Wiring = context.obj
    if queue:
        _refuse(dry_run=dry_run, accept=accept)
        wiring.refuse_a_file("harvester replay --queue", "leave --queue out: the archive is then read here")
    with wiring.store() as store:
        wanted = _wanted(wiring, store, source)
        if queue:
            _put(wiring, store, wanted, as_json=as_json)
            return
        for one in wanted:
            watch = _watch(one.id, as_json=as_json)
            counts = replay_source(store, one, wiring.settings, watch, dry_run=dry_run, accept=accept)
            _tell_end(one.id, counts, dry_run=dry_run, as_json=as_json)


def _refuse(*, dry_run: bool, accept: bool) -> None:
    if dry_run or accept:
        option = "--dry-run" if dry_run else "--accept"
        raise UsageError(
            f"--queue with {option}: what workers do is not watched by anybody",
            remedy=f"harvester replay {option} reads the archive here and says what it finds",
        )


def _put(wiring: Wiring, store: "Store", wanted: "list[Source]", *, as_json: bool) -> None:
    from harvester.queue.queue import Queue
    from harvester.run.replay import REST

    with Queue(wiring.settings.database_url) as queue:
        for one in wanted:
            files = store.archive_index.files(one.id)
            put = queue.put_replay(one.id, files, REST)
            jobs = {"queued": put, "waiting_already": len(files) + 1 - put}
            if as_json:
                print(json.dumps({"source": one.id, "files": len(files), **jobs}))
            else:
                print(f"{one.id}: {len(files)} WARC files: {put} jobs queued, {jobs['waiting_already']} waited already")
    if not as_json:
        print("Workers take them; each is a run: harvester runs list")


def _wanted(wiring: Wiring, store: "Store", source: str | None) -> "list[Source]":
    archived = store.archive_index.sources()
    if source is not None:
        return [wiring.catalogue.get(source)]
    unknown = [one for one in archived if one not in wiring.catalogue.sources]
    for one in unknown:
        print(f"harvester: {one}: its pages are not read, there is no seed file of it any more", file=sys.stderr)
    if not archived:
        raise UsageError("the archive holds no pages", remedy="harvester run SOURCE fills it")
    return [wiring.catalogue.get(one) for one in archived if one not in unknown]


def _watch(source: str, *, as_json: bool) -> "OnPage":
    """Prints what is not unchanged, and on standard error how far it is."""
    seen = 0
    told = time.monotonic()

    def watch(one: "Replayed") -> None:
        nonlocal seen, told
        seen += 1
        if as_json and one.page.effect not in ("unchanged", "superseded"):
            print(json.dumps({"source": source, **_as_json(one)}, ensure_ascii=False))
        elif not as_json and one.page.effect in ("changed", "kept_old", "unreadable"):
            from harvester.cli.replay_view import page_view
            from harvester.cli.show import console

            console().print(page_view(one))
        if time.monotonic() - told >= _EVERY_S:
            told = time.monotonic()
            print(f"{source}: {seen} pages read again", file=sys.stderr, flush=True)

    return watch


def _as_json(one: "Replayed") -> dict[str, object]:
    page, saved = one
    return {
        "record": page.record_id,
        "url": page.url,
        "effect": page.effect,
        "changes": page.kinds,
        "fields": [change._asdict() for change in page.fields],
        "why": page.why,
        "verdict_rule": page.verdict,
        "reason": page.reason,
        "archive": page.body.reason or page.body.state if page.body else None,
        "revision": saved.revision if saved else None,
        "error": saved.error if saved else None,
    }


def _tell_end(source: str, counts: Counter[str], *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"source": source, "dry_run": dry_run, "counts": dict(sorted(counts.items()))}))
        return
    said = ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "no archived page"
    print(f"{source}: {said}{' (dry run: nothing was written)' if dry_run else ''}")


replay_verb = verb(
    replay, "harvester replay --dry-run", "harvester replay --source my-journal", "harvester replay --queue"
)
