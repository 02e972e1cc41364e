"""What registries say of an article by its DOI: copies that may be read, notices. Never what its own page says."""

from datetime import date
from enum import StrEnum

from harvester.model.base import Utc, Value


class Registry(StrEnum):
    """Who is asked."""

    CROSSREF = "crossref"  # where publishers register DOIs, with licences and notices
    UNPAYWALL = "unpaywall"  # which gathers lawful open copies


class Version(StrEnum):
    """Which text it is (NISO JAV)."""

    PUBLISHED = "published"
    ACCEPTED = "accepted"
    SUBMITTED = "submitted"
    UNKNOWN = "unknown"


class OpenCopy(Value):
    """A copy of the full text that a registry calls free to read and lawful. `url` is for readers; it is never fetched.

    `licence` is an SPDX-like word or an address, empty where none is said; `since` the day from which it was open.
    """

    url: str
    version: Version = Version.UNKNOWN
    at_publisher: bool = False
    licence: str = ""
    since: date | None = None


class Notice(Value):
    """A correction, retraction or other update of the article that a registry knows of, by the notice's own DOI."""

    kind: str  # as the registry says: retraction, correction, expression_of_concern ...
    doi: str = ""
    on: date | None = None


class Statement(Value):
    """What one registry said of one DOI, and when it was asked. No copies and no notices: it knows of none."""

    registry: Registry
    doi: str
    asked_at: Utc
    copies: tuple[OpenCopy, ...] = ()
    notices: tuple[Notice, ...] = ()
