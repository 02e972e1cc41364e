"""Lists: windows, tokens, deletions, and what happens to them while records change."""

import base64
import random
import string
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from fresh import store_at
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made import make_record
from provider import FACE, OAI, START, Provider, ask, asked, at, checked, errors, page, page_of, pages, status, walk

from harvester.model.record import Integrity, Rights
from harvester.serving.oai.arguments import RefusedError
from harvester.serving.oai.door import make_router
from harvester.serving.oai.repository import PAGE, Repository, UnsettledError
from harvester.serving.oai.tokens import Signer, Token
from harvester.serving.server import Server
from storage.oai import Window
from storage.store import Store
from storage.tables import oai_metadata

LIST = [("verb", "ListIdentifiers"), ("metadataPrefix", "oai_dc")]
NOINDEX = Rights(robots=("noindex",))


# Windows ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scattered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    """350 records over 100 seconds, some at the same one."""
    chance = random.Random(7)
    with store_at(f"sqlite:///{tmp_path_factory.mktemp('scattered')}/harvester.db") as store:
        for n, second in enumerate(sorted(chance.choices(range(100), k=350))):
            with store.begin() as unit:
                moment = START + timedelta(seconds=second, microseconds=n)
                store.records.save(unit, [make_record(n)], run_id=None, now=moment)
        yield Repository(store, FACE, lambda: START + timedelta(seconds=1000))


def listed(repository: Repository, **given: str) -> dict[str, str]:
    """Datestamps by identifier of a whole list."""
    found: dict[str, str] = {}
    pairs = [*LIST, *((name.removesuffix("_"), value) for name, value in given.items())]
    while True:
        part = page_of(checked(repository.answer(pairs, "http://127.0.0.1/oai").body))
        assert part.errors in ([], ["noRecordsMatch"])
        found |= {one.id: one.stamp for one in part.headers}
        if not part.token:
            return found
        pairs = [("verb", "ListIdentifiers"), ("resumptionToken", part.token)]


@given(cuts=st.lists(st.integers(-3, 103), max_size=4, unique=True))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_split_of_time_is_the_whole(scattered: Repository, cuts: list[int]) -> None:
    start = START.timestamp()
    edges = sorted(cuts)
    bounds = [
        (at(start + first) if first is not None else None, at(start + last - 1) if last is not None else None)
        for first, last in zip([None, *edges], [*edges, None], strict=True)
    ]
    union: dict[str, str] = {}
    for first, last in bounds:
        window = ({"from_": first} if first else {}) | ({"until": last} if last else {})
        found = listed(scattered, **window)
        assert all((first or "") <= stamp <= (last or "9") for stamp in found.values())
        assert not union.keys() & found.keys()
        union |= found
    assert union == listed(scattered)
    assert len(union) == 350


def test_both_ends_of_a_window_are_in_it(provider: Provider) -> None:
    ids = [provider.fill(1, first=n)[0] for n in range(1, 4)]  # a second each
    second = at(START.timestamp() + 1)
    assert [one.id for one in walk(provider.url, from_=second, until=second)] == [ids[1]]
    assert [one.id for one in walk(provider.url, from_=second)] == ids[1:]
    assert [one.id for one in walk(provider.url, until=second)] == ids[:2]
    assert len(walk(provider.url, from_="2026-03-01", until="2026-03-01")) == 3


# Tokens -------------------------------------------------------------------------------------------------------------


def test_pages_count_and_end_with_an_empty_token(provider: Provider) -> None:
    ids = provider.fill(2 * PAGE + 50)
    parts = list(pages(provider.url, metadataPrefix="oai_dc"))
    assert [len(part.headers) for part in parts] == [PAGE, PAGE, 50]
    tokens = [part.root.find(f".//{OAI}resumptionToken") for part in parts]
    assert [one.get("cursor") for one in tokens] == ["0", str(PAGE), str(2 * PAGE)]
    assert not any(one.get("expirationDate") or one.get("completeListSize") for one in tokens)
    assert [one.id for part in parts for one in part.headers] == ids


def test_a_list_of_exactly_a_page_has_no_token(provider: Provider) -> None:
    provider.fill(PAGE)
    only = page(provider.url, metadataPrefix="oai_dc")
    assert only.root.find(f".//{OAI}resumptionToken") is None


@pytest.mark.fault(127)
def test_the_last_token_again_gives_the_same_page(provider: Provider) -> None:
    provider.fill(2 * PAGE + 10)
    first = page(provider.url, metadataPrefix="oai_dc", until="2026-03-02")
    again = [page(provider.url, resumptionToken=first.token or "") for _ in range(3)]
    assert {one.token for one in again} == {again[0].token}
    assert all(one.headers == again[0].headers for one in again)
    provider.save(*(make_record(n, status="free") for n in range(500, 520)))  # later in the list
    assert page(provider.url, resumptionToken=first.token or "").headers == again[0].headers


def test_a_token_is_good_after_a_restart(provider: Provider) -> None:
    ids = provider.fill(PAGE + 5)
    first = page(provider.url, metadataPrefix="oai_dc")
    app = FastAPI()
    app.include_router(make_router(Repository(provider.store, FACE, provider.clock)))
    with Server(app, "127.0.0.1", 0) as other:
        rest = page(other.url, resumptionToken=first.token or "")
    assert [one.id for one in (*first.headers, *rest.headers)] == ids


@pytest.mark.fault(125)
def test_what_is_no_token_of_this_list_is_refused(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> None:
    provider.fill(PAGE + 5)
    token = page(provider.url, metadataPrefix="oai_dc").token or ""
    with store_at(f"sqlite:///{tmp_path_factory.mktemp('foreign')}/harvester.db") as elsewhere:
        foreign = Signer(elsewhere.secret("oai")).write(Token("ListRecords", "oai_dc", after=100, cursor=100))
    letters = string.ascii_letters + string.digits + "-_"
    flipped = [token[:n] + letters[letters.index(token[n]) ^ 1] + token[n + 1 :] for n in range(len(token))]
    junk = ["x", "0", "' OR 1=1 --", "1; DROP TABLE records", token + "=", token + "A", "é", "A" * 5000, token + token]
    cut = [token[:n] for n in range(1, len(token), 7)] + [token[1:]]
    url = f"{provider.url}/oai?verb=ListRecords&resumptionToken="
    for wrong in (*junk, *cut, *flipped[::5], foreign, "null", base64.urlsafe_b64encode(b"[]" * 20).decode()):
        root = asked(url + urllib.parse.quote(wrong))
        assert errors(root) == ["badResumptionToken"], wrong
        assert not list(root.iter(f"{OAI}header"))
    assert page(provider.url, "ListIdentifiers", resumptionToken=token).errors == ["badResumptionToken"]
    assert errors(ask(provider.url, "ListSets", resumptionToken=token)) == ["badResumptionToken"]
    assert page(provider.url, resumptionToken=token).headers


@given(st.integers(0, 200), st.integers(1, 255))
def test_no_bit_of_a_token_may_flip(place: int, bits: int) -> None:
    signer = Signer("ab" * 32)
    token = signer.write(Token("ListRecords", "jats", 1, 2, "source:alpha", 3, "", 4))
    octets = bytearray(token.encode())
    octets[place % len(octets)] ^= bits
    with pytest.raises(RefusedError):
        signer.read(octets.decode("latin-1"), "ListRecords")
    assert signer.read(token, "ListRecords") == ("ListRecords", "jats", 1, 2, "source:alpha", 3, "", 4)


# Changes ------------------------------------------------------------------------------------------------------------


@pytest.mark.fault(126)
def test_nothing_is_missed_while_records_change(provider: Provider) -> None:
    ids = provider.fill(3 * PAGE)
    chance = random.Random(3)
    seen: set[str] = set()
    moved: set[str] = set()
    for part in pages(provider.url, metadataPrefix="oai_dc"):
        seen |= {one.id for one in part.headers}
        for n in chance.sample(range(1, 3 * PAGE + 1), 9 if len(moved) < 60 else 0):
            moved.add(make_record(n).id)
            provider.save(make_record(n, status="free", title=f"Étude revue {len(moved)}"))
    assert moved
    assert set(ids) <= seen


@pytest.mark.fault(126)
def test_a_page_whose_records_have_all_moved_repeats_one(provider: Provider) -> None:
    provider.fill(PAGE + 1)
    first = page(provider.url, metadataPrefix="oai_dc", until=at(START.timestamp()))
    provider.clock.tick(60)
    provider.save(make_record(PAGE + 1, status="free", title="Autre"))
    rest = page(provider.url, resumptionToken=first.token or "")
    assert [one.id for one in rest.headers] == [first.headers[-1].id]
    assert rest.token is None
    provider.save(*(make_record(n, status="open") for n in range(1, PAGE + 2)))
    assert page(provider.url, resumptionToken=first.token or "").errors == ["noRecordsMatch"]


def test_the_second_that_is_not_over_is_waited_for(provider: Provider) -> None:
    with provider.store.begin() as unit:
        provider.store.records.save(unit, [make_record(1)], run_id=None, now=provider.clock.now)
    repository = Repository(provider.store, FACE, provider.clock)
    with pytest.raises(UnsettledError):
        repository.answer(LIST, "http://127.0.0.1/oai")
    assert b"noRecordsMatch" in repository.answer(LIST, "http://127.0.0.1/oai", settled=True).body
    past = [*LIST, ("until", at(provider.clock.now.timestamp() - 1))]
    assert b"noRecordsMatch" in repository.answer(past, "http://127.0.0.1/oai").body
    provider.clock.tick()
    assert make_record(1).id.encode() in repository.answer(LIST, "http://127.0.0.1/oai").body


def test_what_was_just_saved_is_in_the_list_that_is_asked_for(store: Store) -> None:
    """With the machine's own clock: the answer comes when the second is over."""
    app = FastAPI()
    app.include_router(make_router(Repository(store, FACE)))
    with Server(app, "127.0.0.1", 0) as server:
        for n in range(1, 4):
            with store.begin() as unit:
                store.records.save(unit, [make_record(n)], run_id=None, now=datetime.now(UTC))
            before = time.time()
            assert len(walk(server.url)) == n
            assert time.time() - before < 5


@pytest.mark.fault(130)
def test_a_change_that_commits_late_is_in_the_next_window(provider: Provider) -> None:
    provider.fill(1)
    late = provider.clock.now
    provider.clock.tick(10)
    first = page(provider.url, metadataPrefix="oai_dc")
    told = first.root.findtext(f"{OAI}responseDate")
    with provider.store.begin() as unit:  # begun before that answer, committed after it
        provider.store.records.save(unit, [make_record(2)], run_id=None, now=late)
    provider.clock.tick(10)
    (change,) = provider.store.changes.since(1)
    assert at(change.at.timestamp()) < told
    following = page(provider.url, metadataPrefix="oai_dc", from_=told)
    assert [one.id for one in following.headers] == [make_record(2).id]
    assert walk(provider.url, until=at(START.timestamp() + 9)) == walk(provider.url, until=at(START.timestamp()))


@pytest.mark.fault(129)
def test_datestamps_rise_whatever_the_clock_does(provider: Provider) -> None:
    for n, step in enumerate((5, -3600, 1, 7200, -1, 0, 1), 1):
        provider.save(make_record(n))
        walk(provider.url)
        provider.clock.tick(step)
    provider.clock.tick(2)
    headers = walk(provider.url)
    assert [one.id for one in headers] == [make_record(n).id for n in range(1, 8)]
    assert sorted(one.stamp for one in headers) == [one.stamp for one in headers]


# Deletions ----------------------------------------------------------------------------------------------------------


@pytest.mark.fault(60, 128)
def test_what_is_gone_is_a_deleted_header_for_ever(provider: Provider, tmp_path: Path) -> None:
    ids = provider.fill(3)
    assert not any(one.deleted for one in walk(provider.url))
    provider.delete(ids[0])
    provider.store.purge(tmp_path, ids[1], "legal", provider.clock.now)
    provider.clock.tick()
    for verb, prefix in (("ListRecords", "oai_dc"), ("ListIdentifiers", "jats"), ("ListRecords", "oai_openaire")):
        assert {one.id: one.deleted for one in walk(provider.url, verb, prefix)} == dict(
            zip(ids, (True, True, False), strict=True)
        )
    for record_id in ids[:2]:
        one = page(provider.url, "GetRecord", identifier=FACE.identifier(record_id), metadataPrefix="oai_dc")
        assert [header.deleted for header in one.headers] == [True]
    provider.clock.tick(10**8)
    assert sum(one.deleted for one in walk(provider.url, "ListRecords")) == 2
    provider.save(make_record(1, status="free"))  # found again; what was purged never is
    provider.save(make_record(2, status="free"))
    headers = {one.id: one for one in walk(provider.url, "ListRecords")}
    assert [headers[one].deleted for one in ids] == [False, True, False]
    assert "<metadata" in headers[ids[0]].record


@pytest.mark.fault(79)
def test_a_page_that_asks_not_to_be_listed(provider: Provider, tmp_path: Path) -> None:
    provider.save(make_record(1, rights=NOINDEX), make_record(2))
    assert [one.id for one in walk(provider.url)] == [make_record(2).id]
    hidden = {"identifier": FACE.identifier(make_record(1).id), "metadataPrefix": "oai_dc"}
    assert errors(ask(provider.url, "GetRecord", **hidden)) == ["idDoesNotExist"]
    provider.save(make_record(2, rights=NOINDEX))
    (gone,) = walk(provider.url, "ListRecords")
    assert (gone.id, gone.deleted) == (make_record(2).id, True)
    provider.save(make_record(2, rights=NOINDEX, title="Toujours"))  # no news for harvesters
    assert walk(provider.url, "ListRecords") == [gone]
    provider.store.purge(tmp_path, make_record(1).id, "legal", provider.clock.now)
    provider.clock.tick()
    assert walk(provider.url, "ListRecords") == [gone]
    provider.save(make_record(2))
    assert [one.deleted for one in walk(provider.url, "ListRecords")] == [False]


def test_what_was_purged_is_nowhere_before_its_change_is_read(provider: Provider, tmp_path: Path) -> None:
    (record_id,) = provider.fill(1)
    assert "Étude numéro 1" in walk(provider.url, "ListRecords")[0].record
    provider.store.purge(tmp_path, record_id, "legal", provider.clock.now)
    with provider.store.snapshot() as connection:
        assert connection.execute(oai_metadata.select()).all() == []
    provider.clock.tick()
    assert "Étude numéro 1" not in walk(provider.url, "ListRecords")[0].record


def test_a_retracted_record_stays_and_says_so(provider: Provider) -> None:
    provider.save(make_record(1, status="free", integrity=Integrity(status="retracted")))
    for prefix in ("oai_dc", "oai_openaire", "jats"):
        (one,) = walk(provider.url, "ListRecords", prefix)
        assert "retracted" in one.record.lower()


# The door -----------------------------------------------------------------------------------------------------------


def test_too_many_at_a_time_are_asked_to_come_later(provider: Provider) -> None:
    provider.fill(1)
    url = f"{provider.url}/oai?verb=Identify"
    provider.clock.free.clear()
    while provider.clock.asked.acquire(blocking=False):
        pass
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(status, url) for _ in range(2)]
        for _ in waiting:
            assert provider.clock.asked.acquire(timeout=60)
        with pytest.raises(urllib.error.HTTPError) as refusal:
            urllib.request.urlopen(url, timeout=60)
        assert refusal.value.code == 503
        assert int(refusal.value.headers["retry-after"]) > 0
        provider.clock.free.set()
        assert [one.result() for one in waiting] == [200, 200]
    assert status(url) == 200


def test_the_log_is_followed_and_rendered_ahead(provider: Provider) -> None:
    provider.fill(120)
    done = threading.Event()
    head = provider.store.changes.head()
    deadline = time.monotonic() + 60
    while provider.store.oai.unrendered("oai_dc", 1)[0] or provider.store.oai.state().read < head:
        assert not done.wait(0.05)
        assert time.monotonic() < deadline
    kept = [one.xml for one in provider.store.oai.page(Window("oai_dc"), 500, with_xml=True)]
    assert len(kept) == 120
    assert all(kept)
