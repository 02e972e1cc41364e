"""Accuracy on labelled pages: read every page, compare each field with its label, count.

A unit is a page, or a language of a page for titles, abstracts and keywords. A field labelled null is not scored.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from harvester.errors import UsageError
from harvester.evaluate.matching import Label
from harvester.evaluate.scores import Scores
from harvester.extraction.document import Document
from harvester.extraction.extract import extract
from harvester.extraction.signals import json_ld, meta_tags
from harvester.model.page import Page
from harvester.model.record import Record
from harvester.model.source import GENERIC
from harvester.saved import read_page, reader_of
from harvester.sources import Catalogue

__all__ = ["Comparison", "Label", "Prediction", "Scores", "labels", "predict", "score"]


# Where the standard vocabularies state an article's title.
_TITLES = frozenset(
    [(vocabulary, "title") for vocabulary in ("highwire", "dc", "dcterms", "prism", "eprints", "bepress")]
    + [("json_ld", "headline"), ("json_ld", "name")]
)


class Prediction(NamedTuple):
    """What was read from one labelled page; `record` is None where the page was told to be no article.

    `described`: the page's own metadata state the article's title in a standard vocabulary.
    """

    label: Label
    record: Record | None
    described: bool = False

    def line(self) -> bytes:
        """One JSON line {"file", "record"}."""
        record = "null" if self.record is None else self.record.model_dump_json()
        return f'{{"file":{json.dumps(self.label["file"])},"record":{record}}}\n'.encode()


def labels(folder: Path) -> list[Label]:
    """The labels of `folder`/labels.jsonl. Raises UsageError when it is missing or a line is not JSON."""
    path = folder / "labels.jsonl"
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
        return [json.loads(line) for line in lines if line.strip()]
    except OSError as error:
        remedy = "give a folder with pages and a labels.jsonl, one object per page"
        raise UsageError(f"{path}: {error.strerror}", remedy=remedy) from None
    except json.JSONDecodeError as error:
        raise UsageError(f"{path}: {error}", remedy="every line is one JSON object") from None


def predict(folder: Path, catalogue: Catalogue | None) -> Iterator[Prediction]:
    """Read every labelled page of `folder`, by its label's address; without a catalogue, by generic signals alone."""
    fingerprints = catalogue.fingerprints if catalogue else ()
    for label in labels(folder):
        page = read_page(folder / label["file"], label.get("url"))
        source = reader_of(page, catalogue) if catalogue else GENERIC
        yield Prediction(label, extract(page, source, fingerprints=fingerprints).record, _described(page))


def _described(page: Page) -> bool:
    document = Document(page)
    return any((s.vocabulary, s.name) in _TITLES for s in (*meta_tags.read(document), *json_ld.read(document)))


def score(predictions: Iterable[Prediction]) -> Scores:
    """The tally of all predictions."""
    scores = Scores()
    for prediction in predictions:
        scores.add(prediction.label, prediction.record)
    return scores


class Comparison(NamedTuple):
    """One reading of the labelled pages beside another: with the seed files, and by generic signals alone.

    `described` and `described_beside` count only the pages that carry generic metadata.
    """

    scores: Scores
    beside: Scores
    described: Scores
    described_beside: Scores

    @classmethod
    def of(cls, predictions: list[Prediction], beside: list[Prediction]) -> "Comparison":
        """The tallies of two readings of the same pages."""
        described = ([one for one in reading if one.described] for reading in (predictions, beside))
        return cls(score(predictions), score(beside), *map(score, described))

    def as_json(self) -> dict[str, Any]:
        """Every figure of the first reading as JSON types, and the sums of the other under `beside`."""
        return {
            **self.scores.as_json(),
            "beside": {"fields": self.beside.as_json()["fields"], "core_mean": round(self.beside.core_mean, 4)},
            "generic_metadata": {
                "pages": self.described.articles,
                "core_mean": round(self.described.core_mean, 4),
                "beside_core_mean": round(self.described_beside.core_mean, 4),
            },
        }
