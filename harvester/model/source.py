"""A Source as data: where to look, how politely, what to read, what it may keep, what to expect.

A Platform is the same vocabulary without a place; `harvester.sources` merges the two.
Regular expressions are compiled when a value is made, so a bad one is a mistake of the file.
"""

import re
from datetime import date, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, model_validator

from harvester.model.base import Value
from harvester.model.cron import parsed
from harvester.model.override import OverrideStatus


def _regex(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return text


Regex = Annotated[str, AfterValidator(_regex)]
Bcp47 = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
HTTP_URL = r"^https?://([^\s/?#\[\]]+|\[[0-9A-Fa-f:.]+\](:\d+)?)([/?#]\S*)?$"
HttpUrl = Annotated[str, Field(pattern=HTTP_URL)]


class SelectorRule(Value):
    """Reads one field. `css` (or `xpath`) finds elements; `drop` removes children before the text is taken;
    `attr` takes an attribute instead; `pattern` keeps its group `value`, else group 1, else the whole match.

    `split` is a regular expression that cuts one text into items (keywords, authors).
    `lang` says the language outright; without it the ladder of RECORD.md decides. `kind` is a date's or ISSN's kind.
    """

    css: str | None = None
    xpath: str | None = None
    attr: str | None = None
    drop: tuple[str, ...] = ()
    pattern: Regex | None = None
    split: Regex | None = None
    lang: Bcp47 | None = None
    kind: str | None = None
    order: Literal["dmy", "mdy", "ymd"] | None = None


class ReadRules(Value):
    """Selector rules by field. `blocks` are containers of labelled parts (Résumé | Summary | Mots clés ...)."""

    title: tuple[SelectorRule, ...] = ()
    abstract: tuple[SelectorRule, ...] = ()
    blocks: tuple[SelectorRule, ...] = ()
    keywords: tuple[SelectorRule, ...] = ()
    authors: tuple[SelectorRule, ...] = ()
    affiliations: tuple[SelectorRule, ...] = ()
    doi: tuple[SelectorRule, ...] = ()
    journal: tuple[SelectorRule, ...] = ()
    publisher: tuple[SelectorRule, ...] = ()
    issn: tuple[SelectorRule, ...] = ()
    volume: tuple[SelectorRule, ...] = ()
    issue: tuple[SelectorRule, ...] = ()
    pages: tuple[SelectorRule, ...] = ()
    date: tuple[SelectorRule, ...] = ()
    type: tuple[SelectorRule, ...] = ()
    citation_note: tuple[SelectorRule, ...] = ()
    fulltext: tuple[SelectorRule, ...] = ()  # visible or hidden full text: cut before anything is kept
    boilerplate: tuple[Regex, ...] = ()  # sentences of the site inside abstracts, removed


class AccessMark(Value):
    """An element whose mere presence in the article's head says the status (tier 4): a lock, an open icon."""

    css: str
    status: Literal["open", "free", "registration", "subscription", "no_fulltext"]


class AccessOverride(Value):
    """An operator's word on the article at `url` (as it is fetched), above all that the page says.

    `by` and `reason` are told with the verdict; after the day `until` it counts no more.
    """

    url: HttpUrl
    status: OverrideStatus
    by: Annotated[str, Field(min_length=1)]
    reason: Annotated[str, Field(min_length=1)]
    until: date | None = None


class AccessRules(Value):
    """Where the site says what may be read.

    `slots` (CSS) hold sentences about this article. `outside` (CSS) are site-wide places whose words never count.
    `ignore` are machine statements that never vary on this host and so say nothing (`vocabulary:name`).
    `files_open`: the platform's files are open to all, so an offered file without any gate means free.
    `journal`: status by journal policy (tier 6). `overrides`: the operator's word on single articles (tier 1).
    """

    slots: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    marks: tuple[AccessMark, ...] = ()
    ignore: tuple[str, ...] = ()
    files_open: bool = False
    journal: Literal["open", "free"] | None = None
    overrides: tuple[AccessOverride, ...] = ()


class Discovery(Value):
    """One way to find article URLs. `listing`: pages whose links are searched, with `next` for pagination;
    `sitemap`: a sitemap or sitemap index; `feed`: RSS, RDF or Atom; `oai_pmh`: the addresses that the records of an
    OAI-PMH endpoint name, of one `set`, in the format `metadata_prefix`; `urls`: the list given here; `dois`: DOIs,
    each asked of the `resolver`, from which only the Source's hosts are followed.

    `links` (CSS of `a` elements) narrows a listing; without it every link that matches `urls.article` counts.
    `follow` (regular expressions) are further listing pages, at most `depth` steps away.
    """

    kind: Literal["listing", "sitemap", "feed", "oai_pmh", "urls", "dois"]
    url: HttpUrl | None = None
    urls: tuple[HttpUrl, ...] = ()
    dois: tuple[str, ...] = ()
    resolver: HttpUrl = "https://doi.org/"
    set: str | None = None
    metadata_prefix: str = "oai_dc"
    links: str | None = None
    next: str | None = None
    follow: tuple[Regex, ...] = ()
    depth: Annotated[int, Field(ge=0, le=20)] = 3
    max_pages: Annotated[int, Field(ge=1, le=50_000)] = 500


class UrlRules(Value):
    """`article`: what an article URL looks like (searched in the absolute URL); the first pattern's group `id` is the
    publisher's id. `canonical` is a template over named groups (`https://host/article/{id}`).
    `refuse`: never requested (PDF, print, export, login), on top of the built-in list. `drop_params`: query parameters
    that do not make another page, on top of the built-in tracking list.
    """

    article: tuple[Regex, ...] = ()
    canonical: str | None = None
    refuse: tuple[Regex, ...] = ()
    drop_params: tuple[str, ...] = ()


def _span(text: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d", text):
        raise ValueError("not a time of day from HH:MM to HH:MM, as in 08:00-18:00")
    return text


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("not the name of a time zone, as in Europe/Paris") from error
    return name


Span = Annotated[str, AfterValidator(_span)]
Zone = Annotated[str, AfterValidator(_zone)]


class PolitenessRules(Value):
    """Seconds and bounds per host. `delay` under 1 needs the host in HARVESTER_PRIVATE_ALLOW."""

    delay: Annotated[float, Field(ge=0, le=3600)] = 1.0
    jitter: Annotated[float, Field(ge=0, le=1)] = 0.1
    timeout: Annotated[float, Field(gt=0, le=600)] = 60.0
    crawl_delay_cap: Annotated[float, Field(ge=1, le=3600)] = 60.0
    max_requests: Annotated[int, Field(ge=1)] | None = None  # per Run
    max_megabytes: Annotated[float, Field(gt=0)] | None = None  # of bodies, per Run
    max_minutes: Annotated[float, Field(gt=0)] | None = None  # per Run
    max_pages_per_day: Annotated[int, Field(ge=1)] | None = None  # visited in a calendar day (UTC), over all Runs
    quiet: tuple[Span, ...] = ()  # times of day at which nothing is asked
    quiet_zone: Zone = "UTC"  # IANA name


_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_LEAST = timedelta(minutes=5)
_MOST = timedelta(weeks=53)
_MOST_JITTER = timedelta(days=1)


def duration(text: str) -> timedelta:
    """`90m`, `6h`, `1d` or `2w` as a span of time. Raises ValueError for anything else."""
    if not re.fullmatch(r"[0-9]{1,6}[mhdw]", text, re.ASCII):
        raise ValueError("not a number with a unit m, h, d or w, as in 6h")
    return timedelta(**{_UNITS[text[-1]]: int(text[:-1])})


def _interval(text: str) -> str:
    if not _LEAST <= duration(text) <= _MOST:
        raise ValueError("is less than 5 minutes or more than 53 weeks, as in 6h")
    return text


def _jitter(text: str) -> str:
    if duration(text) > _MOST_JITTER:
        raise ValueError("is more than a day, as in 10m")
    return text


def _cron(text: str) -> str:
    cron = parsed(text)
    if timedelta(minutes=cron.shortest_gap) < _LEAST:
        raise ValueError("fires again within 5 minutes; write */5 for every five minutes")
    return " ".join(text.split())


class ScheduleRules(Value):
    """When a Source runs: at an interval (`every`), or by `cron` on the clock of `zone`; else every day.

    A fire is put off by up to `jitter`, the same for whoever computes it.
    """

    every: Annotated[str, AfterValidator(_interval)] | None = None
    cron: Annotated[str, AfterValidator(_cron)] | None = None
    zone: Zone = "UTC"  # IANA name
    jitter: Annotated[str, AfterValidator(_jitter)] = "0m"

    @model_validator(mode="after")
    def _agrees(self) -> "ScheduleRules":
        if self.every and self.cron:
            raise ValueError("says both every and cron; keep one of the two")
        if duration(self.jitter) >= self.shortest:
            raise ValueError(f"jitter {self.jitter} is not shorter than the time between two fires")
        return self

    @property
    def shortest(self) -> timedelta:
        """The least time between two fires."""
        return timedelta(minutes=parsed(self.cron).shortest_gap) if self.cron else self.interval

    @property
    def interval(self) -> timedelta:
        """The interval; a day where neither `every` nor `cron` is said."""
        return duration(self.every or "1d")

    def over(self, base: "ScheduleRules") -> "ScheduleRules":
        """These rules with those of `base` where these say nothing. One way to say when replaces the other."""
        said = {name: getattr(self, name) for name in self.model_fields_set}
        if said.get("every") or said.get("cron"):
            said = {"every": None, "cron": None} | said
        return base.model_copy(update=said)

    def checked(self) -> "ScheduleRules":
        """These rules, once more made from their words. Raises ValidationError where they do not agree."""
        return ScheduleRules.model_validate(self.model_dump(exclude_unset=True))


class RightsRules(Value):
    """The operator's basis for what a TDM reservation covers (decisions in seeds/README.md).

    `keep`, `show`, `redistribute` only mean something under `licence` and `permission`, which also demand
    `reference`, `declared_by`.
    """

    basis: Literal["none", "research", "licence", "permission"] | None = None
    reference: str | None = None
    declared_by: str | None = None
    until: date | None = None
    keep: bool = False
    show: Literal["public", "signed_in", "nobody"] = "nobody"
    redistribute: bool = False


class Expectations(Value):
    """Least counts and shares (0..1) of a Run; a miss makes it degraded. `duplicate_abstracts` is the largest share.

    What is not stated here is learnt from the Source's earlier Runs, unless `learned` is false.
    """

    min_records: Annotated[int, Field(ge=0)] | None = None
    with_doi: Annotated[float, Field(ge=0, le=1)] | None = None
    with_abstract: Annotated[float, Field(ge=0, le=1)] | None = None
    bilingual: Annotated[float, Field(ge=0, le=1)] | None = None
    with_verdict: Annotated[float, Field(ge=0, le=1)] | None = None
    with_keywords: Annotated[float, Field(ge=0, le=1)] | None = None
    with_authors: Annotated[float, Field(ge=0, le=1)] | None = None
    abstract_in_two: Annotated[float, Field(ge=0, le=1)] | None = None
    duplicate_abstracts: Annotated[float, Field(ge=0, le=1)] | None = None
    learned: bool = True


class Detect(Value):
    """How saved pages of a platform are recognised: by host, or by elements (CSS) that all stand on the page."""

    hosts: tuple[str, ...] = ()
    elements: tuple[str, ...] = ()
    generator: Regex | None = None  # searched in meta[name=generator]


class Journal(Value):
    """A journal of a Source. `code` is the site's own code; `titles` and ISSNs are facts of the register."""

    code: str
    title: str
    issns: tuple[str, ...] = ()
    languages: tuple[Bcp47, ...] = ()


class Platform(Value):
    """Publishing software shared by many Sources; its rules are the Source's defaults."""

    id: str
    name: str
    verified: str | Literal[False] = False
    languages: tuple[Bcp47, ...] = ()
    detect: Detect = Detect()
    urls: UrlRules = UrlRules()
    read: ReadRules = ReadRules()
    access: AccessRules = AccessRules()
    politeness: PolitenessRules = PolitenessRules()
    schedule: ScheduleRules = ScheduleRules()


class Source(Value):
    """A place we harvest, platform and source file merged. `hosts` bounds every request."""

    id: str
    name: str
    platform: str | None = None
    verified: str | Literal[False] = False
    enabled: bool = True
    homepage: HttpUrl | None = None
    hosts: tuple[str, ...] = ()  # host or host:port
    languages: tuple[Bcp47, ...] = ()
    detect: Detect = Detect()
    journals: tuple[Journal, ...] = ()
    discovery: tuple[Discovery, ...] = ()
    urls: UrlRules = UrlRules()
    read: ReadRules = ReadRules()
    access: AccessRules = AccessRules()
    politeness: PolitenessRules = PolitenessRules()
    schedule: ScheduleRules = ScheduleRules()
    rights: RightsRules = RightsRules()
    expect: Expectations = Expectations()
    digest: str = ""  # of the files it was made from


GENERIC = Source(id="generic", name="generic signals alone")
