"""Every page of the console over a full database, beside the bare framework's answer of the same bytes, and its weight.

`saving.py` measures it in the databases it has filled; `console.py URL [RECORDS]` in one that is there already.
"""

import re
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from http.client import HTTPConnection, HTTPResponse
from itertools import islice
from pathlib import Path
from statistics import median

from measure import ROOT, Row, show

sys.path[:0] = (str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "serving"))
from bilingual_records import MOMENT, Library  # noqa: E402
from fastapi import FastAPI, Response  # noqa: E402
from idle import Idle  # noqa: E402

from harvester.model.account import Role  # noqa: E402
from harvester.model.source import Source  # noqa: E402
from harvester.serving.app import make_app  # noqa: E402
from harvester.serving.console.desk.route import Look  # noqa: E402
from harvester.serving.console.desk.routes import ROUTES  # noqa: E402
from harvester.serving.server import Server  # noqa: E402
from harvester.settings import Settings  # noqa: E402
from storage.runs import Owner  # noqa: E402
from storage.store import Store  # noqa: E402
from storage.unit import Unit  # noqa: E402

ROUNDS, GOAL_MS, GOAL_KB = 9, 200, 300
SETTINGS = Settings(
    api_rate=0,
    sign_ups=True,
    privacy_notice="https://bench.example/privacy",
    base_url="http://bench.example",
    mail_from="bench@bench.example",
    smtp_url="smtp://127.0.0.1:1",
)
_PARTS = re.compile(rb'(?:<link rel="(?:stylesheet|icon)"[^>]*href|<script[^>]*src|<img[^>]*src)="(/[^"]+)"')


def main() -> None:
    """Print the table of one database."""
    url, number = sys.argv[1], int(sys.argv[2]) if sys.argv[2:] else 200_000
    opened({url.partition(":")[0]: url}, number)


def opened(urls: Mapping[str, str], number: int) -> None:
    """Print a table for each of these databases by engine, which hold so many records, indexed."""
    for engine, url in urls.items():
        with Store.open(url, migrate=True) as store, tempfile.TemporaryDirectory() as folder:
            cookie = signed_in(store)
            source = next(iter(store.records.iter())).source_id
            run_of(store, source)
            sources = partial(dict, {source: Source(id=source, name=source, hosts=("bench.example",))})
            app = make_app(store, Path(folder), Idle(), SETTINGS, sources)
            with served(app) as ours:
                measured(ours, cookie, pages(store, source), f"{number} records ({engine.lower()})")


def pages(store: Store, source: str) -> list[str]:
    """The address of every page: of readers, then of the desk."""
    library = Library()
    common, rare = (next(iter(library.words.values())).all[rank] for rank in (20, 6000))
    record = next(islice(store.records.iter(), 100, None))
    found = ["/en/", f"/en/?q={common}", f"/en/?q={common}&access=subscription&sort=newest", f"/fr/?q={rare}"]
    found += [f"/en/records/{record.id}", "/readers", "/en/records/none"]
    places = {"source_id": source, "run_id": "bench", "record_id": record.id}
    for route in ROUTES:
        names = re.findall(r"{(\w+)}", route.path)
        if isinstance(route, Look) and "live" not in route.path and set(names) <= set(places):
            found.append(f"/en/desk/{route.path.format(**places)}")
    return found


def signed_in(store: Store) -> str:
    """The cookie of an admin's session."""
    now = datetime.now(UTC)

    def begin(unit: Unit) -> str:
        account = store.accounts.add(unit, f"bench-{now.timestamp():.0f}", Role.ADMIN, "none", now)
        return store.accounts.begin(unit, account.id, now)

    return f"harvester={store.transact(begin)}"


def run_of(store: Store, source: str) -> None:
    """A Run to look at, if there is none."""
    if store.runs.get("bench") is None:
        nobody = Owner("bench", 1, "long ago")
        store.transact(lambda unit: store.runs.open(unit, source, "bench", nobody, MOMENT, 1, lambda _: False))


def measured(ours: str, cookie: str, addresses: list[str], where: str) -> None:
    """Ask each page in turn with the bare framework, and weigh it with all it loads."""
    answers = {address: ask(ours, address, cookie) for address in addresses}
    bare_app = FastAPI(openapi_url=None)

    @bare_app.get("/{path:path}")
    async def page(n: int) -> Response:
        return Response(answers[addresses[n]][1], media_type="text/html")

    with served(bare_app) as bare:
        rows = []
        for n, address in enumerate(addresses):
            pairs = [(timed(ours, address, cookie), timed(bare, f"/page?n={n}", "")) for _ in range(ROUNDS)]
            took, floor = (median(one[side] for one in pairs) for side in (0, 1))
            weight = len(answers[address][1]) + sum(
                len(ask(ours, part.decode(), "")[1]) for part in set(_PARTS.findall(answers[address][1]))
            )
            good = answers[address][0] < 500 and took <= GOAL_MS and weight <= GOAL_KB * 1000
            what = f"{answers[address][0]} {address}: {took:.0f} ms, {weight / 1000:.0f} KB"
            goal = f"<= {GOAL_MS} ms, {GOAL_KB} KB"
            rows.append(Row(what, f"{floor:.1f} ms of the framework alone", took / floor, goal, good))
    show(f"Pages of the console, {where}", rows, f"medians of {ROUNDS}; weight with style sheets, scripts and pictures")


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Host and port of the application."""
    with Server(app, "127.0.0.1", 0) as server:
        yield server.url.removeprefix("http://")


def ask(host: str, address: str, cookie: str) -> tuple[int, bytes]:
    """Status and body of an answer."""
    connection = HTTPConnection(host)
    connection.request("GET", address, headers={"Cookie": cookie} if cookie else {})
    answer: HTTPResponse = connection.getresponse()
    try:
        return answer.status, answer.read()
    finally:
        connection.close()


def timed(host: str, address: str, cookie: str) -> float:
    """Milliseconds of an answer."""
    before = time.perf_counter()
    ask(host, address, cookie)
    return (time.perf_counter() - before) * 1000


if __name__ == "__main__":
    main()
