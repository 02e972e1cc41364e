"""Redacted names: what is kept of them, and how a record that names them is cut.

Kept are keyed hashes (HMAC-SHA256) of a name's normal forms and of the ORCID; the key stands in the database. So a
later harvest, import or replay recognises the person among the contributors of a record and masks the name there and
in the record's texts; a record that was named in the request is also searched word by word.
"""

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import select

from harvester.model.access import AccessVerdict
from harvester.model.record import Contributor, Record
from storage.names import MASK, MASKED, Names, Person, of_contributor, person, words_in
from storage.tables import redactions, secrets

FLAG = "name_redacted"
PART = "names (redacted on request)"  # what was cut from an archived page
KEY_NAME = "redactions"
_UNTOUCHED = frozenset((
    "id", "work_id", "source_id", "publisher_id", "url", "aliases", "provenance", "identifiers", "where", "target",
    "language", "scheme", "vocabulary", "rule", "decided_by", "spdx", "raw_url", "issns", "policy_url",
))  # fmt: skip
Execute = Any  # what takes a statement: a connection or a snapshot


class Rule(NamedTuple):
    """One row: the hash of a form, the record it holds for (empty: all), the hash of the person's ORCID (or empty)."""

    key: str
    record_id: str
    orcid: str


class Redactor:
    """What is redacted at this moment. False when there is nothing."""

    def __init__(self, rules: Sequence[Rule] = (), secret: str = "") -> None:
        self._rules: dict[str, list[Rule]] = {}
        for rule in rules:
            self._rules.setdefault(rule.key, []).append(rule)
        self._named = {rule.record_id for rule in rules if rule.record_id}
        self._hashed = lru_cache(maxsize=8192)(lambda form: hashed(secret, form))

    def __bool__(self) -> bool:
        return bool(self._rules)

    def is_as(self, other: "Redactor") -> bool:
        """Whether both redact the same."""
        return self._rules == other._rules

    def names(self, record: Record, record_id: str) -> Names:
        """The names to mask in a record (stored as `record_id`) and in its page, and those of the others."""
        gone = [one for one in record.contributors if self._is_redacted(one, record_id)]
        people = [of_contributor(one) for one in gone]
        if record_id in self._named:
            people += self._mentioned(record, record_id)
        others = [of_contributor(one) for one in record.contributors if one not in gone]
        return Names(tuple(dict.fromkeys(people)), tuple(dict.fromkeys(others)))

    def record(self, record: Record, record_id: str) -> Record:
        """The record without the people redacted and with their names masked in every text."""
        names = self.names(record, record_id)
        gone = {of_contributor(one) for one in record.contributors if self._is_redacted(one, record_id)}
        return without(record, names, gone)

    def _is_redacted(self, one: Contributor, record_id: str) -> bool:
        return any(self._holds(form, one.orcid, record_id) for form in forms(of_contributor(one), one.orcid))

    def _holds(self, form: str, orcid: str | None, record_id: str) -> bool:
        return any(
            rule.record_id in ("", record_id)
            and not (orcid and rule.orcid and rule.orcid != self._hashed(orcid_form(orcid)))
            for rule in self._rules.get(self._hashed(form), ())
        )

    def _mentioned(self, record: Record, record_id: str) -> Iterator[Person]:
        """People whose full names stand in the texts of a record that was named in a request."""
        for text in texts(record):
            for words in words_in(text):
                one = person(None, None, words)
                if one.full and self._holds(f"name {one.full}", None, record_id):
                    yield one


def load(connection: Execute) -> Redactor:
    """What is redacted by now."""
    rows = connection.execute(select(redactions.c.key, redactions.c.record_id, redactions.c.orcid)).all()
    if not rows:
        return Redactor()
    secret = connection.execute(select(secrets.c.value).where(secrets.c.name == KEY_NAME)).scalar()
    return Redactor([Rule(*row) for row in rows], secret or "")


def hashed(secret: str, form: str) -> str:
    """A form as it is kept."""
    return hmac.new(secret.encode(), form.encode(), hashlib.sha256).hexdigest()


def forms(one: Person, orcid: str | None) -> list[str]:
    """The forms under which a contributor is known: full name or initials as printed, and the ORCID."""
    found = [f"name {one.full}"] if one.full else []
    if one.initials:
        found += [f"initials {one.short}", f"initial {one.shortest}"]
    found.append(f"any {one.shortest}")
    return [*found, orcid_form(orcid)] if orcid else found


def forms_asked(one: Person, orcid: str | None, *, of_named_records: bool) -> list[str]:
    """The forms under which a person is redacted.

    Everywhere: the name as given. In records that are named also by initials; and of somebody of whom only initials
    are given, every name they may stand for.
    """
    found = [f"name {one.full}"] if one.full else [f"initials {one.short}"]
    if of_named_records:
        found.append(f"any {one.shortest}" if one.initials else f"initial {one.shortest}")
    return [*found, orcid_form(orcid)] if orcid else found


def orcid_form(orcid: str) -> str:
    """An ORCID iD as it is hashed: its sixteen signs."""
    return f"orcid {orcid.strip().rstrip('/').rpartition('/')[2].replace('-', '').upper()}"


def without(record: Record, names: Names, gone: Iterable[Person] = ()) -> Record:
    """The record without these contributors, and with the names masked wherever a text has them."""
    if not names.people and not any(MASK in one.name for one in record.contributors):
        return record
    going = set(gone)
    dump = record.model_dump(mode="json")
    clean = masked_texts(dump, names) if names.people else dump
    stays = [
        one
        for one, printed in zip(clean["contributors"], record.contributors, strict=True)
        if of_contributor(printed) not in going and not MASKED.fullmatch(one["name"])
    ]
    if clean == dump and len(stays) == len(record.contributors):
        return record
    flags = tuple(dict.fromkeys((*record.flags, FLAG)))
    return Record.model_validate(clean | {"contributors": _numbered(stays), "flags": flags})


def _numbered(people: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those who stay, counted anew within their roles, as they would be from a page without the name."""
    counts: dict[str, int] = {}
    for one in people:
        counts[one["role"]] = one["order"] = counts.get(one["role"], 0) + 1
    return people


def verdict_without(verdict: AccessVerdict, names: Names) -> AccessVerdict:
    """The verdict with the names masked in the words it rests on."""
    return AccessVerdict.model_validate(masked_texts(verdict.model_dump(mode="json"), names))


def masked_texts(node: Any, names: Names) -> Any:
    """JSON with the names masked in every text that is neither an address nor an identifier."""
    if isinstance(node, str):
        return names.masked(node)
    if isinstance(node, dict):
        return {key: value if key in _UNTOUCHED else masked_texts(value, names) for key, value in node.items()}
    if isinstance(node, list):
        return [masked_texts(value, names) for value in node]
    return node


def texts(record: Record) -> Iterator[str]:
    """Titles, abstracts, keywords and what relations say."""
    for text in (*record.titles.values(), *record.abstracts.values(), *record.other_abstracts):
        yield text.value
    for words in record.keywords.values():
        yield from words.items
    yield from (relation.target_text for relation in record.relations)
    yield record.rights.copyright or ""
