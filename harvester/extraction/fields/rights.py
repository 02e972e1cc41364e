"""TDM reservation and robots directives of a Page: headers first, then meta."""

import re
from datetime import datetime

from harvester.extraction.document import Document
from harvester.extraction.fields.choose import SignalIndex
from harvester.extraction.normalise.text import tidy
from harvester.model.page import Page
from harvester.model.record import TdmReservation
from harvester.model.signal import Evidence

PRODUCT = "harvester"
_WEEKDAY = re.compile(r"\W*[a-z]{3,9}\s*")  # a comma follows it in a date
_COPYRIGHT = re.compile(r"(?:©|\(c\)|Copyright)\s*(?:©|\(c\))?\s*(?:by\s+)?\d{4}[^\n|]{0,160}", re.IGNORECASE)


def tdm_reservation(document: Document, index: SignalIndex) -> TdmReservation | None:
    """The reservation by header or meta (TDMRep 2024, sections 4 and 5); None if the page says nothing."""
    headers = document.page.header_values("tdm-reservation")
    header = next((value for value in headers if value.strip() == "1"), next(iter(headers), None))  # one "1" reserves
    if header is not None:
        evidence = Evidence(
            vocabulary="header", name="tdm-reservation", quote=header[:240], where="header:tdm-reservation"
        )
        return TdmReservation(
            reserved=header.strip() == "1", policy_url=document.page.header("tdm-policy"), evidence=(evidence,)
        )
    signal = index.first(("meta", "tdm-reservation"), ("http_equiv", "tdm-reservation"))
    if signal is None:
        return None
    policy = index.first(("meta", "tdm-policy"), ("http_equiv", "tdm-policy"))
    return TdmReservation(
        reserved=signal.value.strip() == "1",
        policy_url=tidy(policy.value) if policy else None,
        evidence=(signal.evidence(document),),
    )


def robots_directives(page: Page, index: SignalIndex) -> tuple[str, ...]:
    """Directives for every robot and for ours, lower-case, from X-Robots-Tag and meta robots; sorted, each once."""
    found: set[str] = set()
    for header in page.header_values("x-robots-tag"):
        found.update(_of_header(header))
    for name in ("robots", PRODUCT):
        for signal in index.get("meta", name):
            found.update(_directives(signal.value))
    return tuple(sorted(found))


def _of_header(header: str) -> set[str]:
    agent, _, rest = header.partition(":")
    agent = agent.strip().lower()
    if (
        rest
        and "," not in agent
        and agent not in ("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview")
    ):
        return _directives(rest) if agent == PRODUCT else set()
    return _directives(header)


def _directives(value: str) -> set[str]:
    value = value.lower()
    if "unavailable_after" in value:  # its date may hold a comma
        head, _, tail = value.partition("unavailable_after")
        date, *rest = tail.split(",")
        if rest and _WEEKDAY.fullmatch(date):
            date = f"{date},{rest.pop(0)}"
        return _directives(head) | {f"unavailable_after{date.rstrip()}"} | _directives(",".join(rest))
    names = {part.strip() for part in value.split(",") if part.strip()}
    return names | {"noindex", "nofollow"} if "none" in names else names - {"index", "follow", "all", "archive"}


def unavailable_after(directives: tuple[str, ...]) -> datetime | None:
    """The moment of an `unavailable_after` directive (RFC 850, RFC 822 or ISO 8601), or None if none can be read."""
    from email.utils import parsedate_to_datetime

    text = next(
        (d.partition("unavailable_after")[2].strip(" :") for d in directives if d.startswith("unavailable_after")), ""
    )
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = parse(text)
        except (ValueError, TypeError):
            continue
        from datetime import UTC

        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


def copyright_line(index: SignalIndex) -> str | None:
    """The copyright statement of the metadata."""
    for signal in [
        *index.get("dc", "rights"),
        *index.get("prism", "copyright"),
        *index.get("dc", "copyright"),
        *index.get("jats", "copyright"),
    ]:
        value = tidy(signal.value)
        if not value.startswith("http") and (_COPYRIGHT.search(value) or signal.name == "copyright"):
            return value[:300]
    return None
