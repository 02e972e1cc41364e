"""What differs between two records or two revisions of one, by field and language."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from harvester.model.record import Record, meaning

_BY_LANGUAGE = frozenset(("titles", "abstracts", "keywords", "container.titles"))
_KEPT_BESIDE = ("work_id", "deleted_at", "deletion_reason")  # no meaning of the page, but history


class FieldChange(NamedTuple):
    """One part of a record's meaning; None where it did not or will not exist. A list counts as one value."""

    field: str
    old: Any
    new: Any

    @property
    def language(self) -> str | None:
        """The language of a field that has one value in each."""
        return self._split()[1]

    @property
    def name(self) -> str:
        """The field without its language."""
        return self._split()[0]

    def _split(self) -> tuple[str, str | None]:
        for name in _BY_LANGUAGE:
            if self.field.startswith(f"{name}."):
                language, _, rest = self.field.removeprefix(f"{name}.").partition(".")
                return (f"{name}.{rest}" if rest else name), language
        return self.field, None


def differences(old: Mapping[str, Any], new: Mapping[str, Any], within: str = "") -> Iterator[FieldChange]:
    """What differs between two meanings, by path; a list counts as one value."""
    for name in sorted(old.keys() | new.keys()):
        one, other, path = old.get(name), new.get(name), f"{within}{name}"
        if isinstance(one, dict) and isinstance(other, dict):
            yield from differences(one, other, f"{path}.")
        elif one != other:
            yield FieldChange(path, one, other)


def between(old: Record, new: Record) -> list[FieldChange]:
    """What differs between two revisions, its work and its deletion included."""
    return list(differences(_kept(old), _kept(new)))


def _kept(record: Record) -> dict[str, Any]:
    return meaning(record) | record.model_dump(mode="json", include=set(_KEPT_BESIDE))
