"""May a URL be fetched, and by which rule: robots.txt is read as a crawl reads it, the page is not asked for."""

import secrets
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from harvester.crawl.crawl import CrawlChild, CrawlConfig
from harvester.crawl.politeness import PRODUCT, ROBOTS_LAST_GOOD, deciding_line, robots_verdict
from harvester.model.source import Discovery, Source
from harvester.reach import user_agent
from harvester.settings import Settings
from harvester.urls import refused, target
from storage.hosts import RobotsCopy
from storage.store import Store


class RobotsAnswer(NamedTuple):
    """The decision on one URL. `rule` is what it rests on; `line` the deciding line of robots.txt with its number."""

    url: str
    allowed: bool
    rule: str
    line: str | None = None
    crawl_delay: float | None = None
    robots_url: str = ""
    status: int | None = None
    read_at: datetime | None = None
    warning: str | None = None

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return self._asdict() | {"read_at": self.read_at.isoformat() if self.read_at else None}


def ask_robots(url: str, reader: Source, settings: Settings) -> RobotsAnswer:
    """What a crawl with the rules of `reader` would decide on `url`.

    A copy of robots.txt that is younger than a day is used, as a crawl would. Raises AddressRefusedError for what is
    no web address, UsageError without a contact.
    """
    where = target(url)
    robots_url = f"{where.origin}/robots.txt"
    if reason := refused(url, reader.urls):
        return RobotsAnswer(url, False, f"never requested, whatever robots.txt says: {reason}", robots_url=robots_url)
    with Store.open(settings.database_url, migrate=True) as store:
        warning = _read(url, reader.model_copy(update={"hosts": (where.netloc,)}), settings)
        copy = store.hosts.robots(where.origin)
    if copy is None or not _is_usable(copy):
        return RobotsAnswer(url, False, warning or "robots.txt cannot be read", robots_url=robots_url)
    verdict = robots_verdict(copy.status or 0, copy.body, PRODUCT, url)
    line = deciding_line(copy.body, PRODUCT, url)
    return RobotsAnswer(
        url,
        verdict.allowed,
        verdict.rule,
        f"{line.number}: {line.text}" if line else None,
        verdict.crawl_delay,
        robots_url,
        copy.status,
        copy.fetched_at,
        warning,
    )


def _is_usable(copy: RobotsCopy) -> bool:
    return datetime.now(UTC) - copy.fetched_at < ROBOTS_LAST_GOOD


def _read(url: str, reader: Source, settings: Settings) -> str | None:
    """Have robots.txt read where that is due; returns what the crawl had to say of it."""
    contact = settings.contact_for(reader.hosts)
    name = f"robots-{secrets.token_hex(4)}"
    with tempfile.TemporaryDirectory(prefix="harvester-") as folder:
        config = CrawlConfig(
            source=reader.model_copy(update={"id": name, "discovery": (Discovery(kind="urls"),)}),
            run_id=name,
            database_url=settings.database_url,
            spool_dir=Path(folder),
            contact=contact,
            user_agent=user_agent(contact),
            private_allow=settings.private_allow,
            only_robots=url,
        )
        child = CrawlChild(config)
        for _ in child.progress():
            pass
        child.wait()
    said = (*child.report.get("shut", {}).values(), *child.report.get("problems", {}).values())
    return "; ".join(said) or None
