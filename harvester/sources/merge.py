"""A Source from its platform's rules and its own: own rules first, own scalars win, `{code}` spelt out."""

import re
from typing import TypeVar

from harvester.model.base import Value
from harvester.model.source import Discovery, Journal, Platform, ReadRules, Source

Rules = TypeVar("Rules", bound=Value)

# Lists that add to the platform's. `urls.article` replaces: a narrower pattern would do nothing beside a wider one.
_JOINED = {*ReadRules.model_fields, "slots", "outside", "marks", "ignore", "refuse", "drop_params"}
_CODE = re.compile(r"\{code\}")


def merged(platform: Platform | None, own: Source, digest: str) -> Source:
    """`own` with the platform's rules as defaults."""
    changes: dict[str, object] = {
        "digest": digest,
        "enabled": own.enabled if "enabled" in own.model_fields_set else bool(own.verified),
        "discovery": tuple(one for entry in own.discovery for one in expanded(entry, own.journals)),
    }
    if platform is not None:
        changes |= {
            "languages": own.languages or platform.languages,
            "urls": _over(platform.urls, own.urls),
            "read": _over(platform.read, own.read),
            "access": _over(platform.access, own.access),
            "politeness": _over(platform.politeness, own.politeness),
            "schedule": own.schedule.over(platform.schedule),
        }
    return own.model_copy(update=changes)


def _over(base: Rules, own: Rules) -> Rules:
    changes = {
        name: (getattr(own, name) + getattr(base, name)) if name in _JOINED else getattr(own, name)
        for name in own.model_fields_set
    }
    return base.model_copy(update=changes)


def has_code(entry: Discovery) -> bool:
    """Whether the entry is a template, to be spelt out for each journal."""
    return any(_CODE.search(text) for text in (entry.url or "", *entry.urls, *entry.follow))


def expanded(entry: Discovery, journals: tuple[Journal, ...]) -> list[Discovery]:
    """One entry per journal where the entry says `{code}`, else the entry itself."""
    return [_spelt(entry, journal.code) for journal in journals] if has_code(entry) else [entry]


def _spelt(entry: Discovery, code: str) -> Discovery:
    pattern = re.escape(code)
    changes = {
        "url": entry.url and _CODE.sub(lambda _: code, entry.url),
        "urls": tuple(_CODE.sub(lambda _: code, url) for url in entry.urls),
        "follow": tuple(_CODE.sub(lambda _: pattern, text) for text in entry.follow),
    }
    return entry.model_copy(update=changes)


def reading_only(platform: Platform, journals: tuple[Journal, ...], digest: str) -> Source:
    """A Source that reads saved pages of the platform: nothing to discover, so nothing is requested."""
    return Source(
        id=platform.id,
        name=platform.name,
        platform=platform.id,
        verified=platform.verified,
        enabled=False,
        hosts=platform.detect.hosts,
        languages=platform.languages,
        detect=platform.detect,
        journals=journals,
        urls=platform.urls,
        read=platform.read,
        access=platform.access,
        politeness=platform.politeness,
        schedule=platform.schedule,
        digest=digest,
    )
