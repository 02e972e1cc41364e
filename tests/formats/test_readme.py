"""The README's table of formats says what other people's programs find in them."""

from pathlib import Path

import pytest
import readers
from articles import ABSTRACTS, TITLES, article

from harvester.cli.export import NAMES, TOMBSTONES
from harvester.formats.files import FORMATS, chunks

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
HEAD = "| format | titles and abstracts | keywords | access | tombstones | what it cannot hold |"
TABLE = {
    cells[0]: cells[1:5]
    for line in README.partition(HEAD)[2].splitlines()[2:]
    if len(cells := [cell.strip() for cell in line.strip("|").split("|")]) == 6
}


def found(name: str) -> list[str]:
    (read,) = readers.READERS[name](b"".join(chunks(name, [article()], languages=("fr", "en"))))
    by_language = (read.titles, read.abstracts) == (TITLES, ABSTRACTS)
    noted = "" in read.titles and any(note.startswith("harvester-access") for note in read.notes)
    return [
        "by language" if by_language else "main one in its field, others in notes",
        "by language" if len(read.keywords) == 2 else "in one list",
        "in a note" if noted else "in a field",
        "yes" if name in TOMBSTONES else "no",
    ]


def test_every_format_has_a_row() -> None:
    assert list(TABLE) == list(FORMATS) == list(NAMES)


@pytest.mark.parametrize("name", FORMATS)
def test_a_row_says_what_is_found(name: str) -> None:
    assert TABLE[name] == found(name)
