"""Look-ups at registries: who is asked for what, what is kept, and that nothing else moves."""

import json
import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import registry
from desk import article
from registry import HAL, Desk, location, notice

from harvester.enrich import asking, exchange
from harvester.enrich.rounds import KNOWN, NOTHING, Lookups
from harvester.errors import UsageError
from harvester.model.open_copy import OpenCopy, Registry, Version
from harvester.model.record import Identifier, Record
from harvester.settings import Settings
from storage.store import Store

Rounds = Callable[..., Lookups]
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def doi(n: int) -> str:
    return f"10.5555/alpha.{n}"


def save(store: Store, *records: Record) -> None:
    store.transact(lambda unit: store.records.save(unit, list(records), run_id="r", now=NOW))


def copies(store: Store, record: Record) -> list[OpenCopy]:
    return [copy for one in store.lookups.said([record]).get(record.id, ()) for copy in one.copies]


def due(store: Store, *, after: timedelta = timedelta(), of: Registry = Registry.UNPAYWALL) -> list[str]:
    return store.lookups.due(of, datetime.now(UTC) + after, 100)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
def test_closed_articles_are_looked_up_the_newest_first_and_nothing_else_moves(
    store: Store, rounds: Rounds, unpaywall: Desk, crossref: Desk
) -> None:
    kinds = ("subscription", "open", "free", "no_fulltext", "registration", "embargoed", "unknown")
    save(store, *(article(n, status=kind) for n, kind in enumerate(kinds)))
    save(store, article(8, identifiers=()))
    unpaywall.answers[doi(0)] = registry.unpaywall(doi(0), location())
    before = (store.changes.head(), list(store.records.iter()))
    (tally,) = rounds().look().values()
    assert unpaywall.asked == [doi(n) for n in (6, 5, 4, 0)]
    assert (tally.asked, tally.found, tally.failed, tally.trouble) == (4, 1, 0, "")
    assert (unpaywall.most_at_once, set(unpaywall.mails)) == (1, {"ann@library.example"})
    assert unpaywall.agents[0].startswith("Harvester/") and "mailto:ann@library.example" in unpaywall.agents[0]
    found = copies(store, article(0))
    assert found == [
        OpenCopy(url=HAL, version=Version.ACCEPTED, at_publisher=False, licence="cc-by", since=date(2025, 6, 1))
    ]
    assert (store.changes.head(), list(store.records.iter())) == before  # no verdict, no revision, no Change
    rounds().look()
    assert len(unpaywall.asked) == 4  # nothing is asked again while its answer is good
    assert sorted(due(store, after=NOTHING)) == sorted(doi(n) for n in (6, 5, 4))  # a negative one is so for less long
    assert doi(0) in due(store, after=KNOWN)
    assert crossref.asked == []  # not named by the operator


def test_what_opens_at_its_publisher_is_left_and_its_copy_no_longer_shown(
    store: Store, rounds: Rounds, unpaywall: Desk, tmp_path: Path
) -> None:
    unpaywall.always = registry.unpaywall(doi(1), location())
    save(store, article(1))
    rounds().look()
    assert copies(store, article(1))
    save(store, article(1, status="free"))
    rounds().look()
    assert copies(store, article(1, status="free")) == []
    assert due(store, after=KNOWN * 2) == []
    elsewhere = (Identifier(scheme="doi", value=doi(1), raw=doi(1)),)
    save(store, article(1, source="beta", identifiers=elsewhere, status="open"))
    save(store, article(1))
    mark = store.news.mark()
    rounds().look()
    assert len(unpaywall.asked) == 2 and copies(store, article(1))
    save(store, article(1, source="beta", identifiers=elsewhere, status="free"))
    rounds().look()
    assert due(store, after=KNOWN) == [doi(1)]  # an edition that is open elsewhere does not make this one so
    assert store.news.mark().changed == mark.changed  # the same answer again is no news to feeds
    store.purge(tmp_path / "archive", article(1).id, "legal", NOW)
    assert copies(store, article(1)) == []


def test_crossref_says_what_publishers_registered(store: Store, rounds: Rounds, crossref: Desk) -> None:
    save(store, *(article(n) for n in range(5)))
    closed = registry.licence("https://publisher.example/tdm")
    crossref.answers = {
        doi(0): registry.crossref(doi(0).upper(), license=[closed, registry.licence()]),
        doi(1): registry.crossref(doi(1), license=[registry.licence(start=(2999, 1, 1))]),
        doi(2): registry.crossref(doi(2), license=[registry.licence(version="tdm"), closed]),
        doi(3): registry.crossref(doi(3), **{"updated-by": [notice("retraction", "10.5555/n.1")] * 2}),
        doi(4): registry.crossref(doi(4), **{"update-to": [notice("retraction", doi(1))]}),
    }
    rounds(registries=("crossref",)).look()
    (one,) = copies(store, article(0))
    assert (one.url, one.at_publisher, one.licence) == (f"https://doi.org/{doi(0)}", True, registry.CC_BY)
    assert not any(copies(store, article(n)) for n in (1, 2, 3, 4))
    said = store.lookups.said([article(n) for n in (3, 4)])
    ((retraction,),) = [one.notices for one in said[article(3).id]]
    assert (retraction.kind, retraction.doi, retraction.on) == ("retraction", "10.5555/n.1", date(2026, 1, 15))
    assert said[article(4).id][0].notices == ()  # a notice updates another article, and is not updated itself
    assert store.records.get(article(3).id).integrity.status == "none"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "said",
    [
        b"", b"<html>busy</html>", b"[" * 100_000, b"null", b"[]", b'"oa"', b"x" * 3_000_000, b"\xff\xfe",
        {"doi": "10.5555/other", "is_oa": True}, {"is_oa": True}, {"doi": 5}, 400, 418, 422, 301,
    ],
)  # fmt: skip
def test_an_answer_of_no_use_changes_nothing_and_is_named(
    store: Store, rounds: Rounds, unpaywall: Desk, said: Any, caplog: pytest.LogCaptureFixture
) -> None:
    save(store, article(1), article(2))
    unpaywall.answers = {doi(2): said, doi(1): registry.unpaywall(doi(1), location())}
    with caplog.at_level(logging.WARNING):
        (tally,) = rounds().look().values()
    assert (tally.asked, tally.found, tally.failed, tally.trouble) == (2, 1, 1, "")  # the others are asked all the same
    assert copies(store, article(2)) == []
    assert f"unpaywall: of {doi(2)}" in caplog.text
    assert due(store) == [] and doi(2) in due(store, after=timedelta(days=1))


@pytest.mark.parametrize("wrong", [
    {"url": "javascript:alert(1)", "url_for_landing_page": "data:text/html,x"}, {"url": 5, "url_for_landing_page": []},
    {"url": "https://a@b.example/", "url_for_landing_page": "https:///x"}, {"oa_date": "2999-01-01"},
    {"url": "https://x.example/" + "x" * 5000, "url_for_landing_page": "https://x.example/\r\nSet-Cookie: a"},
])  # fmt: skip
def test_hostile_locations_are_left_out(store: Store, rounds: Rounds, unpaywall: Desk, wrong: dict[str, Any]) -> None:
    save(store, article(1))
    odd = location(license="<b>", version=["x"], host_type={}, oa_date="soon", url_for_landing_page=f'{HAL}/"><b>')
    unpaywall.answers[doi(1)] = registry.unpaywall(doi(1), location(**wrong), odd, *([location()] * 50))
    rounds().look()
    found = copies(store, article(1))
    assert [one.url for one in found] == [f"{HAL}/%22%3E%3Cb%3E", HAL]
    assert (found[0].version, found[0].licence, found[0].since) == (Version.UNKNOWN, "", None)


@pytest.mark.parametrize(
    "suffix", ["../../admin", "x?email=b@c.example&y", "a#b", "x%2f..%2f", "é/…", "//evil.example/"]
)
def test_a_hostile_doi_stays_one_part_of_the_path(
    store: Store, rounds: Rounds, unpaywall: Desk, crossref: Desk, suffix: str
) -> None:
    odd = f"10.5555/{suffix}"
    save(store, article(1, identifiers=(Identifier(scheme="doi", value=odd, raw=odd),)))
    rounds(registries=("unpaywall", "crossref")).look()
    for desk, before in ((unpaywall, "/v2/"), (crossref, "/works/")):
        (path,) = desk.paths
        assert path.startswith(f"{before}10.5555%2F") and path.count("/") == before.count("/")
        assert desk.asked == [odd] and desk.mails == ["ann@library.example"]


def test_retry_after_is_heeded_and_what_passes_is_tried_again(store: Store, rounds: Rounds, unpaywall: Desk) -> None:
    save(store, article(1))
    unpaywall.headers["Retry-After"] = "1"
    unpaywall.answers[doi(1)] = [429, registry.unpaywall(doi(1), location())]
    began = time.monotonic()
    (tally,) = rounds().look().values()
    assert (tally.found, tally.trouble) == (1, "")
    assert 1 <= time.monotonic() - began < 10


@pytest.mark.parametrize(("status", "tries", "wait"), [(503, 3, None), (429, 1, "7200"), (403, 1, None)])
def test_a_registry_that_is_down_is_left_alone_and_named(
    store: Store, rounds: Rounds, unpaywall: Desk, status: int, tries: int, wait: str | None,
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(asking, "_jitter", lambda _: 0.01)
    unpaywall.always = status
    unpaywall.headers |= {"Retry-After": wait} if wait else {}
    save(store, article(1), article(2))
    with caplog.at_level(logging.WARNING):
        (tally,) = rounds().look().values()
    assert len(unpaywall.asked) == tries  # and not a word about the other article
    assert f"it answered {status}; left alone until" in tally.trouble and f"unpaywall: {tally.trouble}" in caplog.text
    hold = store.hosts.hold_of("127.0.0.1")
    assert hold is not None
    assert hold.until - datetime.now(UTC) > timedelta(minutes=119 if wait else 59)
    assert rounds().look()[Registry.UNPAYWALL].trouble == "left alone for now"
    assert len(unpaywall.asked) == tries


def drip(handler: BaseHTTPRequestHandler) -> None:
    """A byte at a time, without end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    try:
        while True:
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.05)
    except OSError:
        handler.close_connection = True


def short(handler: BaseHTTPRequestHandler) -> None:
    """Less than was announced."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{}")
    handler.close_connection = True


@pytest.mark.parametrize("manner", [drip, short])
def test_a_slow_or_broken_answer_ends_within_bounds(
    store: Store, rounds: Rounds, unpaywall: Desk, manner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "_TOTAL_S", 0.3)
    monkeypatch.setattr(asking, "_jitter", lambda _: 0.01)
    unpaywall.always = manner
    save(store, article(1))
    began = time.monotonic()
    (tally,) = rounds().look().values()
    assert "given up after 3 tries" in tally.trouble
    assert time.monotonic() - began < 20
    assert copies(store, article(1)) == []


def test_private_addresses_are_not_asked_unless_the_operator_opened_them(
    store: Store, rounds: Rounds, unpaywall: Desk
) -> None:
    save(store, article(1))
    (tally,) = rounds(private_allow=()).look().values()
    assert "with TLS only" in tally.trouble
    https = unpaywall.url.replace("http:", "https:")
    (tally,) = rounds(private_allow=(), unpaywall_url=https.replace("127.0.0.1", "localhost")).look().values()
    assert "loopback address" in tally.trouble
    assert unpaywall.asked == []


def test_two_processes_never_ask_at_once_and_stop_means_stop(
    store: Store, settings: Settings, unpaywall: Desk, rounds: Rounds
) -> None:
    save(store, *(article(n) for n in range(12)))
    threads = [threading.Thread(target=rounds().look, args=(12,)) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert unpaywall.most_at_once == 1 and set(unpaywall.asked) == {doi(n) for n in range(12)}
    save(store, article(20))
    stop = threading.Event()
    stop.set()
    Lookups(store, settings, stop).look()
    assert doi(20) not in unpaywall.asked


def test_without_a_mail_address_nobody_is_asked(rounds: Rounds) -> None:
    for contact in ("", "https://library.example/harvest"):
        with pytest.raises(UsageError, match="mail address") as refusal:
            rounds(contact=contact).look()
        assert "HARVESTER_CONTACT" in refusal.value.remedy
    assert rounds(registries=(), contact="").look() == {}
    assert Settings().registries == ()
    with pytest.raises(ValueError, match="unpaywall"):
        Settings(registries="openalex")  # type: ignore[arg-type]
    assert json.loads(Settings(registries="crossref, unpaywall").model_dump_json())["registries"] == [  # type: ignore[arg-type]
        "crossref",
        "unpaywall",
    ]
