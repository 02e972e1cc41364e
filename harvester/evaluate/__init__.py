"""Accuracy on labelled pages: read every page, compare each field with its label, count.

A unit is a page, or a language of a page for titles, abstracts and keywords. A field labelled null is not scored.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from harvester.errors import UsageError
from harvester.evaluate.matching import Label
from harvester.evaluate.scores import Scores
from harvester.extraction.extract import extract
from harvester.model.record import Record
from harvester.model.source import GENERIC
from harvester.saved import read_page, reader_of
from harvester.sources import Catalogue

__all__ = ["Label", "Prediction", "Scores", "labels", "predict", "score"]


class Prediction(NamedTuple):
    """What was read from one labelled page; `record` is None where the page was told to be no article."""

    label: Label
    record: Record | None

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
        yield Prediction(label, extract(page, source, fingerprints=fingerprints).record)


def score(predictions: list[Prediction]) -> Scores:
    """The tally of all predictions."""
    scores = Scores()
    for prediction in predictions:
        scores.add(prediction.label, prediction.record)
    return scores
