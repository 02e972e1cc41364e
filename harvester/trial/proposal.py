"""A source file as text, proposed out of one or more article pages: a beginning for an operator, never verified."""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from harvester.errors import UsageError
from harvester.extraction.document import Document
from harvester.model.source import Platform, UrlRules
from harvester.sources import Catalogue
from harvester.sources.check import host_of
from harvester.trial.addresses import ArticlePattern, propose
from harvester.trial.trial import FieldFound, Trial
from harvester.urls import in_bounds, refused

_CONTENTS = re.compile(
    r"/(?:toc|issues?|archives?|contents?|latest|current|sommaires?|table-des-matieres|numeros?|articles)\b",
    re.IGNORECASE,
)
_LISTINGS = 4
_WIDTH = 110


class Proposal(NamedTuple):
    """`id` is the name of the file. `missing` are fields that no page showed."""

    id: str
    text: str
    missing: tuple[str, ...]


def propose_source(trials: Sequence[Trial], catalogue: Catalogue) -> Proposal:
    """The text of a source file for the host of these pages; it passes `source check`.

    Raises UsageError when a page has no address or the pages stand on different hosts.
    """
    urls = [trial.page.final_url for trial in trials]
    host = _host(urls)
    platform = _platform(trials, catalogue, urls)
    name = _name(trials, host)
    missing = _missing(trials)
    patterns = [] if platform and _fits(platform, urls) else propose(urls)
    lines = [
        *_head(trials, name, platform, host),
        *_discovery(trials, host, urls),
        *_urls(patterns, platform),
        *_fields(trials, missing),
        *_rights(trials),
        *_access(trials),
    ]
    own_id = _slug(name) or _slug(host) or "source"
    if own_id in catalogue.sources or own_id in catalogue.platforms:
        own_id += "-proposed"
    return Proposal(own_id, "\n".join(lines) + "\n", missing)


def _host(urls: Sequence[str]) -> str:
    hosts = list(dict.fromkeys(host_of(url) for url in urls))
    if any(host.endswith(".invalid") for host in hosts):
        nowhere = next(url for url in urls if host_of(url).endswith(".invalid"))
        raise UsageError(
            f"{nowhere.rpartition('/')[2]} does not say where the page was",
            remedy="name its address with --url, one page at a time",
        )
    if len({host.removeprefix("www.") for host in hosts}) > 1:
        raise UsageError(f"the pages stand on several hosts: {', '.join(hosts)}", remedy="propose one source at a time")
    return hosts[0]


def _platform(trials: Sequence[Trial], catalogue: Catalogue, urls: Sequence[str]) -> Platform | None:
    """The platform that all pages are known by, if its rules can stand as they are on this host."""
    known = {trial.platform.id if trial.platform else trial.reader.platform or trial.reader.id for trial in trials}
    platform = catalogue.platforms.get(known.pop()) if len(known) == 1 else None
    if platform is None or not platform.urls.canonical or _fits(platform, urls):
        return platform
    return platform if host_of(platform.urls.canonical) == host_of(urls[0]) else None


def _fits(platform: Platform, urls: Sequence[str]) -> bool:
    patterns = platform.urls.article
    return bool(patterns) and all(any(re.search(pattern, url) for pattern in patterns) for url in urls)


def _name(trials: Sequence[Trial], host: str) -> str:
    titles = Counter(title for trial in trials if trial.record for title in trial.record.container.titles.values())
    return _plain(titles.most_common(1)[0][0]) if titles else host


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", plain))[:50].strip("-")


def _head(trials: Sequence[Trial], name: str, platform: Platform | None, host: str) -> Iterator[str]:
    hosts = dict.fromkeys([host, *(host_of(trial.page.final_url) for trial in trials)])
    languages = dict.fromkeys(one for trial in trials if trial.record for one in trial.record.languages)
    yield "# Proposed from these pages. Look through every line, and at what `harvester source try` shows for more of"
    yield "# them; read the site's terms and robots.txt; then write into `verified` when, and which pages, you read."
    yield from (f"#   {_plain(trial.page.final_url)}" for trial in trials)
    yield ""
    yield f"name = {_string(name)}"
    if platform:
        yield f"platform = {_string(platform.id)} # known by {_known_by(trials, platform)}"
    yield "verified = false"
    yield f"hosts = [{', '.join(map(_string, hosts))}]"
    yield f"languages = [{', '.join(map(_string, languages))}]" if languages else '# languages = ["fr", "en"]'


def _known_by(trials: Sequence[Trial], platform: Platform) -> str:
    if not trials[0].platform:
        return "the host"
    detect = platform.detect
    generator = f"generator {detect.generator}" if detect.generator else ""
    return _plain("the marks " + ", ".join([*detect.elements, *([generator] if generator else [])]))


def _discovery(trials: Sequence[Trial], host: str, urls: Sequence[str]) -> Iterator[str]:
    yield ""
    yield "# The pages named here, until there is a way to find all of them. Suggestions, not looked at:"
    scheme = urlsplit(urls[0]).scheme
    yield from _suggestion("sitemap", f"{scheme}://{host}/sitemap.xml")
    for url in _listings(trials):
        yield from _suggestion("listing", url)
    yield "[[discovery]]"
    yield 'kind = "urls"'
    yield f"urls = [{', '.join(map(_string, dict.fromkeys(urls)))}]"


def _suggestion(kind: str, url: str) -> Iterator[str]:
    yield from ("# [[discovery]]", f'# kind = "{kind}"', f"# url = {_string(url)}")


def _listings(trials: Sequence[Trial]) -> list[str]:
    """Links of the pages that look like contents pages of the same host."""
    found: dict[str, None] = {}
    for trial in trials:
        base = trial.page.final_url
        for link in Document(trial.page).root.xpath("//a/@href"):
            url = _joined(base, str(link))
            if url != base and _is_contents(url) and in_bounds(url, [host_of(base)]):
                found[url] = None
    return sorted(found, key=len)[:_LISTINGS]


def _is_contents(url: str) -> bool:
    return bool(_CONTENTS.search(urlsplit(url).path)) and refused(url, UrlRules()) is None


def _joined(base: str, link: str) -> str:
    try:
        return urljoin(base, link.strip()).partition("#")[0]
    except ValueError:
        return base


def _urls(patterns: Sequence[ArticlePattern], platform: Platform | None) -> Iterator[str]:
    yield ""
    if not patterns:
        yield (
            "# [urls]: the platform's patterns fit these addresses." if platform else "# [urls]: no pattern to be seen."
        )
        return
    yield "[urls]"
    yield f"article = [{', '.join(_literal(pattern.regex) for pattern in patterns)}]"
    for template in (pattern.canonical for pattern in patterns if pattern.canonical):
        yield f"# canonical = {_string(template)} # if every article answers there"


def _missing(trials: Sequence[Trial]) -> tuple[str, ...]:
    read = {field.field.partition(".")[0] for trial in trials for field in trial.fields if field.value is not None}
    names = dict.fromkeys(field.field.partition(".")[0] for trial in trials for field in trial.fields)
    return tuple(name for name in names if name not in read)


def _fields(trials: Sequence[Trial], missing: Sequence[str]) -> Iterator[str]:
    yield ""
    yield "# What is read already, and from where:"
    for name, field in _best(trials).items():
        # Abstracts by their length alone: they may not be kept everywhere.
        told = f"{len(field.value or '')} characters" if name.startswith("abstracts") else field.value
        yield _comment(f"  {name}: {told} ({', '.join(field.won_by) or 'no signal'})")
    if not missing:
        yield "# No field is missing, so no [read] is needed."
        return
    yield "# Not seen on any of these pages. Where a page has it, write a rule:"
    yield "# [read]"
    yield from (f'# {_RULES.get(name, name)} = [{{ css = "SELECTOR" }}]' for name in missing)


_RULES = {
    "titles": "title",
    "abstracts": "abstract",
    "contributors": "authors",
    "dates": "date",
}  # field: key of [read]


def _best(trials: Sequence[Trial]) -> dict[str, FieldFound]:
    """The first value of every field and language."""
    found: dict[str, FieldFound] = {}
    for trial in trials:
        for field in trial.fields:
            if field.value is not None:
                found.setdefault(field.field, field)
    return found


def _rights(trials: Sequence[Trial]) -> Iterator[str]:
    stated = [trial.stored.rights.tdm for trial in trials if trial.stored]
    if any(tdm and tdm.reserved for tdm in stated):
        yield ""
        yield "# These pages reserve text and data mining: without a basis in [rights] no abstract is kept"
        yield "# (seeds/README.md)."


def _access(trials: Sequence[Trial]) -> Iterator[str]:
    yield ""
    yield "# What the pages say of access, and where; name a place that always speaks of the article in [access] slots:"
    for trial in trials:
        verdict = trial.record.access if trial.record else None
        if verdict is None:
            yield _comment(f"  {trial.outcome.value}: {trial.reason}")
            continue
        quotes = "; ".join(f"“{one.quote}” at {one.where}" for one in verdict.evidence)
        yield _comment(
            f"  {verdict.status.value}{', disputed' if verdict.disputed else ''}: {quotes or 'nothing said'}"
        )


def _comment(text: str) -> str:
    plain = "  " + _plain(text) if text.startswith("  ") else _plain(text)
    return f"# {plain}" if len(plain) <= _WIDTH else f"# {plain[:_WIDTH]} ..."


def _plain(text: str) -> str:
    """One line without control characters: whatever a page says, it stays inside its comment or string."""
    printable = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(printable.split())


def _string(text: str) -> str:
    """A TOML basic string."""
    return json.dumps(_plain(text), ensure_ascii=False)


def _literal(pattern: str) -> str:
    """A TOML literal string; it cannot hold an apostrophe, which a pattern can say otherwise."""
    return "'" + _plain(pattern).replace("'", r"\x27") + "'"
