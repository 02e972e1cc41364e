"""Each rule of a source on one page: how often it matches, and what it gives."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from harvester.extraction.document import Document, visible_text
from harvester.extraction.signals import selectors
from harvester.extraction.signals.signal import Signal
from harvester.model.record import Record
from harvester.model.source import AccessRules, ReadRules, SelectorRule, Source, UrlRules

_PATTERNS = ("boilerplate",)
_ELEMENTS = ("blocks", "fulltext")  # their text is read by others


class RuleFound(NamedTuple):
    """`key` as in the file, with the place in its list; `value` is the first one, as read.

    `matches` counts elements, addresses or sentences. Elements without a value: the rule's pattern fits none of them.
    """

    key: str
    rule: str
    matches: int
    value: str | None = None

    @property
    def is_idle(self) -> bool:
        """Nothing came of the rule on this page."""
        return self.matches == 0 or (self.value is None and self.key.startswith("read."))


def rules_found(
    document: Document, source: Source, signals: Sequence[Signal], record: Record | None
) -> list[RuleFound]:
    """What every rule of the source finds; a rule about other pages (contents, discovery) is not asked."""
    page = document.page
    return [
        *_addresses(page.final_url, source.urls),
        *_read(document, source.read),
        *_boilerplate(source.read, record),
        *_access(document, source.access, signals),
    ]


def _addresses(url: str, rules: UrlRules) -> Iterator[RuleFound]:
    for number, pattern in enumerate(rules.article):
        found = re.search(pattern, url)
        yield RuleFound(f"urls.article[{number}]", pattern, int(found is not None), found[0] if found else None)


def _read(document: Document, rules: ReadRules) -> Iterator[RuleFound]:
    for field in ReadRules.model_fields:
        if field in _PATTERNS:
            continue
        for number, rule in enumerate(getattr(rules, field)):
            elements = selectors.find(document, rule)
            if field in _ELEMENTS:
                value = visible_text(elements[0]) if elements else None
            else:
                values = selectors.read(document, ReadRules.model_validate({field: (rule,)}))
                value = _value(values[0]) if values else None
            yield RuleFound(f"read.{field}[{number}]", _written(rule), len(elements), value)


def _value(signal: Signal) -> str:
    return " | ".join(signal.items) or " ".join(signal.value.split())


def _written(rule: SelectorRule) -> str:
    given = rule.model_dump(exclude_defaults=True)
    return ", ".join(f"{name} = {_literal(value)}" for name, value in given.items())


def _literal(value: str | tuple[str, ...]) -> str:
    """As a TOML file writes it."""
    return f"'{value}'" if isinstance(value, str) else f"[{', '.join(map(_literal, value))}]"


def _boilerplate(rules: ReadRules, record: Record | None) -> Iterator[RuleFound]:
    removed = [one for text in record.abstracts.values() for one in text.boilerplate] if record else []
    for number, pattern in enumerate(rules.boilerplate):
        found = [one for one in removed if re.search(pattern, one)]
        yield RuleFound(f"read.boilerplate[{number}]", pattern, len(found), found[0] if found else None)


def _access(document: Document, rules: AccessRules, signals: Sequence[Signal]) -> Iterator[RuleFound]:
    named = (("slots", rules.slots), ("outside", rules.outside), ("marks", tuple(mark.css for mark in rules.marks)))
    for key, selected in named:
        for number, css in enumerate(selected):
            elements = selectors.find(document, SelectorRule(css=css))
            value = visible_text(elements[0]) if elements else None
            yield RuleFound(f"access.{key}[{number}]", css, len(elements), value)
    for number, name in enumerate(rules.ignore):
        said = [one.value for one in signals if f"{one.vocabulary}:{one.name}" == name]
        yield RuleFound(f"access.ignore[{number}]", name, len(said), said[0] if said else None)
