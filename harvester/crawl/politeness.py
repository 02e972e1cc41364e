"""What a site asks of its visitors, decided purely: robots.txt (RFC 9309), Retry-After, TDMRep, bot checks."""

import codecs
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from protego import Protego

PRODUCT = "Harvester"
ROBOTS_LIMIT = 500 * 1024
ROBOTS_FRESH = timedelta(hours=24)
ROBOTS_LAST_GOOD = timedelta(days=30)
TDMREP_PATH = "/.well-known/tdmrep.json"
TDMREP_LIMIT = 1024 * 1024

_AGENT_LINE = re.compile(r"^(\s*user[- ]?agent\s*:\s*)([^#]*)(.*)$", re.IGNORECASE)
_RULE_LINE = re.compile(r"^\s*(allow|disallow)\s*:([^#]*)", re.IGNORECASE)
_GROUP_LINE = re.compile(r"^\s*(user[- ]?agent|allow|di[as]\w{3,6}w|crawl[- ]delay)\b", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z_-]+")
_DELAY_LINE = re.compile(r"^(\s*crawl-delay\s*:\s*)(\d+)(?:[.,](\d+))?[^#]*", re.IGNORECASE)


class RobotsVerdict(NamedTuple):
    """May `url` be asked, by which rule, and how many seconds between requests the site wants."""

    allowed: bool
    rule: str
    crawl_delay: float | None = None


def robots_verdict(status: int, body: bytes, user_agent: str, url: str) -> RobotsVerdict:
    """What a robots.txt answered with `status` and `body` says of `url` to the product token `user_agent`.

    RFC 9309: 2xx is read, 4xx but 429 allows all, anything else (0 stands for "no answer") forbids all.
    """
    if 400 <= status < 500 and status != 429:
        return RobotsVerdict(True, f"robots.txt answered {status}: everything is allowed")
    if not 200 <= status < 300:
        return RobotsVerdict(False, f"robots.txt could not be read ({status or 'no answer'}): nothing is allowed")
    rules = _parsed(body[:ROBOTS_LIMIT], user_agent.lower())
    delay = rules.crawl_delay(user_agent)
    if rules.can_fetch(url, user_agent):
        return RobotsVerdict(True, "robots.txt allows it", delay)
    path = urlsplit(url).path or "/"
    return RobotsVerdict(False, f"robots.txt of {urlsplit(url).netloc} forbids {path} to {user_agent}", delay)


class RobotsLine(NamedTuple):
    """A line of a robots.txt, counted from 1."""

    number: int
    text: str


def deciding_line(body: bytes, user_agent: str, url: str) -> RobotsLine | None:
    """The line of a robots.txt that decides on `url`: of those that match, the longest path, and Allow in a tie.

    None where no line of the group that is for `user_agent` matches, so that all is allowed.
    """
    token = user_agent.lower()
    lines = re.split(r"\r\n|\r|\n", _text(body[:ROBOTS_LIMIT]))
    groups = [*_groups(lines, token)]
    ours = token if any(token in agents for agents, _ in groups) else "*"
    matching = [
        (len(path), name == "allow", line)
        for agents, line in groups
        if ours in agents and (found := _RULE_LINE.match(line.text))
        for name, path in [(found[1].lower(), found[2].strip())]
        if path and not Protego.parse(f"User-agent: *\nDisallow: {path}").can_fetch(url, token)
    ]
    return max(matching, key=lambda each: each[:2])[2] if matching else None


def _groups(lines: Sequence[str], token: str) -> Iterator[tuple[set[str], RobotsLine]]:
    """Every line below a group's agents, with them."""
    agents: set[str] = set()
    open_for_more = False
    for number, text in enumerate(lines, 1):
        named = _AGENT_LINE.match(_one_token(text, token))
        if named:
            agents = (agents if open_for_more else set()) | {named[2].strip()}
            open_for_more = True
        elif _RULE_LINE.match(text):
            open_for_more = False
            yield agents, RobotsLine(number, text.strip())


@lru_cache(maxsize=64)
def _parsed(body: bytes, token: str) -> Any:
    # What is no line of a group does not end one (RFC 9309, section 2.2.4); Protego would have any unknown line do so.
    lines = (line for line in re.split(r"\r\n|\r|\n", _text(body)) if _GROUP_LINE.match(line))
    return Protego.parse("\n".join(_DELAY_LINE.sub(_plain_delay, _one_token(line, token)) for line in lines))


def _text(body: bytes) -> str:
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    if 0 in body[:2]:  # without a mark, every other byte of plain text tells
        return body.decode("utf-16-be" if body[0] == 0 else "utf-16-le", "replace")
    return body.decode("utf-8", "replace")


def _one_token(line: str, token: str) -> str:
    """The line with its agent cut to the product token: Protego would take "harv" for Harvester, RFC 9309 does not."""
    found = _AGENT_LINE.match(line)
    if not found:
        return line
    name = _TOKEN.match(found[2])
    agent = "*" if found[2].strip().startswith("*") else (name[0].lower() if name else "nobody")
    return f"{found[1]}{agent if agent in ('*', token) else 'nobody'}"


def _plain_delay(found: re.Match[str]) -> str:
    """The line with a number that Protego reads: "1,5" and "10 seconds" are plain enough."""
    return f"{found[1]}{found[2]}.{found[3] or 0}"


def robots_too_long(body: bytes) -> bool:
    """Whether rules beyond the limit may exist that nobody reads."""
    return len(body) > ROBOTS_LIMIT


def quiet_until(now: datetime, spans: Sequence[str], zone: str) -> datetime | None:
    """When the quiet time of day that `now` lies in is over; None outside all `spans` (`HH:MM-HH:MM` in `zone`).

    A span whose end is not after its beginning goes over midnight.
    """
    here = now.astimezone(ZoneInfo(zone))
    ends = []
    for span in spans:
        first, last = (time.fromisoformat(part) for part in span.split("-"))
        moment = here.time().replace(tzinfo=None)
        inside = first <= moment < last if first < last else (moment >= first or moment < last)
        if inside:
            day = here.date() + timedelta(days=moment >= last)
            ends.append(datetime.combine(day, last, here.tzinfo).astimezone(UTC))
    return max(ends, default=None)


class TdmRule(NamedTuple):
    """One entry of a TDMRep file (W3C CG report 2024): which paths, reserved or not, under which policy."""

    location: str
    reserved: bool
    policy: str | None


def is_tdm_file(body: bytes) -> bool:
    """Whether an answer is a `/.well-known/tdmrep.json` at all: a list, as against a page that says 200 of anything."""
    try:
        return isinstance(json.loads(body.decode("utf-8-sig", "replace")), list)
    except (ValueError, RecursionError):
        return False


def tdm_rules(body: bytes) -> list[TdmRule]:
    """Entries of a `/.well-known/tdmrep.json`; what is malformed is left out."""
    try:
        found = json.loads(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return []
    entries = [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []
    return [rule for entry in entries[:1000] if (rule := _tdm_rule(entry))]


def _tdm_rule(entry: Mapping[str, Any]) -> TdmRule | None:
    location, reservation, policy = entry.get("location"), entry.get("tdm-reservation"), entry.get("tdm-policy")
    if not isinstance(location, str) or str(reservation) not in {"0", "1"}:
        return None
    return TdmRule(location, str(reservation) == "1", policy if isinstance(policy, str) else None)


def tdm_statements(rules: Sequence[TdmRule], url: str) -> tuple[str, ...]:
    """What `rules` say of `url`, as `name: value`: the longest matching location decides, a reservation wins a tie."""
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    matching = [rule for rule in rules if _is_at(path, rule.location)]
    if not matching:
        return ()
    rule = max(matching, key=lambda each: (len(each.location), each.reserved))
    policy = (f"tdm-policy: {rule.policy}",) if rule.reserved and rule.policy else ()
    return (f"tdm-reservation: {int(rule.reserved)}", *policy)


def _is_at(path: str, location: str) -> bool:
    """Whether the location, with `*` for anything and `$` for the end, is of this path.

    Each piece is looked for once, in order: as a regular expression, many `*` would take for ever.
    """
    first, *pieces = location.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at, end = len(first), len(path)
    if location.endswith("$"):
        if not pieces:
            return path == first
        last = pieces.pop()
        end -= len(last)
        if end < at or not path.endswith(last):
            return False
    for piece in pieces:
        found = path.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True


# What the makers of bot checks leave in the page. Some put it beside an article's text as well.
_CHALLENGE = re.compile(
    rb"/cdn-cgi/challenge-platform/|_cf_chl_|cf-browser-verification|cf-turnstile|captcha-delivery\.com|px-captcha"
    rb"|_Incapsula_Resource|awswaf|/sec-cpt/|/_sec/cp_challenge|ddos-guard|sucuri|validate\.perfdrive|anubis_challenge"
    rb"|distil_r_captcha|geetest|[gh]-captcha|g-recaptcha|captchacharacters|name=[\"']?captcha|<altcha-widget"
    rb"|frc-captcha|sgcaptcha|_fs-ch-|challenge-error-|AwsWaf"
)
# A script that sets a cookie and asks again, on a page that says nothing.
_COOKIE_CHECK = re.compile(rb"document\.cookie\s*=(?=.{0,4000}\blocation\b)", re.DOTALL)
_CHECK_TITLES = (
    "just a moment|one moment|attention required|(?:please )?wait|checking your browser|un instant|captcha"
    "|verif(?:y|ying|ication)|v\u00e9rification|are you (?:a robot|human)|pardon our interruption"
    "|validate user|you are being redirected|un momento|einen moment|um momento|even geduld"
    "|(?:client|browser|security) challenge|(?:security|bot|robot|human) (?:check|verification)"
    "|contr\u00f4le(?: anti-?(?:ro)?bots?)?|access to this page has been denied"
)
_CHECK = re.compile(
    rf"<title[^>]*>\s*(?:{_CHECK_TITLES})(?: de s\u00e9curit\u00e9| please)?\s*(?:[|.!\u2026\u2013-][^<]*)?</title>"
    r"|unusual (?:traffic|activity) (?:from|has)|trafic (?:inhabituel|anormal)|(?:not|are you) a (?:ro)?bot\b"
    r"|(?:are|are a) human\b|(?:pas|vous|\u00eates) un robot\b|the (?:captcha|security check)\b|checking your browser",
    re.IGNORECASE,
)
_OF_AN_ARTICLE = (b"citation_", b"scholarlyarticle", b"dc.title", b"dc.identifier", b'type="password')
_UNSEEN = re.compile(rb"<(script|style|noscript)\b.*?</\1\s*>|<[^<>]*>", re.DOTALL | re.IGNORECASE)
_REFUSALS = frozenset((401, 403, 405, 429, 503))
_SHORT_PAGE, _FEW_WORDS = 20_000, 1_500  # bytes of a page, and of what it says, up to which it may be a bot check
_NO_WORDS = 60


def is_challenge(status: int, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the answer is a bot check. Refusals (403, 429, 503) need a weaker sign than a page answered with 200.

    `headers` have lower-case names. A 200 page that says much, or has an article's metadata, is none: articles embed
    such scripts beside their text.
    """
    if headers.get("cf-mitigated") == "challenge" or headers.get("x-amzn-waf-action") in {"captcha", "challenge"}:
        return True
    head = body[:65_536]
    if status in _REFUSALS and b"captcha" in head.lower():
        return True
    if status not in _REFUSALS and (len(body) > _SHORT_PAGE or any(mark in head.lower() for mark in _OF_AN_ARTICLE)):
        return False
    says = len(b" ".join(_UNSEEN.sub(b" ", head).split()))
    if says < _NO_WORDS and _COOKIE_CHECK.search(head):
        return True
    if not (_CHALLENGE.search(head) or _CHECK.search(head.decode("utf-8", "replace"))):
        return False
    return status in _REFUSALS or says < _FEW_WORDS
