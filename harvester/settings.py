"""Settings: one list of name, default and help; each is an environment variable `HARVESTER_NAME`."""

import ipaddress
import os
import re
import sysconfig
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from harvester.errors import UsageError

PREFIX = "HARVESTER_"
_CONTACT = re.compile(r"(mailto:)?[^@\s()]+@[^@\s()]+\.[^@\s()]+|https?://[^\s()]+")
_SECRET = frozenset(("smtp_url", "database_url"))  # values that may hold a password and are not repeated
_HOST_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*")


REPOSITORY_ID = re.compile(r"[A-Za-z][A-Za-z0-9-]*(\.[A-Za-z][A-Za-z0-9-]*)+")  # oai-identifier 2.0


def installed_seeds() -> Path:
    """The seeds beside the package in a checkout, else those the wheel put under share/."""
    checkout = Path(__file__).resolve().parent.parent / "seeds"
    if (checkout / "platforms").is_dir():
        return checkout
    return Path(sysconfig.get_path("data")) / "share" / "harvester" / "seeds"


def _database_in(data: dict[str, Any]) -> str:
    return f"sqlite:///{data.get('data_dir', 'data')}/harvester.db"


def _shown(text: str) -> dict[str, Any]:
    return {"shown_default": text}


class Settings(BaseSettings):
    """What the operator says once for all Sources. This class is the one list: name, default, help."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="forbid")

    data_dir: Path = Field(
        Path("data"), description="Folder of database, archive and spool; the option --data sets it."
    )
    database_url: str = Field(
        default_factory=_database_in,
        description="The database: sqlite:///PATH, or postgresql://USER:PASSWORD@HOST/NAME.",
        json_schema_extra=_shown("sqlite:///DATA_DIR/harvester.db"),
    )
    seeds_dir: Path = Field(
        default_factory=installed_seeds,
        description="Folder with platforms/ and sources/.",
        json_schema_extra=_shown("the seeds that came with Harvester"),
    )
    contact: str = Field(
        "",
        description="Mail address or web page of the operator, in the user agent; no real host is crawled without.",
    )
    base_url: str = Field("", description="Public http(s) address of this installation; the contact where none is set.")
    repository_id: str = Field(
        "",
        description="Domain name in the identifiers of OAI-PMH, oai:NAME:RECORD; once harvested, never to be changed.",
        json_schema_extra=_shown("the host of HARVESTER_BASE_URL, else harvester.localhost"),
    )
    api_rate: int = Field(
        120, ge=0, description="Requests to the API in a minute from one address without a key; 0 is no limit."
    )
    api_key_rate: int = Field(
        1200, ge=0, description="Requests to the API in a minute with one key, where it has no rate of its own."
    )
    api_at_once: int = Field(64, ge=1, le=1000, description="Requests that are answered at a time; others hear 503.")
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Addresses of your own proxies, whose X-Forwarded-For tells whom the API's rates count."
    )
    private_allow: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Private addresses that may be fetched and need no gap between requests: host:port,host:port."
    )
    read_ahead: int = Field(
        2,
        ge=0,
        le=64,
        description="Processes (15 MB each, 110 MB for all) for pages that come without a gap; 0: the run's own does.",
    )
    tdm_basis: Literal["none", "research", "licence", "permission"] = Field(
        "none",
        description="Basis for pages that reserve text and data mining, where the source file's [rights] names none.",
    )
    operator_mail: str = Field(
        "", description="Who is told by mail when a source falls ill, and when it is well again."
    )
    smtp_url: str = Field(
        "", description="The server that sends it: smtp://USER:PASSWORD@HOST:PORT (STARTTLS where offered) or smtps://."
    )
    mail_from: str = Field("", description="The address that digests come from; readers get none without.")
    sign_ups: bool = Field(
        False, description="Whether readers may sign themselves up for alerts; only with a privacy notice."
    )
    privacy_notice: str = Field(
        "", description="Address of the page that tells readers what is kept about them and how to have it erased."
    )
    ledger_days: int = Field(
        400,
        ge=120,
        le=3650,
        description="For how many days it is kept what was told to whom, so that nothing is told twice.",
    )
    registries: Annotated[tuple[Literal["crossref", "unpaywall"], ...], NoDecode] = Field(
        (),
        description="Registries asked by DOI for open copies of closed articles: crossref,unpaywall. HARVESTER_CONTACT"
        " must be a mail address then.",
    )
    crossref_url: str = Field("https://api.crossref.org", description="Where Crossref's REST API is.")
    unpaywall_url: str = Field("https://api.unpaywall.org", description="Where Unpaywall's API is.")
    workers: int = Field(
        4,
        ge=1,
        le=64,
        description="How many sources `serve` or a `worker` harvests at a time, each in a process of its own.",
    )
    log_format: Literal["text", "json"] = Field(
        "text",
        description="Form of the log of `serve`, `scheduler` and `worker`: a line of text, or of JSON for programs.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="The least that is logged.")

    @field_validator("database_url")
    @classmethod
    def _is_known_kind(cls, value: str) -> str:
        file, server = r"sqlite(\+pysqlite)?:///(?!:memory:)[^?\s].*", r"postgres(ql)?://\S+"
        if not re.fullmatch(rf"{file}|{server}", value):
            raise ValueError("write sqlite:///PATH or postgresql://USER@HOST/NAME")
        if value.startswith("postgres") and not _has_good_port(value):
            raise ValueError("its port is no number (in a password write %2F for /, %3A for : and %40 for @)")
        return value

    @field_validator("operator_mail", "mail_from")
    @classmethod
    def _is_mail_address(cls, value: str) -> str:
        if value and not re.fullmatch(r"[^@\s<>,;]+@[^@\s<>,;]+", value):
            raise ValueError("write one mail address, as in you@example.org")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _is_mail_server(cls, value: str) -> str:
        if value and not re.fullmatch(r"smtps?://([^\s@/]+@)?[^\s@/:]+(:\d{1,5})?/?", value):
            raise ValueError("write smtp://HOST:PORT or smtps://USER:PASSWORD@HOST (%40 for an @ in the password)")
        return value

    @field_validator("contact")
    @classmethod
    def _is_contact(cls, value: str) -> str:
        if value and not _CONTACT.fullmatch(value):
            raise ValueError("write a mail address (you@example.org) or a web page (https://example.org/harvest)")
        return value

    @field_validator("base_url", "privacy_notice", "crossref_url", "unpaywall_url")
    @classmethod
    def _is_web_address(cls, value: str) -> str:
        if value and not re.fullmatch(r"https?://[^\s/?#()]+(/[^\s?#()]*)?", value):
            raise ValueError("write an http(s) address without query, as in https://harvest.example.org")
        return value.rstrip("/")

    @field_validator("repository_id")
    @classmethod
    def _is_domain(cls, value: str) -> str:
        if value and not REPOSITORY_ID.fullmatch(value):
            raise ValueError(
                "write a domain name of two labels or more, each beginning with a letter: harvest.example.org"
            )
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _are_ips(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            if not (_is_address(one, 4) or _is_address(one, 6)):
                raise ValueError(f"{one!r} is no address, as in 10.0.0.2")
        return value

    @field_validator("private_allow", "trusted_proxies", "registries", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("private_allow")
    @classmethod
    def _are_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_host_and_port(entry) for entry in value)

    @property
    def takes_sign_ups(self) -> bool:
        """Whether readers may sign themselves up: the operator said so, and all that needs is there."""
        needed = (self.privacy_notice, self.base_url, self.mail_from, self.smtp_url)
        return self.sign_ups and all(needed)

    @property
    def contact_mail(self) -> str:
        """The contact where it is a mail address, else empty."""
        return "" if self.contact.startswith(("http://", "https://")) else self.contact.removeprefix("mailto:")

    def secrets(self) -> frozenset[str]:
        """What must stand in no log: passwords, as written and as meant, and mail addresses."""
        places = [urlsplit(url) for url in (self.database_url, self.smtp_url) if url]
        passwords = {place.password for place in places if place.password}
        passwords |= {value for place in places for name, value in parse_qsl(place.query) if "password" in name}
        mails = {
            one.removeprefix("mailto:") for one in (self.operator_mail, self.contact, self.mail_from) if "@" in one
        }
        return frozenset(passwords | {unquote(one) for one in passwords} | mails)

    def contact_for(self, hosts: Iterable[str]) -> str:
        """The contact of the user agent for a crawl of `hosts` (host or host:port).

        Raises UsageError when none is set and a host is not one of `private_allow`.
        """
        contact = self.contact or self.base_url
        public = sorted(host for host in hosts if not self.is_private(host))
        if public and not contact:
            raise UsageError(
                f"no contact is set, and {public[0]} may only be visited with one",
                remedy=f"export {PREFIX}CONTACT=you@example.org (or a web page about your harvest)",
            )
        return contact or "private hosts only"

    def is_private(self, host: str) -> bool:
        """Whether `host` (or host:port) is named by `private_allow`; without a port, 80 or 443 is meant."""
        return host in self.private_allow or f"{host}:80" in self.private_allow or f"{host}:443" in self.private_allow


def _has_good_port(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def _host_and_port(entry: str) -> str:
    host, colon, port = entry.lower().rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError(f"{entry!r} is not host:port, as in 127.0.0.1:8901")
    if not _is_host(host):
        raise ValueError(f"{host!r} in {entry!r} is not a host name or address")
    return f"{host}:{int(port)}"


def _is_host(host: str) -> bool:
    if host.startswith("[") and host.endswith("]"):
        return _is_address(host[1:-1], version=6)
    if re.fullmatch(r"[0-9.]+|0x.*", host):  # a name made of figures would be read as an address by the resolver
        return _is_address(host, version=4)
    return bool(_HOST_NAME.fullmatch(host))


def _is_address(text: str, version: int) -> bool:
    try:
        return ipaddress.ip_address(text).version == version
    except ValueError:
        return False


def load(**given: Any) -> Settings:
    """The settings of the environment; `given` (command-line options that are not None) win.

    Raises UsageError that names every wrong variable, also a misspelt one, and the remedy.
    """
    _refuse_misspelt(os.environ)
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        lines = [_mistake(dict(detail)) for detail in error.errors()]
        raise UsageError("\n".join(lines), remedy="correct the setting, or unset it to take the default") from None


def _refuse_misspelt(environ: Iterable[str]) -> None:
    known = [PREFIX + name.upper() for name in Settings.model_fields]
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0.85)
            if near:
                raise UsageError(f"{name} is not a setting", remedy=f"did you mean {near[0]}?")


def _mistake(detail: Mapping[str, Any]) -> str:
    name = str(detail["loc"][0])
    message = str(detail["msg"]).removeprefix("Value error, ")
    given = "..." if name in _SECRET else detail["input"]
    return f"{PREFIX}{name.upper()}={given!s}: {message}"


class Described(NamedTuple):
    """One setting as `--help` and the README print it."""

    variable: str
    default: str
    help: str


def described() -> list[Described]:
    """Every setting in order of the list, with its default as words."""
    return [
        Described(PREFIX + name.upper(), _default(field), field.description or "")
        for name, field in Settings.model_fields.items()
    ]


def _default(field: Any) -> str:
    shown = (field.json_schema_extra or {}).get("shown_default")
    if shown is not None:
        return str(shown)
    return ",".join(field.default) if isinstance(field.default, tuple) else str(field.default)
