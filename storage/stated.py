"""What records state of each other: which ties make them editions of one work, and which say that they are not.

A Work holds the editions of one article: the same edition at several Sources (one own DOI), its translations and its
parallel editions. A preprint or another version is a text of its own that may say other things, so such a tie is a
question for the review queue; a correction, a comment or a review is another article.
"""

from collections.abc import Iterator
from functools import lru_cache

from harvester.model.record import Record
from harvester.model.source import UrlRules
from harvester.urls import URL_LIMIT, canonical_url
from storage.documents import clean
from storage.identity import doi_key

JOINING = frozenset(("isTranslationOf", "hasTranslation", "isVariantFormOf"))
VERSIONS = frozenset(("isPreprintOf", "hasPreprint", "isVersionOf", "hasVersion", "isReplacedBy", "replaces"))
NOTICES = frozenset(("isCorrectionOf", "isRetractionOf", "isConcernAbout"))
APART = NOTICES | {
    "hasCorrection", "hasRetraction", "hasConcern", "isCommentOn", "hasComment", "isReplyTo", "hasReply", "isReviewOf",
    "hasReview", "hasRelatedMaterial",
}  # fmt: skip
_KEPT = JOINING | VERSIONS
_SCHEMES = {"pmid": "pmid", "pmcid": "pmcid", "pmc": "pmcid", "hal": "hal", "arxiv": "arxiv"}
_NOTE = "cite_other_edition"
_ANY_SITE = UrlRules()


def own_keys(record: Record) -> list[str]:
    """What other records may call this one: own DOI, addresses, and identifiers of registries."""
    doi = record.identity_doi
    keys = [doi_key(doi)] if doi else []
    keys += [f"url:{url}" for url in (record.url, *record.aliases)]
    return [*map(clean, keys), *registry_keys(record)]


def registry_keys(record: Record) -> list[str]:
    """The record's own identifiers that are no name within its Source."""
    own = [one for one in record.identifiers if one.scheme in _SCHEMES and one.role == "self"]
    return [clean(f"{_SCHEMES[one.scheme]}:{one.value.lower()}") for one in own]


@lru_cache(maxsize=4096)
def target_keys(target: str) -> tuple[str, ...]:
    """What a stated target may be called here; an address with and without what sites add to it."""
    target = clean(target.strip())
    if len(target) > URL_LIMIT:
        return ()
    if target.lower().startswith(("http://", "https://")):
        plain = target.partition("#")[0]
        urls = dict.fromkeys((target, plain, canonical_url(plain, _ANY_SITE)))
        urls |= dict.fromkeys(url.removesuffix("/") if url.endswith("/") else f"{url}/" for url in [*urls])
        return tuple(f"url:{url}" for url in urls)
    scheme, colon, value = target.partition(":")
    if colon and scheme.lower() in _SCHEMES:
        return (f"{_SCHEMES[scheme.lower()]}:{value.lower()}",)
    return (doi_key(target),) if target.startswith("10.") else ()


def ties(record: Record) -> Iterator[tuple[str, str]]:
    """Key and type of every tie that may put the record beside another in a work or in the review queue."""
    for relation in record.relations:
        if relation.target and relation.state == "resolved" and relation.type in _KEPT:
            for key in target_keys(relation.target):
                yield key, relation.type


def basis_of_one_work(one: Record, other: Record, *, of_doi: bool) -> str | None:
    """Why two records are editions of one work by what they state: `doi` or the type of the tie; None: they are not.

    `of_doi` says whether each is the one record of its Source that is known by its DOI: a DOI that several pages of a
    Source print as theirs, such as that of the issue, joins nothing.
    """
    if _kept_apart(one, other):
        return None
    if of_doi and one.source_id != other.source_id and _one_doi(one, other):
        return "doi" if _is_notice(one) == _is_notice(other) else None
    return _tie(one, other, JOINING) or _tie(other, one, JOINING)


def _one_doi(one: Record, other: Record) -> bool:
    mine, theirs = one.identity_doi, other.identity_doi
    return bool(mine and theirs) and doi_key(mine or "") == doi_key(theirs or "")


def stated_version(one: Record, other: Record) -> str | None:
    """The tie by which one is said to be another version of the other, else None."""
    return None if _kept_apart(one, other) else _tie(one, other, VERSIONS) or _tie(other, one, VERSIONS)


def are_other_works(one: Record, other: Record) -> bool:
    """Whether one is a correction, retraction, comment, reply or review of the other, or a notice beside an article."""
    return _kept_apart(one, other) or _is_notice(one) != _is_notice(other)


def note_to_cite(record: Record) -> tuple[str | None, str] | None:
    """Target and words of a note that asks to cite another edition; the target is None until it is resolved."""
    for relation in record.relations:
        said = next((evidence.quote for evidence in relation.evidence if evidence.name == _NOTE), None)
        if relation.type == "isVariantFormOf" and said is not None:
            return relation.target if relation.state == "resolved" else None, said
    return None


def _is_notice(record: Record) -> bool:
    return any(relation.type in NOTICES for relation in record.relations)


def _kept_apart(one: Record, other: Record) -> bool:
    return _tie(one, other, APART) is not None or _tie(other, one, APART) is not None


def _tie(one: Record, other: Record, types: frozenset[str]) -> str | None:
    """The type of a resolved tie of `one` to `other`."""
    wanted = [r for r in one.relations if r.type in types and r.target and r.state == "resolved"]
    if not wanted:
        return None
    names = set(own_keys(other))
    return next((r.type for r in wanted if r.target and not names.isdisjoint(target_keys(r.target))), None)
