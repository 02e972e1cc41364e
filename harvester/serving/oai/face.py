"""What the repository says of itself: its address, its name in identifiers, whom to write to."""

from typing import NamedTuple
from urllib.parse import urlsplit

from harvester.settings import REPOSITORY_ID, Settings

PATH = "/oai"
_NOWHERE = "harvester.localhost"  # a name of nobody (RFC 6761) in the shape that oai-identifier asks for


class Face(NamedTuple):
    """`base_url` is empty where none is set: then it is the address that the server listens on."""

    repository: str
    base_url: str
    admin_email: str

    @classmethod
    def of(cls, settings: Settings) -> "Face":
        """As the settings say; the repository is named as the host of the base URL where nothing else is set."""
        host = urlsplit(settings.base_url).hostname or ""
        named = host if REPOSITORY_ID.fullmatch(host) else _NOWHERE
        repository = settings.repository_id or named
        contact = settings.contact.removeprefix("mailto:")
        mail = contact if "@" in contact and "/" not in contact else f"postmaster@{repository}"  # RFC 2142
        return cls(repository, settings.base_url + PATH if settings.base_url else "", mail)

    def identifier(self, record_id: str) -> str:
        """The identifier outward (oai-identifier 2.0)."""
        return f"oai:{self.repository}:{record_id}"

    def record_id(self, identifier: str) -> str | None:
        """The record that an identifier of this repository means."""
        start = f"oai:{self.repository}:"
        return identifier.removeprefix(start) if identifier.startswith(start) else None
