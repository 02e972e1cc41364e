"""Saved HTML files as Pages, and who reads them.

A saved file has no status or headers, so 200 and text/html are meant; it was fetched when the file was last written.
"""

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

from harvester.errors import UsageError
from harvester.extraction.document import Document
from harvester.model.page import Page
from harvester.model.source import GENERIC, Source
from harvester.sources import Catalogue

NO_HOST = "saved.invalid"  # of pages whose address nobody knows (RFC 2606)
_HTML = (("content-type", "text/html"),)
_STATED = ("//link[@rel='canonical']/@href", "//meta[@property='og:url']/@content")


def read_page(path: Path, url: str | None = None) -> Page:
    """The file as a Page at `url`, else at the address it states itself, else at an address of no host (RFC 2606).

    Raises UsageError for a file that is not there or cannot be read, and for a `url` that is no http(s) address.
    """
    if url is not None and not _is_address(url):
        raise UsageError(f"{url!r} is not an address", remedy="write it whole: https://journal.example.org/article/1")
    try:
        body = path.read_bytes()
        fetched_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", remedy="give the path of a saved HTML file") from None
    nowhere = f"https://{NO_HOST}/{quote(path.name)}"
    page = Page(url=nowhere, final_url=nowhere, headers=_HTML, body=body, fetched_at=fetched_at)
    address = url or stated_address(page)
    return page.model_copy(update={"url": address, "final_url": address}) if address else page


def stated_address(page: Page) -> str | None:
    """The absolute canonical link of the page, else its og:url, else None."""
    root = Document(page).root
    for place in _STATED:
        for value in root.xpath(place):
            address = urljoin("https:", value.strip()) if value.startswith("//") else value.strip()
            if _is_address(address):
                return str(address)
    return None


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:  # a bracket that is no IPv6 address
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def reader_of(page: Page, catalogue: Catalogue, source_id: str | None = None) -> Source:
    """The Source named, else that of the page's host, else the generic one (fingerprints may still apply).

    Raises UsageError for an unknown `source_id`.
    """
    return catalogue.for_saved_page(page.url, source_id) or GENERIC
