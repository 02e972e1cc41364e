"""Contributors: one list, the best that is said, each person once, with ORCID and affiliations."""

import re
from functools import lru_cache
from typing import NamedTuple

from harvester.extraction.document import Document, as_words
from harvester.extraction.fields.choose import SignalIndex
from harvester.extraction.fields.printed_ids import printed_ids
from harvester.extraction.normalise.identifiers import orcid
from harvester.extraction.normalise.names import Name, clean_name, is_group, looks_like_name, read_name, split_names
from harvester.extraction.normalise.text import fold, tidy
from harvester.extraction.signals.signal import Signal
from harvester.model.record import Contributor


class _Person(NamedTuple):
    name: str
    signal: Signal
    family: str | None = None
    given: str | None = None
    orcid: str | None = None
    affiliations: tuple[str, ...] = ()
    collective: bool = False


_LISTS = {
    ("selector", "authors"): 200,
    ("jats", "author"): 130,
    ("highwire", "author"): 120,
    ("bepress", "author"): 118,
    ("eprints", "creators_name"): 116,
    ("highwire", "authors"): 112,
    ("json_ld", "author"): 110,
    ("dc", "creator.personalname"): 106,
    ("dc", "creator"): 104,
    ("dc", "contributor.author"): 103,
    ("dcterms", "creator"): 90,
    ("microdata", "author"): 108,
    ("json_ld", "creator"): 85,
    ("microdata", "creator"): 83,
    ("fact", "authors"): 70,
    ("dc", "contributor"): 65,
    ("meta", "authors"): 62,
    ("byline", "authors"): 58,
}


class _Others(NamedTuple):
    """What stands among authors and is none: folded affiliations and names of editors."""

    affiliations: frozenset[str]
    editors: frozenset[str]

    @classmethod
    def of(cls, index: SignalIndex) -> "_Others":
        editors = index.get("highwire", "editor")
        return cls(
            frozenset(map(fold, _declared_affiliations(index))),
            frozenset(fold(clean_name(tidy(signal.value))) for signal in editors),
        )


_RAISED = re.compile(r"(?:\d{1,2}(?=[A-ZÀ-ÖØ-Þ][^\W\d_])|[a-z] (?=[A-ZÀ-ÖØ-Þ][a-z]))")
_MAIL = re.compile(
    r"[\s,;.(]{0,5}\be-?mails?(?: address(?:es)?)?\s?:?\s?"
    r"(?:[^\s@]{1,80}@[^\s@]{1,80}|\[email.protected\])?[\s,;.)]{0,5}$",
    re.IGNORECASE,
)
_ALIKE = 30  # people of one name that are compared; more are a list that was made up
_CITED = 100  # authors of an article of whose names a citation is looked for
_ITEMISED = ("json_ld", "microdata", "jats")  # items are family, given, ORCID, affiliations


def choose_contributors(document: Document, index: SignalIndex) -> tuple[Contributor, ...]:
    """Authors in printed order, then editors the page names; nobody twice, no affiliation among the people."""
    others = _Others.of(index)
    lists = [(_LISTS[key], people) for key in index.stated(_LISTS) if (people := _people(index, *key, others))]
    if not lists:
        return ()
    best = _best(lists)
    beside = [_Roll(people) for _, people in lists if people is not best]
    affiliations = [_affiliation(signal.value) for signal in index.get("selector", "affiliations")]
    made = []
    best = _with_links(best, index)
    for order, person in enumerate(best, 1):
        made.append(_contributor(document, person, order, beside, affiliations, len(best)))
    return (*_with_printed_ids(document, _capitals_alike(made)), *_editors(document, index, best))


def _with_printed_ids(document: Document, made: list[Contributor]) -> list[Contributor]:
    if all(person.orcid for person in made):
        return made
    found = printed_ids(document, [(person.family or person.name, person.given or "") for person in made])
    told = {person.orcid for person in made}
    return [
        person.model_copy(update={"orcid": found[place]})
        if not person.orcid and place in found and found[place] not in told
        else person
        for place, person in enumerate(made)
    ]


def _capitals_alike(made: list[Contributor]) -> list[Contributor]:
    """`Kenji ABE` beside `Haruka MORI`: three capitals are a family name where others' family names are printed so."""
    lasts = [person.name.rpartition(" ")[2] for person in made]
    if not all(last.isalpha() and last.isupper() for last in lasts) or not any(
        len(last) > 3 and last == person.family for last, person in zip(lasts, made, strict=True)
    ):
        return made
    return [
        person.model_copy(update={"family": last, "given": person.family}) if person.given == last else person
        for last, person in zip(lasts, made, strict=True)
    ]


def _best(lists: list[tuple[int, list[_Person]]]) -> list[_Person]:
    """The list of the highest rank, plus agreement: other lists of the same family names in the same order."""
    if len(lists) == 1:
        return lists[0][1]
    keys = [tuple(map(_key, people)) for _, people in lists]
    weighed = [(rank + 25 * keys.count(own), rank) for own, (rank, _) in zip(keys, lists, strict=True)]
    return lists[weighed.index(max(weighed))][1]


def _people(index: SignalIndex, vocabulary: str, name: str, others: _Others) -> list[_Person]:
    people: list[_Person] = []
    alone = len({signal.value for signal in index.get(vocabulary, name)}) == 1
    for signal in _one_language(index.get(vocabulary, name)):
        if vocabulary in _ITEMISED:
            people.extend(_from_json(signal))
        elif signal.items:
            people.extend(_Person(item, signal) for item in signal.items)
        else:
            people.extend(_Person(part, signal) for part in _printed(signal, alone=alone))
    if (vocabulary, name) == ("highwire", "author"):
        people = _with_details(people, index)
    if vocabulary == "fact":
        people = _creators(people)
        named = [person for person in people if looks_like_name(clean_name(person.name))]
        people = named if len(named) >= 0.8 * len(people) else []
    return _distinct(people, others) if people else []


def _one_language(signals: list[Signal]) -> list[Signal]:
    """Names that are declared in several languages are the same people: those of the first language."""
    if len({signal.language for signal in signals}) < 2:
        return signals
    return [signal for signal in signals if signal.language == signals[0].language]


# Separators of names other than the comma, which stands inside inverted names too; or two names with initials first.
_SEVERAL = re.compile(
    r"[;|、，；]|^[\u3400-\u9fff]{2,4}\s*,\s*[\u3400-\u9fff]{2,4}$|,\s*(?:Dr|Prof|PD)\.?\s|\s(?:and|et|und|&)\s|^(?:[^\W\d_]\.[\s-]?)+[^,]+,\s*[^\W\d_]\."
)
_ROLE = re.compile(r"\s*\((?P<role>[^()\d]{3,30})\)\s*$")
_CREATOR = re.compile(
    r"^(?:creator|authors?|auteure?s?|autor(?:es|en|a|in)?|autore|autori|verfasser(?:in)?|aut)$", re.I
)


def _creators(people: list[_Person]) -> list[_Person]:
    """People without the roles printed after their names: `Stein, Derek (Director)` is no author if others are."""
    roles = [_ROLE.search(person.name) for person in people]
    named = any(role and _CREATOR.match(role["role"].strip()) for role in roles)
    return [
        person._replace(name=person.name[: role.start()] if role else person.name)
        for person, role in zip(people, roles, strict=True)
        if not named or (role and _CREATOR.match(role["role"].strip()))
    ]


def _printed(signal: Signal, *, alone: bool) -> list[str]:
    value = tidy(signal.value)
    if "@" in value or value.startswith("http"):
        return []
    if (alone or ";" in value) and (_SEVERAL.search(value) or value.count(",") > 1 or _are_two(value)):
        return split_names(value)
    return [value]


def _are_two(value: str) -> bool:
    """True for `Ana RUIZ, Leo PAZ`: a comma between two names, each with its family name in capitals."""
    names = [name.split() for name in value.split(",")]
    return len(names) == 2 and all(
        any(len(word) > 2 and word.isupper() for word in words) and any(not word.isupper() for word in words)
        for words in names
    )


def _from_json(signal: Signal) -> list[_Person]:
    if not signal.items:
        return [_Person(part, signal) for part in split_names(tidy(signal.value))]
    family, given, identifier, *affiliations = signal.items
    return [
        _Person(
            tidy(signal.value),
            signal,
            tidy(family) or None,
            tidy(given) or None,
            orcid(identifier),
            tuple(filter(None, map(_affiliation, affiliations))),
            signal.collective,
        )
    ]


def _with_details(people: list[_Person], index: SignalIndex) -> list[_Person]:
    """Add `citation_author_institution` and `_orcid`, which follow the author they speak of."""
    by_signal = {id(person.signal): person for person in people}
    affiliations: dict[int, dict[str, None]] = {}
    current: int | None = None
    for signal in index.all:
        if signal.vocabulary != "highwire" or not signal.name.startswith("author"):
            continue
        if signal.name == "author":
            current = id(signal) if id(signal) in by_signal else None
        elif current is not None:
            if signal.name == "author_institution" and (value := _affiliation(signal.value)):
                affiliations.setdefault(current, dict.fromkeys(by_signal[current].affiliations))[value] = None
            elif signal.name == "author_orcid":
                by_signal[current] = by_signal[current]._replace(orcid=orcid(signal.value))
    for author, found in affiliations.items():
        by_signal[author] = by_signal[author]._replace(affiliations=tuple(found))
    return [by_signal[id(person.signal)] if len(people) == len(by_signal) else person for person in people]


def _with_links(people: list[_Person], index: SignalIndex) -> list[_Person]:
    """Add the ORCID iDs of `author` links: by the name that a link gives, or where one link meets one person."""
    found = [(iD, signal.items[1]) for signal in index.get("link", "author") if (iD := orcid(signal.value))]
    if len({iD for iD, _ in found}) == 1 == len(people) and not found[0][1]:
        return [people[0]._replace(orcid=people[0].orcid or found[0][0])]
    named = {fold(name): iD for iD, name in found if name}
    return [one._replace(orcid=one.orcid or named.get(fold(one.name))) for one in people] if named else people


def _key(person: _Person) -> str:
    return fold(person.family or read_name(person.name).family or person.name)


class _Roll:
    """People in their order, found by name: only those of the same family name, or the same whole one, can be one."""

    def __init__(self, people: list[_Person]) -> None:
        self.people = people
        self._count = 0
        self._places: dict[str, list[int]] = {}

    def place(self, person: _Person) -> int | None:
        """Where the same person stands."""
        for at, other in enumerate(self.people[self._count :], self._count):
            for key in _keys(other):
                places = self._places.setdefault(key, [])
                if len(places) < _ALIKE:
                    places.append(at)
        self._count = len(self.people)
        alike = sorted({at for key in _keys(person) for at in self._places.get(key, ())})
        return next((at for at in alike if _same_person(person, self.people[at])), None)


def _keys(person: _Person) -> set[str]:
    return {_parts(person)[0], fold(person.name)}


def _distinct(people: list[_Person], others: _Others) -> list[_Person]:
    """Drop people named twice (in two styles too) and affiliations or sites that stand among them."""
    kept: list[_Person] = []
    roll = _Roll(kept)
    for person in people:
        name = clean_name(person.name)
        if not name or not any(map(str.isalpha, name)) or len(name) > 200:
            continue
        folded = fold(name)
        if folded in others.affiliations or (folded in others.editors and len(people) > len(others.editors)):
            continue
        if _is_affiliation(name):
            continue
        twin = roll.place(person)
        if twin is None:
            kept.append(person._replace(name=name))
        else:
            kept[twin] = _joined(kept[twin], person)
    return kept


def _joined(one: _Person, other: _Person) -> _Person:
    """One person named twice: what the second naming adds is kept."""
    affiliations = tuple(dict.fromkeys((*one.affiliations, *other.affiliations)))
    return one._replace(orcid=one.orcid or other.orcid, affiliations=affiliations)


def _affiliation(printed: str) -> str:
    """An affiliation without the raised mark that it begins with, and without the mail address that it ends with."""
    text = tidy(printed)
    raised = _RAISED.match(text)
    return _MAIL.sub("", text[raised.end() :] if raised else text)


def _is_affiliation(name: str) -> bool:
    return name.count(",") >= 2 and is_group(name)


def _same_person(one: _Person, other: _Person) -> bool:
    a, b = _parts(one), _parts(other)
    if a[0] != b[0]:
        return fold(one.name) == fold(other.name)
    first, second = a[1], b[1]
    if not first or not second:
        return not first and not second
    if first == second:
        return True
    initials = [word[0] for word in first.split()], [word[0] for word in second.split()]
    abbreviated = _abbreviated(one, first) != _abbreviated(other, second)
    return abbreviated and (initials[0][:1] == initials[1][:1]) and _prefix(initials[0], initials[1], first, second)


def _prefix(one: list[str], other: list[str], first: str, second: str) -> bool:
    short, _ = sorted((first.replace(" ", ""), second.replace(" ", "")), key=len)
    spelled = "".join(one) if len(first.replace(" ", "")) > len(short) else "".join(other)
    return len(short) <= 3 and (spelled.startswith(short) or short.startswith(spelled[: len(short)]))


def _abbreviated(person: _Person, given: str) -> bool:
    return all(len(word) == 1 for word in given.split()) or (person.given or "").isupper()


def _parts(person: _Person) -> tuple[str, str]:
    return _folded_parts(person.name[:200], person.family, person.given)


@lru_cache(maxsize=1024)  # the lists of one page repeat each other's names, and every pair is compared
def _folded_parts(printed: str, family: str | None, given: str | None) -> tuple[str, str]:
    if family:
        return fold(family), fold(given or "")
    name = read_name(printed)
    given = name.given or ""
    if given.isupper() and "." not in given and " " not in given and len(given) <= 4:
        given = " ".join(given)
    return fold(name.family or name.printed), fold(given)


def _declared_affiliations(index: SignalIndex) -> list[str]:
    signals = [*index.get("selector", "affiliations"), *index.get("highwire", "author_institution")]
    return [value for printed in dict.fromkeys(s.value for s in signals) if (value := tidy(printed).strip(" ,;"))]


def _contributor(
    document: Document, person: _Person, order: int, others: list[_Roll], affiliations: list[str], count: int
) -> Contributor:
    twins = [twin for roll in others if (twin := _twin(person, order, roll, count))]
    name = _name(person)
    family, given = person.family or name.family, person.given or name.given
    if person.family is None and "," not in person.name and not person.collective:
        inverted = next((read_name(twin.name) for twin in twins if "," in twin.name), None)
        told = next((twin for twin in twins if twin.family), None)
        if inverted:
            family, given = inverted.family, inverted.given
        elif told:
            family, given = told.family, told.given
        elif count <= _CITED:
            family, given = _as_cited(document, name) or (family, given)
    own = person.affiliations or next((twin.affiliations for twin in twins if twin.affiliations), ())
    if not own and len(affiliations) == 1:
        own = tuple(affiliations)  # one address printed under all names
    return Contributor(
        name=name.printed,
        family=family,
        given=given,
        orcid=person.orcid or next((twin.orcid for twin in twins if twin.orcid), None),
        affiliations=tuple(own),
        order=order,
        evidence=tuple(signal.evidence(document) for signal in _witnesses(person, twins)),
    )


def _as_cited(document: Document, name: Name) -> tuple[str, str] | None:
    """Family and given names as the page prints them the other way round: `Quispe Mamani, Rosario`, `Ruiz Gil, P.`"""
    words = name.printed.split()
    if len(words) < 3 or len(words) > 6 or not name.family:
        return None
    for start in range(1, len(words) - len(name.family.split())):
        family, given = " ".join(words[start:]), " ".join(words[:start])
        for cited in (f"{family}, {given}", f"{family}, {given[0]}."):
            if as_words((cited,)) in document.words:
                return family, given
    return None


def _name(person: _Person) -> Name:
    """A group's name is never taken apart."""
    return Name(person.name, None, None) if person.collective else read_name(person.name)


def _witnesses(person: _Person, twins: list[_Person]) -> list[Signal]:
    own = person.signal if person.signal.vocabulary in _ITEMISED else person.signal._replace(quote=person.name)
    return [own, *(twin.signal for twin in twins[:1])]


def _twin(person: _Person, order: int, roll: _Roll, count: int) -> _Person | None:
    """The same person in another list: the same place in a list of the same length, or the same name."""
    if len(roll.people) == count and _shares_word(person, roll.people[order - 1]):
        return roll.people[order - 1]
    at = roll.place(person)
    return None if at is None else roll.people[at]


def _shares_word(one: _Person, other: _Person) -> bool:
    return any(len(word) > 1 and word in fold(other.name).split() for word in fold(one.name).split())


def _editors(document: Document, index: SignalIndex, authors: list[_Person]) -> list[Contributor]:
    editors: list[Contributor] = []
    known = {_key(person) for person in authors}
    named = [s for key in ("highwire", "json_ld", "microdata", "jats") for s in index.get(key, "editor")]
    for signal in named:
        told = _from_json(signal)[0] if signal.vocabulary == "jats" else _Person(tidy(signal.value), signal)
        name = _name(told)
        family, given = told.family or name.family, told.given or name.given
        if name.printed and fold(family or name.printed) not in known:
            known.add(fold(family or name.printed))
            editors.append(
                Contributor(
                    name=name.printed,
                    family=family,
                    given=given,
                    orcid=told.orcid,
                    affiliations=told.affiliations,
                    role="editor",
                    order=len(editors) + 1,
                    evidence=(signal.evidence(document),),
                )
            )
    return editors
