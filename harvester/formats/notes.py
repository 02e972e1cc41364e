"""What formats without a field for it say in notes: integrity, the edition to cite, access. One fact per line.

The wording is fixed. The line of access (`harvester-access: embargoed; until 2027-01-01`) is made to be read back.
"""

from harvester.formats import choices, citation
from harvester.formats.tables import table
from harvester.model.record import Record

ACCESS = "harvester-access"


def integrity(record: Record) -> str | None:
    """The sentence that marks a corrected, retracted or withdrawn article, with its notice; None for all others."""
    if record.integrity.status == "none":
        return None
    sentence: str = table("integrity")[record.integrity.status]["sentence"]
    told = [text for text in (record.integrity.date, record.integrity.notice) if text]
    return " ".join([sentence, *told])


def access(record: Record) -> str:
    """The verdict's status, and the day on which it ends or begins to be free."""
    verdict = record.access
    day = verdict.embargo_until or verdict.until
    return f"{verdict.status.value}; until {day.isoformat()}" if day else verdict.status.value


def beside(record: Record) -> list[str]:
    """Title and abstract in every language but the main one, each with its language, then access."""
    order = choices.languages(record)
    told = []
    for kind, texts in (("title", record.titles), ("abstract", record.abstracts)):
        other = [lang for lang in order if lang in texts][1:]
        told += [f"{kind} ({lang}): {texts[lang].value}" for lang in other]
    return [*told, f"{ACCESS}: {access(record)}"]


def marks(record: Record) -> list[str]:
    """What whoever cites the article has to know: its integrity, and the edition to cite."""
    return [line for line in (integrity(record), citation.note(record)) if line]
