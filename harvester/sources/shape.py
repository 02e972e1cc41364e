"""Does a file have the shape of its model? pydantic's findings, told as mistakes with a remedy."""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Generic, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from harvester.model.base import Value
from harvester.model.source import HTTP_URL
from harvester.sources.files import Key, Mistake, SeedFile, dotted

Shape = TypeVar("Shape", bound=Value)

_REMEDIES = {  # by pydantic's error type
    "missing": "add the key; seeds/README.md has an example",
    "string_type": 'write text in quotes: key = "value"',
    "bool_type": "write true or false, without quotes",
    "bool_parsing": "write true or false, without quotes",
    "int_type": "write a whole number, without quotes",
    "int_parsing": "write a whole number, without quotes",
    "float_type": "write a number, without quotes",
    "float_parsing": "write a number, without quotes",
    "tuple_type": 'write a list: key = ["one", "two"]; for a list of tables, [[key]]',
    "date_from_datetime_parsing": "write a date without quotes: 2027-01-31",
}
_PATTERNS = {  # by the pattern a text has to match
    HTTP_URL: ("is not an http(s) address", "write the whole address: https://journal.example.org/issue/1"),
    r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$": ("is not a language code", "write a BCP 47 code: fr, en, pt-BR"),
}


@dataclass(frozen=True)
class Shaped(Generic[Shape]):
    """`value` is what is left when the keys in `cut`, which have the wrong shape, are taken away."""

    value: Shape
    mistakes: list[Mistake]
    cut: frozenset[Key]

    def touches(self, key: Key) -> bool:
        """Whether a finding at `key` may only be there because something was cut."""
        return any(
            cut[: len(key)] == key[: len(cut)] or (key[0] == "urls" == cut[0] and len(key) == 2) for cut in self.cut
        )


def shaped(model: type[Shape], file: SeedFile, given: Mapping[str, Any]) -> Shaped[Shape]:
    """The file as `model` (`given` are keys it need not write), with every mistake of its shape."""
    data = {**file.data, **given}
    try:
        return Shaped(model.model_validate(data), [], frozenset())
    except ValidationError as error:
        mistakes = list(_told(model, file, error))
        value, cut = _without_faults(model, data, error)
        return Shaped(value, mistakes, frozenset(cut))


def _without_faults(model: type[Shape], data: Mapping[str, Any], error: ValidationError) -> tuple[Shape, set[Key]]:
    """Take away what is wrong until the rest is a value, so that the rest can be checked too."""
    rest, cut = deepcopy(dict(data)), set()
    while True:
        faults = {_cuttable(rest, detail["loc"], detail["type"]) for detail in error.errors(include_url=False)}
        for key in faults:
            _take_away(rest, key)
        cut |= faults
        try:
            return model.model_validate(rest), cut
        except ValidationError as again:
            error = again


def _cuttable(data: Any, loc: Key, kind: str) -> Key:
    """Whole lists go, so that the places of other items stay true; of a missing key, the table around it."""
    key = _written(data, loc, kind)
    lists = [at for at, part in enumerate(key) if isinstance(part, int)]
    if lists:
        return key[: lists[0]]
    return key[:-1] if kind == "missing" and len(key) > 1 else key


def _take_away(data: dict[str, Any], key: Key) -> None:
    for part in key[:-1]:
        data = data.get(str(part), {})
    if data.pop(str(key[-1]), None) is None:  # it is missing, and must be there
        data[str(key[-1])] = "?"


def _told(model: type[Value], file: SeedFile, error: ValidationError) -> Iterator[Mistake]:
    seen: set[Key] = set()
    for detail in error.errors(include_url=False):
        key = _written(file.data, detail["loc"], detail["type"])
        if key not in seen:  # a key of two possible types is reported once for each
            seen.add(key)
            yield file.mistake(key, *_words(model, key, dict(detail)))


def _written(data: Any, loc: Key, kind: str) -> Key:
    """The part of pydantic's place that stands in the file; the rest names types of a union."""
    key: list[str | int] = []
    for part in loc:
        missing = kind == "missing" and part == loc[-1]
        if not missing:
            try:
                data = data[part]
            except (KeyError, IndexError, TypeError):
                break
        key.append(part)
    return tuple(key)


def _words(model: type[Value], key: Key, detail: Mapping[str, Any]) -> tuple[str, str]:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_key(model, key)
    if kind == "missing":
        return "is missing", _REMEDIES["missing"]
    if kind == "literal_error":
        return _not_one_of(detail["input"], str(context["expected"]))
    if kind == "string_pattern_mismatch" and context.get("pattern") in _PATTERNS:
        what, remedy = _PATTERNS[context["pattern"]]
        return f"{detail['input']!r} {what}", remedy
    if kind == "value_error" and str(context.get("error", "")).startswith("not a regular expression"):
        return (
            f"{context['error']}, in {detail['input']!r}",
            "correct the pattern; write it in '' so that \\ needs no doubling",
        )
    return f"{detail['input']!r}: {_lower(detail['msg'])}", _REMEDIES.get(kind, "see seeds/README.md for this key")


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _not_one_of(value: Any, expected: str) -> tuple[str, str]:
    choices = re.findall(r"'([^']*)'", expected)
    near = get_close_matches(str(value), choices, n=1)
    hint = f'did you mean "{near[0]}"? ' if near else ""
    return f"{value!r} is not one of the words for this key", f"{hint}write {expected}"


def _unknown_key(model: type[Value], key: Key) -> tuple[str, str]:
    known = sorted(_fields_at(model, key[:-1]))
    near = get_close_matches(str(key[-1]), known, n=1, cutoff=0.5)
    place = dotted(key[:-1]) or "the file"
    remedy = f"did you mean {near[0]}?" if near else f"remove it; keys of {place} are: {', '.join(known)}"
    return "is not a known key", remedy


def _fields_at(model: type[BaseModel], key: Key) -> set[str]:
    for part in key:
        if isinstance(part, int):
            continue
        found = _model_of(model.model_fields[part].annotation) if part in model.model_fields else None
        if found is None:
            return set()
        model = found
    return set(model.model_fields) - {"digest"}


def _model_of(annotation: Any) -> type[BaseModel] | None:
    """The model inside `Model`, `tuple[Model, ...]` or `Model | None`."""
    if isinstance(annotation, type) and get_origin(annotation) is None:
        return annotation if issubclass(annotation, BaseModel) else None
    return next((model for model in map(_model_of, get_args(annotation)) if model), None)
