"""robots.txt, Retry-After, TDMRep and bot checks as decisions."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from machine import seconds

from harvester.crawl.politeness import (
    ROBOTS_LIMIT,
    TdmRule,
    deciding_line,
    is_challenge,
    quiet_until,
    robots_too_long,
    robots_verdict,
    tdm_rules,
    tdm_statements,
)
from harvester.crawl.transport import Answer

NOW = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)
SITE = "https://a.example"


def allowed(text: str | bytes, path: str = "/x", status: int = 200) -> bool:
    body = text if isinstance(text, bytes) else text.encode()
    return robots_verdict(status, body, "Harvester", SITE + path).allowed


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
@pytest.mark.fault(66)
def test_a_client_error_allows_all(status: int) -> None:
    assert allowed("User-agent: *\nDisallow: /", status=status)


@pytest.mark.parametrize("status", [0, 301, 429, 500, 502, 503, 504])
@pytest.mark.fault(67)
def test_what_cannot_be_read_forbids_all(status: int) -> None:
    verdict = robots_verdict(status, b"User-agent: *\nAllow: /", "Harvester", SITE + "/x")
    assert not verdict.allowed
    assert "could not be read" in verdict.rule


@pytest.mark.parametrize(
    ("text", "path", "verdict"),
    [
        ("User-agent: *\nDisallow: /", "/x", False),
        ("User-agent: *\nDisallow:", "/x", True),
        ("User-agent: *\nDisallow: /\nAllow: /x", "/x", True),
        ("User-agent: *\nDisallow: /x\nAllow: /x", "/x", True),
        ("User-agent: *\nAllow: /x\nDisallow: /x/y", "/x/y/z", False),
        ("User-agent: *\nDisallow: /*.php$", "/a.php", False),
        ("User-agent: *\nDisallow: /*.php$", "/a.php?x", True),
        ("User-agent: *\nDisallow: /a*b", "/a/1/b", False),
        ("User-agent: *\nDisallow: /caf%C3%A9", "/café", False),
        ("User-agent: *\nDisallow: /café", "/caf%c3%a9", False),
        ("User-agent: *\nDisallow: /X", "/x", True),
        ("User-agent: harvester\nAllow: /\n\nUser-agent: *\nDisallow: /", "/x", True),
        ("User-agent: HARVESTER/2.0\nDisallow: /x\n\nUser-agent: *\nAllow: /", "/x", False),
        ("User-agent: harvest\nDisallow: /", "/x", True),
        ("User-agent: harvester-extra\nDisallow: /", "/x", True),
        ("User-agent: other\nUser-agent: Harvester\nDisallow: /x", "/x", False),
        ("User-agent: Harvester\nDisallow: /a\n\nUser-agent: Harvester\nDisallow: /x", "/x", False),
        ("User-agent: *  # all\nDisallow: /x # this", "/x", False),
        ("User-agent: Harvester\nNo-such-line: 1\nUser-agent: *\nDisallow: /x", "/x", False),
        ("User-agent: Harvester\nSitemap: /map.xml\nUser-agent: *\nDisallow: /x", "/x", False),
        ("User-agent: Harvester\nDisallow: /a\nUser-agent: *\nDisallow: /x", "/x", True),
        ("User-agent: *\nDissallow /x", "/x", False),
        ("User-agent: *\nDisalow: /x", "/x", False),
        ("<html><body>no rules</body></html>", "/x", True),
        ("\x00\x01\x02garbage", "/x", True),
    ],
)
@pytest.mark.fault(71, 75)
def test_rules(text: str, path: str, verdict: bool) -> None:
    assert allowed(text, path) is verdict


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.fault(68)
def test_line_ends_and_marks(end: str, encoding: str) -> None:
    assert not allowed(f"User-agent: *{end}Disallow: /x{end}".encode(encoding))


@pytest.mark.fault(69)
def test_the_first_500_kib_are_read() -> None:
    filler = b"# nothing to see here\n" * 30_000
    assert len(filler) > ROBOTS_LIMIT
    assert not allowed(b"User-agent: *\nDisallow: /x\n" + filler)
    assert robots_too_long(filler)
    assert not robots_too_long(b"")


@pytest.mark.parametrize(
    ("value", "delay"),
    [
        *[("5", 5.0), ("0.5", 0.5), ("86400", 86400.0), ("soon", None), ("-5", None)],
        *[("1,5", 1.5), ("10s", 10.0), ("3 seconds # please", 3.0)],
    ],
)
@pytest.mark.fault(73)
def test_crawl_delay(value: str, delay: float | None) -> None:
    body = f"User-agent: *\nCrawl-delay: {value}\n".encode()
    assert robots_verdict(200, body, "Harvester", SITE + "/x").crawl_delay == delay


TDM = b"""[{"location": "/", "tdm-reservation": 0},
 {"location": "/article/*", "tdm-reservation": 1, "tdm-policy": "https://a.example/policy"},
 {"location": "/article/*/open$", "tdm-reservation": 0}, {"location": 3}, "x",
 {"location": "/y", "tdm-reservation": 7}]"""


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/article/1", ("tdm-reservation: 1", "tdm-policy: https://a.example/policy")),
        ("/article/1/open", ("tdm-reservation: 0",)),
        ("/other", ("tdm-reservation: 0",)),
    ],
)
@pytest.mark.fault(78)
def test_tdm_longest_location_decides(path: str, said: tuple[str, ...]) -> None:
    assert tdm_statements(tdm_rules(TDM), SITE + path) == said


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b"\xff\xfe", b"[" * 100_000, b"<html>"])
def test_tdm_garbage_says_nothing(body: bytes) -> None:
    assert tdm_statements(tdm_rules(body), SITE + "/x") == ()


def test_tdm_reservation_wins_a_tie() -> None:
    body = b'[{"location": "/a", "tdm-reservation": 0}, {"location": "/a", "tdm-reservation": 1}]'
    assert tdm_statements(tdm_rules(body), SITE + "/a/b") == ("tdm-reservation: 1",)


@pytest.mark.parametrize(
    ("location", "path", "matches"),
    [
        ("/a", "/a/b", True),
        ("/a$", "/a", True),
        ("/a$", "/a/b", False),
        ("/a$", "/b/a", False),
        ("/a/*/b$", "/a/1/b/2/b", True),
        ("/a/*/b$", "/a/b", False),
        ("/a*$", "/a/b", True),
        ("/a*b*c", "/a1b2", False),
        ("/a*b*b$", "/ab", False),
        ("/a**b", "/a1b2", True),
        ("*.pdf$", "/x.pdf", True),
        ("*.pdf$", "/x.pdf?y", False),
        ("", "/x", True),
        ("/a.c", "/abc", False),
    ],
)
def test_tdm_locations(location: str, path: str, matches: bool) -> None:
    assert bool(tdm_statements([TdmRule(location, True, None)], SITE + path)) is matches


def test_a_tdm_location_of_many_stars_takes_no_time() -> None:
    began = time.process_time()
    assert tdm_statements([TdmRule("/" + "*a" * 500 + "b", True, None)], SITE + "/" + "a" * 1_500) == ()
    assert time.process_time() - began < seconds(1)


@pytest.mark.fault(44)
def test_bot_checks() -> None:
    assert is_challenge(403, {}, b"<p>Please solve this CAPTCHA</p>")
    assert is_challenge(200, {"cf-mitigated": "challenge"}, b"")
    assert is_challenge(200, {}, b"<script src=/cdn-cgi/challenge-platform/x></script>")
    assert not is_challenge(200, {}, b"<script src=/cdn-cgi/challenge-platform/x></script>" + b"<p>text</p>" * 5000)
    assert not is_challenge(200, {}, b"<p>A study of captcha use</p>")
    assert not is_challenge(403, {}, b"<p>Forbidden</p>")


CLOUD = "<script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'></script>"


@pytest.mark.parametrize(
    "page",
    [
        "<title>Attention Required! | Edge</title><h1>Sorry, you have been blocked</h1>",
        "<title>Just a moment...</title><p>Enable JavaScript and cookies to continue</p>",
        "<title>Making sure</title><h1>Making sure you&#39;re not a bot!</h1>",
        "<title>V\u00e9rification</title><h1>\u00cates-vous un robot ?</h1><div class='g-recaptcha'></div>",
        "<title>Shop</title><p>We have detected unusual traffic from your network.</p>",
        "<title>Client Challenge</title><p>JavaScript is disabled in your browser.</p>",
        "<title>Un momento\u2026</title><p>Comprobando su navegador.</p>",
        "<title>Contr\u00f4le anti-robot</title><p>Patientez.</p>",
        "<title>Site</title><altcha-widget challengeurl='/x'></altcha-widget>",
        "<title>Robot Challenge Screen</title><meta http-equiv=refresh content='0;/.well-known/sgcaptcha/?r=1'>",
        "<script>document.cookie='seen=1;path=/';\nlocation.reload();</script>",
        "<title>Contr\u00f4le</title><p>Nous avons d\u00e9tect\u00e9 un trafic inhabituel.</p><input name=captcha>",
    ],
)
@pytest.mark.parametrize("status", [200, 403, 503])
@pytest.mark.fault(44)
def test_bot_checks_by_their_words(page: str, status: int) -> None:
    assert is_challenge(status, {}, page.encode())


@pytest.mark.parametrize(
    "page",
    [
        f"<meta name='citation_title' content='x'>{CLOUD}<p>An abstract.</p>",
        f"<title>Lichens</title>{CLOUD}<p>{'An abstract of some length. ' * 80}</p>",
        "<title>Verification of bridges by rope</title><h1>Verification of bridges by rope</h1>",
        f"<title>Lichens</title><script>document.cookie='a=1';location.hash</script><p>{'Of lichens. ' * 9}</p>",
        "<title>One moment in the history of tides</title><p>Readers were asked.</p>",
        "<title>Sign in</title><input type=\"password\"><div class='g-recaptcha'></div>",
    ],
)
@pytest.mark.fault(44)
def test_what_is_no_bot_check(page: str) -> None:
    assert not is_challenge(200, {}, page.encode())


RULES = b"""# rules
User-agent: other
Disallow: /article

User-agent: *
User-agent: Harvester/1.0
Crawl-delay: 5
Disallow: /article/*/print   # never
Allow: /article/7/print$
Disallow:
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("/article/1", None),
        ("/article/1/print", (8, "Disallow: /article/*/print   # never")),
        ("/article/7/print", (9, "Allow: /article/7/print$")),
    ],
)
def test_the_line_that_decides(path: str, line: tuple[int, str] | None) -> None:
    assert deciding_line(RULES, "Harvester", SITE + path) == line
    assert allowed(RULES, path) is (line is None or line[1].startswith("Allow"))


@pytest.mark.parametrize(
    ("span", "zone", "until"),
    [
        ("08:00-18:00", "UTC", datetime(2026, 5, 4, 18, tzinfo=UTC)),
        ("13:00-18:00", "UTC", None),
        ("13:00-18:00", "Europe/Paris", datetime(2026, 5, 4, 16, tzinfo=UTC)),
        ("11:00-09:00", "UTC", datetime(2026, 5, 5, 9, tzinfo=UTC)),
        ("22:00-12:30", "UTC", datetime(2026, 5, 4, 12, 30, tzinfo=UTC)),
        ("22:00-12:00", "UTC", None),
        ("00:00-00:00", "UTC", datetime(2026, 5, 5, tzinfo=UTC)),
    ],
)
def test_quiet_times(span: str, zone: str, until: datetime | None) -> None:
    assert quiet_until(NOW, [span], zone) == until


@pytest.mark.parametrize(
    ("values", "wait"), [([], None), (["x"], None), (["5"], 5), (["5", "90"], 90), (["90", "x", "5"], 90)]
)
def test_of_several_waits_the_longest(values: list[str], wait: int | None) -> None:
    headers = tuple(("retry-after", value) for value in values)
    answer = Answer(url=f"{SITE}/x", status=429, headers=headers, body=b"")
    assert answer.wait() == (None if wait is None else timedelta(seconds=wait))
