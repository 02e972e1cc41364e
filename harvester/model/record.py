"""The Record: one citable edition with one landing page. Field names follow dcterms, JATS, CSL and DataCite."""

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from typing import Any, Literal, NamedTuple, get_args, get_origin

from pydantic import BaseModel

from harvester.model.access import AccessVerdict
from harvester.model.base import Utc, Value
from harvester.model.signal import Evidence


class Section(Value):
    """One labelled part of a structured abstract; `label` is None for text before the first label."""

    label: str | None
    text: str


class LangText(Value):
    """Text in exactly one language (BCP 47). `boilerplate` lists sentences of the site that were removed."""

    value: str
    language: str
    known_by: Literal["declared", "label", "detected", "operator", "unknown"] = "unknown"
    conflict: bool = False
    role: Literal["original", "translation", "parallel", "unknown"] = "unknown"
    kind: str = "abstract"  # abstract | lay | graphical | teaser; "title" for titles
    sections: tuple[Section, ...] = ()
    boilerplate: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()


class KeywordList(Value):
    """Keywords of one language in printed order. `paired_with`: equal-length list paired by position, an inference."""

    items: tuple[str, ...]
    language: str
    known_by: Literal["declared", "label", "detected", "operator", "unknown"] = "unknown"
    paired_with: str | None = None
    evidence: tuple[Evidence, ...] = ()


class Contributor(Value):
    """A person or group. `name` as printed; `order` counts from 1 within the role."""

    name: str
    family: str | None = None
    given: str | None = None
    orcid: str | None = None
    affiliations: tuple[str, ...] = ()
    role: str = "author"
    order: int
    evidence: tuple[Evidence, ...] = ()


class Issn(Value):
    """An ISSN (ISO 3297) whose check digit is right, as NNNN-NNNC."""

    value: str
    kind: Literal["print", "electronic", "linking", "unknown"] = "unknown"


class Container(Value):
    """Journal, book or repository the edition stands in. `evidence` is keyed by field name."""

    titles: dict[str, str] = {}
    issns: tuple[Issn, ...] = ()
    publisher: str | None = None
    volume: str | None = None
    issue: str | None = None
    pages: str | None = None
    article_number: str | None = None
    evidence: dict[str, tuple[Evidence, ...]] = {}


class DateValue(Value):
    """An ISO 8601 date at its true precision. `rule` names how `raw` was read (`iso`, `day-first` ...)."""

    kind: str  # published | print | online | accepted | received | revised | shown_on_page ...
    value: str
    precision: Literal["year", "month", "day"]
    raw: str
    rule: str
    evidence: tuple[Evidence, ...] = ()


class Identifier(Value):
    """`value` is the normal form (DOI lower-case, no prefix), `raw` as shown; `role` says whose it is."""

    scheme: str
    value: str
    raw: str
    role: Literal["self", "other_edition", "ambiguous"] = "self"
    evidence: tuple[Evidence, ...] = ()


def own(identifiers: Iterable[Identifier], scheme: str) -> str | None:
    """Normal form of the first identifier of `scheme` that is the edition's own, or None."""
    return next((one.value for one in identifiers if one.scheme == scheme and one.role == "self"), None)


class Location(Value):
    """A place of the text as the page names it; never fetched by us."""

    url: str
    content: Literal["landing", "fulltext_html", "fulltext_pdf"]
    says: str | None = None


class Licence(Value):
    """A licence of this article. `applies_to` as in NISO ALI and Crossref (vor, am, tdm ...)."""

    url: str
    spdx: str | None = None
    start: str | None = None
    applies_to: str = "unspecified"
    evidence: tuple[Evidence, ...] = ()


class TdmReservation(Value):
    """A reservation of text and data mining (TDMRep, W3C CG report 2024) and where it was said."""

    reserved: bool
    policy_url: str | None = None
    evidence: tuple[Evidence, ...] = ()


class AbstractPolicy(Value):
    """What may be done with the abstracts of this record, and on which basis."""

    basis: str = "open"  # open (nothing reserved) | none | research | licence | permission
    keep: bool = True
    show: Literal["public", "signed_in", "nobody"] = "public"
    redistribute: bool = True


class Rights(Value):
    """Licences, reservation, robots directives and what they mean for the abstracts."""

    licences: tuple[Licence, ...] = ()
    copyright: str | None = None
    tdm: TdmReservation | None = None
    robots: tuple[str, ...] = ()
    unavailable_after: Utc | None = None
    abstract_policy: AbstractPolicy = AbstractPolicy()


class Relation(Value):
    """A stated tie to another edition or work; `type` is named from this record's side as Crossref does."""

    type: str
    target: str | None = None
    target_text: str = ""
    state: Literal["resolved", "unresolved", "ambiguous"] = "unresolved"
    evidence: tuple[Evidence, ...] = ()


class Integrity(Value):
    """Corrections and retractions; a retracted record is updated, never deleted."""

    status: Literal["none", "corrected", "retracted", "expression_of_concern", "withdrawn"] = "none"
    notice: str | None = None
    date: str | None = None
    evidence: tuple[Evidence, ...] = ()


class Provenance(Value):
    """Where the record was read from and by which rules; `archive` says whether the page can be read again."""

    url: str
    fetched_at: Utc
    page_digest: str  # sha256:HEX of the body as served
    rules: str  # version of the extraction rules
    source_digest: str = ""  # of the seed files the Source was made from
    run_id: str | None = None
    archive: Literal["kept", "cut", "none"] = "none"
    archive_reason: str | None = None
    warc_file: str | None = None
    warc_offset: int | None = None
    encoding: str = ""
    encoding_suspect: bool = False


class Record(Value):
    """One edition of one article. `id` derives from the source and its first canonical URL and never changes."""

    id: str
    work_id: str
    source_id: str
    publisher_id: str | None = None
    url: str  # canonical landing page
    aliases: tuple[str, ...] = ()
    revision: int = 0
    created_at: Utc | None = None
    updated_at: Utc | None = None
    deleted_at: Utc | None = None
    deletion_reason: Literal["gone", "duplicate", "legal", "out_of_scope", "operator"] | None = None
    type: str = "article"  # JATS article-type where the page states one
    languages: tuple[str, ...] = ()
    titles: dict[str, LangText] = {}
    abstracts: dict[str, LangText] = {}
    other_abstracts: tuple[LangText, ...] = ()  # lay, graphical ... never merged with the abstract
    keywords: dict[str, KeywordList] = {}
    contributors: tuple[Contributor, ...] = ()
    container: Container = Container()
    dates: tuple[DateValue, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    locations: tuple[Location, ...] = ()
    access: AccessVerdict
    rights: Rights = Rights()
    relations: tuple[Relation, ...] = ()
    integrity: Integrity = Integrity()
    flags: tuple[str, ...] = ()
    provenance: Provenance

    def identifier(self, scheme: str) -> str | None:
        """Normal form of this edition's own identifier of `scheme`, or None."""
        return own(self.identifiers, scheme)

    def at(self, url: str) -> "Record":
        """The record under another of its URLs: the landing location follows, the one it had becomes an alias."""
        if url == self.url:
            return self
        locations = tuple(
            place.model_copy(update={"url": url}) if place.content == "landing" else place for place in self.locations
        )
        aliases = tuple(alias for alias in dict.fromkeys((*self.aliases, self.url)) if alias != url)
        return self.model_copy(update={"url": url, "aliases": aliases, "locations": locations})

    @property
    def identity_doi(self) -> str | None:
        """The own DOI as an identity key: None under a "cite the other edition" note, where it may be the other's."""
        noted = any(r.type == "isVariantFormOf" and r.state != "resolved" for r in self.relations)
        return None if noted else self.identifier("doi")


def record_id(source_id: str, canonical_url: str) -> str:
    """The stable opaque id: 80 bits of SHA-256 over source and first canonical URL, in lower-case hex."""
    return hashlib.sha256(f"{source_id}\n{canonical_url}".encode()).hexdigest()[:20]


_NOT_MEANING = {
    "revision", "created_at", "updated_at", "deleted_at", "deletion_reason", "provenance", "evidence",
    "as_of", "aliases", "id", "work_id", "raw", "rule", "decided_by", "boilerplate", "flags",
}  # fmt: skip


def meaning(record: Record) -> dict[str, Any]:
    """The record as JSON types without places, times and bookkeeping: two equal meanings are no Change."""
    return meaning_of(record.model_dump(mode="json"))


def meaning_of(dump: dict[str, Any]) -> dict[str, Any]:
    """`meaning` of a record that has been dumped (`mode="json"`) already; the dump itself becomes it."""
    _prune(dump, _pruning(Record))
    return dump


class _Pruning(NamedTuple):
    """What goes out of the dump of one model: its own fields, and those of the models in its fields."""

    drops: tuple[str, ...]
    single: tuple[tuple[str, "_Pruning"], ...]
    listed: tuple[tuple[str, "_Pruning"], ...]
    keyed: tuple[tuple[str, "_Pruning"], ...]


@cache
def _pruning(model: type[BaseModel]) -> _Pruning:
    fields = model.model_fields
    inner: dict[str, list[tuple[str, _Pruning]]] = {"single": [], "listed": [], "keyed": []}
    for name in fields.keys() - _NOT_MEANING:
        if (held := _model_in(fields[name].annotation)) and any(below := _pruning(held)):
            kinds: dict[Any, str] = {tuple: "listed", dict: "keyed"}
            inner[kinds.get(get_origin(fields[name].annotation), "single")].append((name, below))
    return _Pruning(tuple(_NOT_MEANING & fields.keys()), **{kind: tuple(found) for kind, found in inner.items()})


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)


def _prune(dump: dict[str, Any], pruning: _Pruning) -> None:
    for name in pruning.drops:
        del dump[name]
    for name, below in pruning.single:
        if dump[name] is not None:
            _prune(dump[name], below)
    for name, below in pruning.listed:
        for value in dump[name]:
            _prune(value, below)
    for name, below in pruning.keyed:
        for value in dump[name].values():
            _prune(value, below)


def content_hash(record: Record) -> str:
    """SHA-256 (hex) of the record's meaning."""
    text = json.dumps(meaning(record), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
