"""Where an archived page stands; apart from the archive so that reading records loads no WARC library."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pointer:
    """A member of a WARC file: path below the archive's folder, first byte, length in bytes."""

    file: str
    offset: int
    length: int
