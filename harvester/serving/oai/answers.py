"""The XML around records: text in, text out. Rendered metadata is put in as it is, whatever else is escaped. Pure."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from html import escape

from lxml import etree

from harvester.formats.characters import for_xml
from harvester.formats.markup import XSI
from harvester.serving.oai.arguments import RefusedError, utc
from harvester.serving.oai.face import Face
from harvester.serving.oai.metadata import FACTS, FORMATS, rights_in_words
from storage.oai import Item

_OAI = "http://www.openarchives.org/OAI/2.0/"
_EPRINTS = "http://www.openarchives.org/OAI/1.1/eprints"
_IDENTIFIER = f"{_OAI}oai-identifier"
_RIGHTS = f"{_OAI}rights/"
_METADATA = f"{_OAI}entity#metadata"
_OPENING = (
    f'<?xml version="1.0" encoding="UTF-8"?>\n<OAI-PMH xmlns="{_OAI}" xmlns:xsi="{XSI}"'
    f' xsi:schemaLocation="{_OAI} {_OAI}OAI-PMH.xsd">'
).encode()
_CONTENT = (
    "Descriptions of articles in scholarly journals, read from publishers' public pages; of texts, only abstracts."
)
_POLICY = "A description of a retracted article stays and says so. Deletions are told for ever. " + FACTS
_DATA = "No full text is kept or passed on. Where a publisher reserves abstracts, they are not passed on either."


def element(name: str, content: str, attributes: Mapping[str, str] | None = None) -> str:
    """An element around XML."""
    given = "".join(f' {key}="{_escaped(value)}"' for key, value in (attributes or {}).items())
    return f"<{name}{given}>{content}</{name}>"


def leaf(name: str, text: str, attributes: Mapping[str, str] | None = None) -> str:
    """An element around text."""
    return element(name, _escaped(text), attributes)


def _escaped(text: str) -> str:
    return escape(for_xml(text))


def response(now: float, base_url: str, request: Mapping[str, str], content: Iterable[bytes]) -> bytes:
    """The whole document. `request` is verb and arguments, empty where they are what was wrong (section 3.2)."""
    head = leaf("responseDate", utc(now)) + leaf("request", base_url, request)
    return b"".join((_OPENING, head.encode(), *content, b"</OAI-PMH>\n"))


def error(refused: RefusedError) -> str:
    """What was wrong."""
    return leaf("error", refused.message, {"code": refused.code})


def header(face: Face, item: Item, prefix: str) -> bytes:
    """Identifier, datestamp and sets; `deleted` where the record can no more be had in this format.

    A hundred times a page: none of its parts has a character to escape.
    """
    deleted = "" if prefix in item.formats else ' status="deleted"'
    identifier = face.identifier(item.record_id)
    return (
        f"<header{deleted}><identifier>{identifier}</identifier><datestamp>{_stamp(item.stamp)}</datestamp>"
        f"{_specs(item.sets)}</header>"
    ).encode()


@lru_cache(maxsize=1024)
def _stamp(seconds: int) -> str:
    return utc(seconds)


@lru_cache(maxsize=1024)
def _specs(sets: tuple[str, ...]) -> str:
    return "".join(f"<setSpec>{spec}</setSpec>" for spec in sets)


def record(face: Face, item: Item, prefix: str) -> bytes:
    """Header, and metadata and about as they were rendered; the header alone of what is deleted."""
    return b"<record>%b%b</record>" % (header(face, item, prefix), item.xml or b"")


def token(text: str, cursor: int) -> str:
    """Where the list goes on (empty: nowhere), and how many came before."""
    return leaf("resumptionToken", text, {"cursor": str(cursor)})


def formats(prefixes: Iterable[str]) -> str:
    """metadataFormat for each."""
    told = (
        leaf("metadataPrefix", one.prefix) + leaf("schema", one.schema) + leaf("metadataNamespace", one.namespace)
        for one in map(FORMATS.__getitem__, prefixes)
    )
    return "".join(element("metadataFormat", one) for one in told)


def sets(named: Iterable[tuple[str, str]]) -> str:
    """Set for each spec and name."""
    return "".join(element("set", leaf("setSpec", spec) + leaf("setName", name)) for spec, name in named)


def identify(face: Face, base_url: str, earliest: float) -> str:
    """All of Identify: what is asked of it, identifiers, policies, rights."""
    told = {
        "repositoryName": f"Harvester at {face.repository}",
        "baseURL": base_url,
        "protocolVersion": "2.0",
        "adminEmail": face.admin_email,
        "earliestDatestamp": utc(earliest),
        "deletedRecord": "persistent",
        "granularity": "YYYY-MM-DDThh:mm:ssZ",
        "compression": "gzip",
    }
    described = "".join(element("description", one) for one in (_identifiers(face), _policies(), _rights()))
    return "".join(leaf(name, text) for name, text in told.items()) + described


def _identifiers(face: Face) -> str:
    told = {
        "scheme": "oai",
        "repositoryIdentifier": face.repository,
        "delimiter": ":",
        "sampleIdentifier": face.identifier("0" * 20),
    }
    content = "".join(leaf(name, text) for name, text in told.items())
    return _described("oai-identifier", _IDENTIFIER, f"{_IDENTIFIER}.xsd", content)


def _policies() -> str:
    told = {"content": _CONTENT, "metadataPolicy": _POLICY, "dataPolicy": _DATA}
    texts = (element(name, leaf("text", text)) for name, text in told.items())
    return _described("eprints", _EPRINTS, _EPRINTS + ".xsd", "".join(texts))


def _rights() -> str:
    """There is no one licence: each record says what holds for it."""
    words = etree.tostring(rights_in_words([FACTS, "What holds for a record stands in its about."]), encoding="unicode")
    content = element("rights", words)
    return _described("rightsManifest", _RIGHTS, f"{_OAI}rightsManifest.xsd", content, {"appliesTo": _METADATA})


def _described(name: str, namespace: str, schema: str, content: str, more: Mapping[str, str] | None = None) -> str:
    names = {"xmlns": namespace, "xsi:schemaLocation": f"{namespace} {schema}"}
    return element(name, content, names | dict(more or {}))
