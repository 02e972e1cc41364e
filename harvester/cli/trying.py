"""One page tried for the console: fetched as a harvest would, read, and a Source proposed for its host."""

import threading
from datetime import UTC, datetime

from harvester.errors import BusyError
from harvester.model.source import GENERIC
from harvester.run.look import look
from harvester.serving.work import Tried
from harvester.settings import Settings
from harvester.sources import load
from harvester.trial.proposal import propose_source
from harvester.trial.trial import Trial, try_page


class PageTrial:
    """One at a time: each is a crawl in a process of its own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()

    def __call__(self, url: str) -> Tried:
        """Raises HarvesterError where the page may not be fetched, or cannot be; BusyError while another is tried."""
        if not self._lock.acquire(blocking=False):
            raise BusyError("another page is being tried", remedy="wait until it is done")
        try:
            return self._tried(url)
        finally:
            self._lock.release()

    def _tried(self, url: str) -> Tried:
        settings = self._settings
        catalogue = load(settings.seeds_dir, private_allow=settings.private_allow)
        reader = catalogue.for_saved_page(url) or GENERIC
        visit = look(url, reader, settings)
        assert visit.page
        trial = try_page(
            visit.page,
            reader,
            fingerprints=catalogue.fingerprints,
            default_basis=settings.tdm_basis,
            visit_robots=visit.robots,
            now=datetime.now(UTC),
        )
        proposal = propose_source([trial], catalogue)
        return _told(trial, proposal.id, proposal.text, proposal.missing)


def _told(trial: Trial, own_id: str, text: str, missing: tuple[str, ...]) -> Tried:
    access = trial.record.access if trial.record else None
    return Tried(
        url=trial.page.final_url,
        outcome=trial.outcome.value,
        reason=trial.reason,
        fields=[(one.field, one.value, ", ".join(one.won_by)) for one in trial.fields],
        access=access.status.value if access else "",
        quotes=[one.quote for one in access.evidence] if access else [],
        forbidden=trial.forbidden,
        missing=missing,
        id=own_id,
        text=text,
    )
