"""One page to look at: fetched as a crawl would fetch it (robots.txt, gap, addresses), kept nowhere."""

import secrets
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from harvester.crawl.crawl import CrawlChild, CrawlConfig
from harvester.errors import HarvesterError, RefusedError, UsageError
from harvester.model.page import VisitOutcome
from harvester.model.run import Visit
from harvester.model.source import Discovery, Source, UrlRules
from harvester.reach import user_agent
from harvester.settings import Settings
from storage.spool import SpoolReader
from storage.store import Store

_REFUSALS = frozenset(
    (VisitOutcome.DISALLOWED, VisitOutcome.BLOCKED_ADDRESS, VisitOutcome.FORBIDDEN, VisitOutcome.LOGIN)
)


def look(url: str, reader: Source, settings: Settings) -> Visit:
    """Fetch one page; the Visit has it, and what the site's own files state about it.

    `reader` lends its politeness and hosts; the host's turn, hold and robots.txt are the database's. Raises UsageError
    without a contact and for a `url` that is none, RefusedError where a rule forbids it, HarvesterError where it did
    not work.
    """
    try:
        only, host = Discovery(kind="urls", urls=(url,)), urlsplit(url).netloc
    except ValueError:
        raise UsageError(
            f"{url!r} is not an address", remedy="write it whole: https://journal.example.org/article/1"
        ) from None
    hosts = tuple(dict.fromkeys((*reader.hosts, host)))
    name = f"look-{secrets.token_hex(4)}"
    source = reader.model_copy(
        update={
            "id": name,
            "hosts": hosts,
            "discovery": (only,),
            "urls": UrlRules(refuse=reader.urls.refuse),
        }
    )
    contact = settings.contact_for(hosts)
    with tempfile.TemporaryDirectory(prefix="harvester-") as folder:
        visit, why = _visit(source, contact, settings, Path(folder))
    return _brought(url, visit, why)


def _visit(source: Source, contact: str, settings: Settings, folder: Path) -> tuple[Visit | None, str]:
    """The Visit, or why there was none."""
    config = CrawlConfig(
        source=source,
        run_id=source.id,
        database_url=settings.database_url,
        spool_dir=folder,
        contact=contact,
        user_agent=user_agent(contact),
        private_allow=settings.private_allow,
        limit=1,
        unconditional=True,
    )
    with Store.open(settings.database_url, migrate=True) as store:
        child = CrawlChild(config)
        for _ in child.progress():
            pass
        child.wait()
        reasons = (*child.report.get("shut", {}).values(), *child.report.get("problems", {}).values())
        store.transact(lambda unit: store.pages.remove(unit, source.id))
    reader = SpoolReader(folder, source.id)
    visits = [visit for path in reader.segments() for visit in reader.read(path)]
    return (visits[-1] if visits else None), "; ".join(reasons)


def _brought(url: str, visit: Visit | None, why: str) -> Visit:
    if visit is None:
        remedy = "its host is held, or such addresses (full text, print, login ...) are never requested"
        raise RefusedError(f"{url} was not asked for" + (f": {why}" if why else ""), remedy=remedy)
    if visit.page is not None:
        return visit
    message = f"{url}: {visit.outcome}" + (f" ({visit.detail})" if visit.detail else "")
    if visit.outcome in _REFUSALS:
        raise RefusedError(
            message, remedy="a refusal is final; if you may, save the page in a browser and name the file"
        )
    raise HarvesterError(message, remedy="look at the address; if it is right, try again later")
