"""The tally over labelled pages, and the figures drawn from it."""

from collections import Counter
from typing import Any, NamedTuple

from harvester.evaluate.matching import Label, Read, Unit, units
from harvester.model.record import Record

CORE = ("title", "abstract", "keywords", "authors", "doi", "journal", "published")
READABLE = frozenset(("open", "free"))
GATED = frozenset(("subscription", "registration"))


class Miss(NamedTuple):
    """One unit that does not match, and why."""

    file: str
    field: str
    why: str


class ClassFigures(NamedTuple):
    """How one access status was told: labelled so, said so, both."""

    status: str
    labelled: int
    said: int
    right: int

    @property
    def precision(self) -> float | None:
        """Share of what was said that is right; None when it was never said."""
        return self.right / self.said if self.said else None

    @property
    def recall(self) -> float | None:
        """Share of what is labelled so that was found; None when nothing is."""
        return self.right / self.labelled if self.labelled else None

    @property
    def f1(self) -> float:
        """Harmonic mean of both, 0 when neither was ever the case."""
        total = self.labelled + self.said
        return 2 * self.right / total if total else 0.0


class Scores:
    """The tally over all pages. `add` one label with what was read; then ask for the figures."""

    def __init__(self) -> None:
        self.units: Counter[str] = Counter()
        self.hits: Counter[str] = Counter()
        self.by_language: dict[tuple[str, str], list[int]] = {}  # (field, language) -> [hits, units]
        self.spurious: dict[str, list[str]] = {"abstract": [], "keywords": [], "doi": []}
        self.unlabelled: Counter[str] = Counter()  # pages without that field, where a value would be invented
        self.access: Counter[tuple[str, str]] = Counter()  # (labelled, said)
        self.false_open: list[str] = []
        self.reduced_to_one: list[str] = []
        self.articles = 0
        self.negatives = 0
        self.kept_out = 0
        self.misses: list[Miss] = []

    def add(self, label: Label, record: Record | None) -> None:
        """Count one page; `record` is what was read from it."""
        if label["kind"] != "article":
            self._negative(label, record)
            return
        self.articles += 1
        read = Read(record)
        for unit in units(label, read):
            self._count(label["file"], unit)
        self._invented(label, read)
        self._access(label, read)

    def _negative(self, label: Label, record: Record | None) -> None:
        self.negatives += 1
        self.kept_out += record is None
        if record is not None:
            self.misses.append(Miss(label["file"], "negative", "a record was made"))

    def _count(self, file: str, unit: Unit) -> None:
        self.units[unit.field] += 1
        self.hits[unit.field] += unit.hit
        if unit.language:
            counts = self.by_language.setdefault((unit.field, unit.language), [0, 0])
            counts[0] += unit.hit
            counts[1] += 1
        if not unit.hit:
            self.misses.append(Miss(file, unit.field, unit.why))

    def _invented(self, label: Label, read: Read) -> None:
        found = {
            "abstract": any(read.abstracts.values()),
            "keywords": any(read.keywords.values()),
            "doi": bool(read.doi),
        }
        empty = {
            "abstract": not label["abstracts"],
            "keywords": label["keywords"] is not None and not label["keywords"],
            "doi": not label["doi"],
        }
        for field, nothing_labelled in empty.items():
            self.unlabelled[field] += nothing_labelled
            if nothing_labelled and found[field]:
                self.spurious[field].append(label["file"])
        if len(label["abstracts"] or {}) > 1 and len(read.abstracts) == 1:
            self.reduced_to_one.append(label["file"])

    def _access(self, label: Label, read: Read) -> None:
        said, labelled = read.access, label["access"]
        self.access[labelled, said] += 1
        self._count(label["file"], Unit("access", said == labelled, f"want {labelled} got {said}"))
        if labelled in GATED and said in READABLE:
            self.false_open.append(label["file"])

    @property
    def shares(self) -> dict[str, float]:
        """Share of matching units per field."""
        return {field: self.hits[field] / units for field, units in self.units.items()}

    @property
    def core_mean(self) -> float:
        """Mean of the shares of the core fields that are labelled at all."""
        core = [share for field, share in self.shares.items() if field in CORE]
        return sum(core) / len(core) if core else 0.0

    @property
    def classes(self) -> list[ClassFigures]:
        """Figures per access status that is labelled or was said."""
        labelled, said = Counter[str](), Counter[str]()
        for (want, got), count in self.access.items():
            labelled[want] += count
            said[got] += count
        every = sorted(labelled | said)
        return [ClassFigures(one, labelled[one], said[one], self.access[one, one]) for one in every]

    @property
    def access_macro_f1(self) -> float | None:
        """Mean F1 over the labelled statuses."""
        labelled = [figures.f1 for figures in self.classes if figures.labelled]
        return sum(labelled) / len(labelled) if labelled else None

    def as_json(self) -> dict[str, Any]:
        """Every figure as JSON types."""
        macro = self.access_macro_f1
        return {
            "fields": {field: [self.hits[field], n, round(self.hits[field] / n, 4)] for field, n in self.units.items()},
            "languages": {f"{field} {lang}": counts for (field, lang), counts in sorted(self.by_language.items())},
            "spurious": {field: [len(files), self.unlabelled[field]] for field, files in self.spurious.items()},
            "invented_abstracts": self.spurious["abstract"],
            "access_confusion": {f"{want}->{got}": count for (want, got), count in sorted(self.access.items())},
            "access_classes": {c.status: {"precision": c.precision, "recall": c.recall} for c in self.classes},
            "access_macro_f1": None if macro is None else round(macro, 4),
            "false_open": self.false_open,
            "bilingual_reduced_to_one": len(self.reduced_to_one),
            "negatives_kept_out": [self.kept_out, self.negatives],
            "core_mean": round(self.core_mean, 4),
        }
