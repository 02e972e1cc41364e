"""A store with records and alerts, a clock that is moved by hand, and rounds that send to a scripted server."""

from datetime import UTC, datetime, timedelta
from typing import Any

from post_office import Office

from harvester.digests import signing_up
from harvester.digests.rounds import Rounds
from harvester.model.access import AccessStatus, AccessVerdict
from harvester.model.alert import Alert, AlertState, News, Timing, Wants
from harvester.model.record import (
    Container,
    Contributor,
    DateValue,
    Identifier,
    LangText,
    Provenance,
    Record,
    record_id,
)
from harvester.model.signal import Evidence
from harvester.run.lease import is_alive, this_process
from harvester.settings import Settings
from storage.store import Store

MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
BASE = "https://harvest.example"
CLOSED = "L'accès au texte intégral de cet article nécessite un abonnement."


def article(n: int, *, status: str = "subscription", source: str = "alpha", **more: Any) -> Record:
    """A bilingual article; a field of the record may be given by name."""
    url = more.pop("url", f"https://publisher.test/article/{n}")
    said = (Evidence(vocabulary="page", name="sentence", quote=CLOSED, language="fr", where="/html/body/p"),)
    doi = f"10.5555/{source}.{n}"
    values: dict[str, Any] = {
        "id": record_id(source, url),
        "work_id": record_id(source, url),
        "source_id": source,
        "url": url,
        "languages": ("fr", "en"),
        "titles": {
            "fr": LangText(value=f"Les cellules CAR-T dans le lupus, étude {n}", language="fr"),
            "en": LangText(value=f"CAR-T cells in lupus, study {n}", language="en"),
        },
        "abstracts": {
            "fr": LangText(value=f"Nous avons suivi {n} malades atteints de lupus.", language="fr"),
            "en": LangText(value=f"We followed {n} patients with lupus.", language="en"),
        },
        "contributors": (Contributor(name="Ann Example", order=1), Contributor(name="Bob Sample", order=2)),
        "container": Container(titles={"fr": "Revue des Exemples"}, volume="12", issue="3", pages="101-110"),
        "dates": (DateValue(kind="published", value="2026-02-01", precision="day", raw="", rule="iso"),),
        "identifiers": (Identifier(scheme="doi", value=doi, raw=doi),),
        "access": AccessVerdict(status=AccessStatus(status), as_of=MONDAY, decided_by="rule@1", evidence=said),
        "provenance": Provenance(url=url, fetched_at=MONDAY, page_digest="sha256:00", rules="1"),
    }
    return Record(**values | more)


def settings(office: Office | None = None, **more: Any) -> Settings:
    """Settings with all that mail needs."""
    url = office.url if office else "smtp://127.0.0.1:1"
    return Settings(base_url=BASE, mail_from="alerts@harvest.example", smtp_url=url, **more)


class Desk:
    """Everything a digest needs, at a time that only tests move."""

    def __init__(self, store: Store, office: Office | None = None, **more: Any) -> None:
        self.store = store
        self.now = MONDAY
        self.settings = settings(office, **more)
        self.rounds = self.new_rounds()

    def new_rounds(self, timeout_s: float = 8.0) -> Rounds:
        """Rounds as another process would do them."""
        return Rounds(self.store, self.settings, this_process(), is_alive, lambda: self.now, timeout_s)

    def alert(self, to: str | None = "ann@reader.example", query: str = "lupus", **more: Any) -> Alert:
        """An active alert that tells at once."""
        news = tuple(more.pop("news", (News.NEW,)))
        wants = Wants(query=query, news=news, **more.pop("wants", {}))
        timing = more.pop("timing", Timing(rhythm="at_once"))
        made = signing_up.add(self.store, to, wants, self.now, timing=timing, **more)
        assert made is not None
        return self.store.alerts.get(made.id) or made

    def alerts(self, count: int, **more: Any) -> list[str]:
        """So many readers with an alert each; their addresses."""
        found = [f"reader{n}@reader.example" for n in range(count)]
        for one in found:
            self.alert(one, **more)
        return found

    def save(self, *records: Record) -> None:
        """Records arrive."""
        with self.store.begin() as unit:
            for saved in self.store.records.save(unit, list(records), run_id="r", now=self.now):
                assert saved.error is None

    def later(self, **span: float) -> None:
        """Time goes by."""
        self.now += timedelta(**span)

    def active(self) -> list[Alert]:
        """Alerts that tell."""
        return self.store.alerts.all(AlertState.ACTIVE)
