"""A store as operators find it: a harvest that ended badly, a Run at work, an alert whose address refuses mail."""

from datetime import UTC, datetime, timedelta

from shelved import article

from harvester.errors import RefusedError
from harvester.model.alert import Alert, Reader, Wants
from harvester.model.page import VisitOutcome
from harvester.model.run import RunOutcome
from harvester.model.source import Source
from harvester.serving.work import Tried
from storage.pages import PageVisit
from storage.runs import Owner
from storage.store import Store

HOSTILE = '"><svg/onload=alert(1)><script>alert(2)</script>{{1409*7}}'
ADDRESS = "maud@library.example"
SOURCES = {"alpha": Source(id="alpha", name=f"Journal of Quays {HOSTILE}", hosts=("publisher.test",))}
NOW = datetime.now(UTC)


SEED = """\
name = "Annals of Tides"
verified = false
hosts = ["tides.test"]
languages = ["en"]

[[discovery]]
kind = "urls"
urls = ["https://tides.test/article/1"]
"""


def trying(url: str) -> Tried:
    """A page that was tried: what comes of it is proved where it is read."""
    if "refused" in url:
        raise RefusedError("robots.txt forbids it", remedy="ask the publisher")
    fields = [("titles.en", HOSTILE, "meta"), ("doi", None, "")]
    return Tried(url, "ok", HOSTILE, fields, "free", [HOSTILE], [HOSTILE], ["doi"], "annals-of-tides", SEED)


def fill(store: Store) -> None:
    """A harvest that ended badly and one at work, a page of each outcome, an alert by mail whose address bounces."""
    me = Owner("here", 1, "10:00")
    with store.begin() as unit:
        saved = store.records.save(unit, [article(1, title=HOSTILE)], run_id="bad", now=NOW)
        store.pages.discover(unit, "alpha", [(f"https://publisher.test/{n}", None) for n in range(60)], NOW)
        store.runs.open(unit, "alpha", "bad", me, NOW - timedelta(hours=2), 60, lambda _: False)
        store.pages.claim(unit, "alpha", "bad", NOW, 60)
        for n in range(60):
            outcome, record = (VisitOutcome.OK, saved[0].record_id) if n % 2 else (VisitOutcome.FORBIDDEN, None)
            visit = PageVisit("alpha", f"https://publisher.test/{n}", outcome, NOW, None, HOSTILE, record_id=record)
            store.pages.record_visits(unit, [visit])
        counts, seen = {"ok": 30, "forbidden": 30, "created": 1}, {"records": 9, "status:free": 4, "status:open": 5}
        store.runs.close(unit, "bad", RunOutcome.DEGRADED, counts, [HOSTILE], NOW - timedelta(hours=1), seen)
        store.runs.open(unit, "alpha", "now", me, NOW, 3600, lambda _: False)
        store.runs.note_counts(unit, "now", {"ok": 41})
        store.alerts.admit(unit, Reader(id="r1", address=ADDRESS, created_at=NOW, confirmed_at=NOW))
        wants = Wants(query="lupus")
        store.alerts.add(unit, Alert(id="a1", reader_id="r1", name=HOSTILE, wants=wants, created_at=NOW))
        refused = f"550 <{ADDRESS}> no such user {HOSTILE}"
        store.alerts.change_reader(unit, "r1", suspended_at=NOW, suspended_reason=refused, bounces=3)
