"""What the shape of a file cannot say: selectors that parse, hosts that agree, rights that are grounded ..."""

import ipaddress
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from harvester.model.source import Platform, ScheduleRules, Source
from harvester.sources.files import Finding, Key, Mistake, SeedFile
from harvester.sources.merge import has_code
from harvester.sources.selectors import css_check, rule_findings, selector_findings
from harvester.sources.shape import Shaped

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_HOST = re.compile(
    r"(?=[^:]{1,253}(:|$))[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*(:\d{1,5})?"
)
_BARE = re.compile(r"https?://|/.*$|^[^/]*@|\s")
_DOI = re.compile(r"10\.\d{4,9}(\.\d+)*/\S+")
_NAMES = re.compile(r"\{([^{}]*)\}")
_LISTS = {"urls": '["https://HOST/article/1"]', "dois": '["10.5555/example.1"]'}  # kinds that are given in the file
_IPV6_HOST = re.compile(r"\[[0-9a-f:.]+\](:\d{1,5})?")


def platform_mistakes(file: SeedFile, shape: Shaped[Platform]) -> list[Mistake]:
    """Every mistake of a platform file."""
    platform = shape.value
    findings = [
        *_own_id(file, platform.id),
        *_hosts(("detect", "hosts"), platform.detect.hosts),
        *rule_findings(platform),
    ]
    if platform.urls.canonical:
        findings += _canonical(platform.urls.canonical, platform.urls.article)
    return _told(file, shape, findings)


def source_mistakes(
    file: SeedFile, shape: Shaped[Source], platforms: Mapping[str, Platform | None], private_allow: Collection[str]
) -> list[Mistake]:
    """Every mistake of a source file. A platform that is None has mistakes of its own, told elsewhere."""
    own = shape.value  # the file alone, without its platform
    platform = platforms.get(own.platform or "")
    is_whole = "platform" not in file.data or platform is not None  # else its addresses cannot be judged
    findings = [
        *_own_id(file, own.id),
        *_platform(own, platforms),
        *_own_hosts(own),
        *rule_findings(own),
        *(_addresses(own, platform) if is_whole else ()),
        *_discovery(own, file),
        *_journals(own),
        *_rights(own),
        *_delay(own, platform, private_allow),
        *_schedule(own, platform),
    ]
    return _told(file, shape, findings)


def _told(file: SeedFile, shape: Shaped[Any], findings: Iterable[Finding]) -> list[Mistake]:
    return shape.mistakes + [file.mistake(*finding) for finding in findings if not shape.touches(finding[0])]


def _own_id(file: SeedFile, own_id: str) -> Iterator[Finding]:
    if "digest" in file.data:
        yield ("digest",), "is not a known key", "remove it: it is computed from the files"
    if own_id != file.id:
        yield (
            ("id",),
            f'"{own_id}" is not the name of the file',
            f'write id = "{file.id}" or rename the file {own_id}.toml',
        )
    elif not _ID.fullmatch(own_id):
        yield ("id",), f'"{own_id}" is not a good id', "name the file in lower-case letters, digits and single hyphens"


def _platform(own: Source, platforms: Mapping[str, Platform | None]) -> Iterator[Finding]:
    if own.platform is not None and own.platform not in platforms:
        near = get_close_matches(own.platform, platforms, n=1, cutoff=0.5)
        known = ", ".join(sorted(platforms)) or "none"
        remedy = f'did you mean "{near[0]}"?' if near else f"known platforms: {known}; or leave the key out"
        yield ("platform",), f'there is no platform "{own.platform}"', remedy


def _own_hosts(own: Source) -> Iterator[Finding]:
    if not own.hosts:
        yield (
            ("hosts",),
            "names no host, and no request may leave the hosts",
            'write hosts = ["www.journal.example.org"]',
        )
    yield from _hosts(("hosts",), own.hosts)


def _hosts(key: Key, hosts: tuple[str, ...]) -> Iterator[Finding]:
    for index, host in enumerate(hosts):
        if not (_HOST.fullmatch(host) or _IPV6_HOST.fullmatch(host)):
            bare = _BARE.sub("", host.lower()).strip(".")
            yield (*key, index), f'"{host}" is not a host', f'write only the host (or host:port), as in "{bare}"'


# Addresses -----------------------------------------------------------------------------------------------------------


def _addresses(own: Source, platform: Platform | None) -> Iterator[Finding]:
    article = own.urls.article or (platform.urls.article if platform else ())
    if own.urls.canonical:
        yield from _canonical(own.urls.canonical, article)
    canonical = own.urls.canonical or (platform.urls.canonical if platform else None)
    host = host_of(canonical or "")
    if host and own.hosts and host not in own.hosts:
        what = f'"{canonical}"{_inherited(own.urls.canonical)} is on a host that hosts does not name'
        yield ("urls", "canonical"), what, f'add "{host}" to hosts, or write a template on {own.hosts[0]}'
    if not article and any(not entry.urls and not entry.dois and not entry.links for entry in own.discovery):
        what = "is missing, so an article's address cannot be told from any other"
        yield ("urls", "article"), what, r"write article = ['^https://HOST/article/(?P<id>\d+)']"


def _inherited(own: object) -> str:
    return " (from the platform)" if own is None else ""


def _canonical(template: str, article: tuple[str, ...]) -> Iterator[Finding]:
    known = {name for pattern in article for name in re.compile(pattern).groupindex}
    if not host_of(template):
        yield ("urls", "canonical"), f'"{template}" is not an http(s) address', "write https://HOST/article/{id}"
    for name in _NAMES.findall(template):
        if name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0.4)
            hint = f"did you mean {{{near[0]}}}?" if near else _no_group(name, known)
            yield ("urls", "canonical"), f"no pattern of urls.article has a group named {name!r}", hint


def _no_group(name: str, known: Collection[str]) -> str:
    wanted = f"(?P<{name or 'id'}>\\d+)"
    return f"write one as in {wanted}; there are: {', '.join(sorted(known))}" if known else f"write one as in {wanted}"


def host_of(url: str) -> str:
    """Host of an address, lower-case, with its port where one is written; empty where there is none."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2].lower()
    except ValueError:  # a bracket that is no IPv6 address
        return ""


def _discovery(own: Source, file: SeedFile) -> Iterator[Finding]:
    css = css_check()
    for index, entry in enumerate(own.discovery):
        key: Key = ("discovery", index)
        needed = entry.kind if entry.kind in _LISTS else "url"
        if not getattr(entry, needed):
            example = _LISTS.get(needed, '"https://HOST/contents"')
            yield (*key, needed), f'is missing for kind = "{entry.kind}"', f"write {needed} = {example}"
        if has_code(entry) and not file.data.get("journals"):
            yield (
                key,
                "says {code}, but the file declares no journal",
                'add [[journals]] with code = "..." and title = "..."',
            )
        yield from selector_findings([((*key, "links"), entry.links), ((*key, "next"), entry.next)], css)
        for place, doi in enumerate(entry.dois):
            if not _DOI.fullmatch(doi):
                yield (*key, "dois", place), f'"{doi}" is not a DOI', 'write it bare, as in "10.5555/example.1"'
        yield from _discovery_hosts(own, index)


def _discovery_hosts(own: Source, index: int) -> Iterator[Finding]:
    entry = own.discovery[index]
    places: list[tuple[Key, str | None]] = [(("discovery", index, "url"), entry.url)]
    places += [(("discovery", index, "urls", i), url) for i, url in enumerate(entry.urls)]
    for key, url in places:
        if url and own.hosts and host_of(url) not in own.hosts:
            yield (
                key,
                f'host "{host_of(url)}" is not one of hosts',
                f'add "{host_of(url)}" to hosts, or correct the address',
            )
        for name in _NAMES.findall(url or ""):
            if name != "code":
                yield key, f"{{{name}}} is not known here", "only {code} is spelt out, once for each of [[journals]]"


# Journals, rights, politeness ----------------------------------------------------------------------------------------


def _journals(own: Source) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, journal in enumerate(own.journals):
        if journal.code in seen:
            yield ("journals", index, "code"), f'"{journal.code}" is declared twice', "give every journal its own code"
        seen.add(journal.code)
        for place, issn in enumerate(journal.issns):
            yield from _issn(("journals", index, "issns", place), issn)


def _issn(key: Key, text: str) -> Iterator[Finding]:
    figures = text.replace("-", "")
    if not re.fullmatch(r"\d{7}[\dX]", figures):
        yield key, f'"{text}" is not an ISSN', "write eight characters as in 0317-8471"
        return
    if figures[7] != _check_digit(figures):
        yield (
            key,
            f'the check digit of ISSN "{text}" is wrong',
            "copy the ISSN again from the journal or portal.issn.org",
        )
    elif not re.fullmatch(r"\d{4}-\d{3}[\dX]", text):
        yield key, f'"{text}" has no hyphen in its place', f'write "{figures[:4]}-{figures[4:]}"'


def _check_digit(figures: str) -> str:
    """ISO 3297: weights 8 to 2, modulus 11, X for ten."""
    rest = -sum(int(figure) * weight for figure, weight in zip(figures, range(8, 1, -1), strict=False)) % 11
    return "X" if rest == 10 else str(rest)


def _rights(own: Source) -> Iterator[Finding]:
    rights = own.rights
    if rights.basis in {"licence", "permission"}:
        for name in ("reference", "declared_by"):
            if not getattr(rights, name):
                what = f'is missing for basis = "{rights.basis}"'
                yield (
                    ("rights", name),
                    what,
                    "say which text grants it (reference) and who vouches for it (declared_by)",
                )
        return
    for name in sorted(rights.model_fields_set & {"keep", "show", "redistribute"}):
        basis = rights.basis or "not set"
        what = f"has no effect where the basis is {basis}"
        yield ("rights", name), what, 'remove it, or state basis = "licence" or "permission"'


def _delay(own: Source, platform: Platform | None, private_allow: Collection[str]) -> Iterator[Finding]:
    stated = own.politeness.delay if "delay" in own.politeness.model_fields_set else None
    delay = platform.politeness.delay if stated is None and platform else own.politeness.delay
    public = [host for host in own.hosts if host not in private_allow and not _is_local(host)]
    if delay < 1 and public:
        what = f"is {delay} s{_inherited(stated)}, and {public[0]} is a public host"
        yield (
            ("politeness", "delay"),
            what,
            "write 1.0 or more; only hosts of HARVESTER_PRIVATE_ALLOW may go without a gap",
        )


def _schedule(own: Source, platform: Platform | None) -> Iterator[Finding]:
    rules = own.schedule
    by_cron = rules.cron or (platform and platform.schedule.cron and not rules.every)
    if "zone" in rules.model_fields_set and not by_cron:
        yield ("schedule", "zone"), "has no effect without cron", 'remove it, or write cron = "30 2 * * *"'
    try:
        rules.over(platform.schedule if platform else ScheduleRules()).checked()
    except ValidationError as error:
        what = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
        yield ("schedule", "jitter"), f"{what}, with the platform's rules", 'write a shorter one, as in jitter = "0m"'


def _is_local(host: str) -> bool:
    name = host.rpartition(":")[0] if re.search(r":\d+$", host) else host
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_private
    except ValueError:
        return False
