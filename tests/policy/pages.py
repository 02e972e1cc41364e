"""A made-up record, its pages, and what policy leaves of them."""

from datetime import UTC, datetime

from harvester.model.access import AccessStatus, AccessVerdict
from harvester.model.page import Page
from harvester.model.record import (
    AbstractPolicy,
    Contributor,
    KeywordList,
    LangText,
    Provenance,
    Record,
    Rights,
    TdmReservation,
)
from harvester.model.signal import Evidence
from harvester.model.source import RightsRules
from harvester.policy import Kept, body_to_keep, decide
from harvester.policy.phrases import Phrases
from harvester.policy.rights import abstract_texts, fact_texts

NOW = datetime(2026, 11, 1, tzinfo=UTC)
URL = "https://journal.example/article/1"
TITLE = "Tides and lanterns: a slow survey of harbour lights in winter"
ABSTRACT = (
    "Harbour lights were counted every evening for a whole winter by three observers on the northern quay. "
    "The number of lit lanterns followed the tide tables more closely than the hours of darkness, and it fell "
    "to nothing on the nights of the équinoxe when the harbour master's office was closed for repairs."
)
SENTENCE = "Access to the full text of this article requires a subscription."
RESERVED = TdmReservation(reserved=True)
NO_BASIS = AbstractPolicy(basis="none", keep=False, show="nobody", redistribute=False)


def page(body: str | bytes, *headers: tuple[str, str]) -> Page:
    raw = body if isinstance(body, bytes) else body.encode()
    return Page(
        url=URL,
        final_url=URL,
        headers=(("content-type", "text/html; charset=utf-8"), *headers),
        body=raw,
        fetched_at=NOW,
    )


def record(**more: object) -> Record:
    values: dict[str, object] = {
        "id": "r1",
        "work_id": "r1",
        "source_id": "s",
        "url": URL,
        "languages": ("en",),
        "titles": {"en": LangText(value=TITLE, language="en", kind="title")},
        "abstracts": {"en": LangText(value=ABSTRACT, language="en")},
        "keywords": {"en": KeywordList(items=("Harbour lights", "Tide tables"), language="en")},
        "contributors": (Contributor(name="Maud Quillfeather", order=1, affiliations=("Office of Lamps, Port Anse",)),),
        "access": AccessVerdict(
            status=AccessStatus.SUBSCRIPTION,
            as_of=NOW,
            evidence=(Evidence(vocabulary="text", name="access", quote=SENTENCE, where="/html/body/p"),),
        ),
        "provenance": Provenance(url=URL, fetched_at=NOW, page_digest="sha256:0", rules="1", encoding="utf-8"),
    }
    return Record.model_validate(values | more)


def reserved_record(**more: object) -> Record:
    return record(rights=Rights(tdm=RESERVED), **more)


def keep(body: str | bytes, policy: AbstractPolicy = NO_BASIS, **more: object) -> Kept:
    fulltext = more.pop("fulltext", ())
    assert isinstance(fulltext, tuple)
    robots = more.pop("robots", ())
    assert isinstance(robots, tuple)
    return body_to_keep(page(body), record(**more), policy=policy, robots=robots, fulltext=fulltext)


def cut(body: str | bytes, **more: object) -> str:
    kept = keep(body, **more)
    assert kept.page is not None, kept.reason
    assert kept.state == "cut"
    text = kept.page.body.decode()
    assert not Phrases(abstract_texts(record()), spare=fact_texts(record())).within(text)
    return text


def decided(found: Record, *, page_robots: tuple[str, ...] = (), visit_robots: tuple[str, ...] = ()) -> Record:
    return decide(found, RightsRules(), "none", page_robots=page_robots, visit_robots=visit_robots, now=NOW)
