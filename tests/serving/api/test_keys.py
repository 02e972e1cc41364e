"""Keys and rates: who is let in, how often."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest
from client import Client, key_for, make_record, put
from sqlalchemy import text

from harvester.errors import UsageError
from harvester.model.key import Scope
from harvester.serving.rates import Buckets, name_of
from storage.store import Store

NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.mark.fault(124)
def test_a_key_is_kept_as_its_hash(store: Store) -> None:
    key, said = store.transact(lambda unit: store.keys.add(unit, "The library", [Scope.READ], NOW, 30))
    secret = said.split("_", 2)[2]
    with store.snapshot() as connection:
        row = connection.execute(text("SELECT * FROM api_keys")).one()
    assert row.hash == hashlib.sha256(secret.encode()).hexdigest()
    assert secret not in str(row)
    assert store.keys.match(said) == key
    assert [one.owner for one in store.keys.list()] == ["The library"]


@pytest.mark.fault(124)
def test_a_key_is_shut_at_once(store: Store, ask: Client) -> None:
    reader = ask.with_key(key_for(store, Scope.READ))
    assert reader("records").status == 200
    [key] = store.keys.list()
    assert store.transact(lambda unit: store.keys.revoke(unit, key.id, NOW))
    assert not store.transact(lambda unit: store.keys.revoke(unit, key.id, NOW))
    answer = reader("records")
    assert (answer.status, answer.kind, answer.headers["www-authenticate"]) == (401, "bad-key", "Bearer")
    with pytest.raises(UsageError, match="no key nowhere"):
        store.transact(lambda unit: store.keys.revoke(unit, "nowhere", NOW))


@pytest.mark.fault(124)
def test_a_wrong_key_opens_nothing(store: Store, ask: Client) -> None:
    good = key_for(store, Scope.OPERATE)
    _, key_id, secret = good.split("_", 2)
    near = [f"hk_{key_id}_", f"hk_{key_id}_x", f"xx_{key_id}_{secret}", f"hk_{key_id}_{secret}x", f"hk_{key_id}"]
    for wrong in ["", "x", "hk_", "hk__", *near]:
        assert store.keys.match(wrong) is None
    for sent in ("", near[0], near[3]):
        assert ask("records", X_API_Key=sent).kind == "bad-key"
    assert ask("records", Authorization="Basic aGFydmVzdA==").kind == "bad-key"
    assert ask("records", X_API_Key=good).status == 200


@pytest.mark.fault(124)
def test_an_address_is_no_place_for_a_key(store: Store, ask: Client) -> None:
    assert ask("records", api_key=key_for(store, Scope.READ)).kind == "bad-parameters"
    assert ask("records").headers["referrer-policy"] == "no-referrer"


def test_when_a_key_was_used_is_noted(store: Store, serving: Any) -> None:
    with serving(store) as ask:
        ask.with_key(key_for(store, Scope.READ))("records")
    [key] = store.keys.list()
    assert key.last_used_at is not None


def test_an_address_has_its_ration(file: Store, serving: Any) -> None:
    with serving(file, api_rate=3, api_key_rate=5) as ask:
        answers = [ask("records") for _ in range(4)]
        assert [answer.status for answer in answers] == [200, 200, 200, 429]
        assert answers[0].headers["ratelimit-policy"] == '"requests";q=3;w=60'
        assert answers[0].headers["ratelimit"].startswith('"requests";r=2;t=')
        assert answers[3].kind == "too-many-requests"
        assert 0 < int(answers[3].headers["retry-after"]) <= 21
        assert answers[3].headers["access-control-allow-origin"] == "*"
        keyed = ask.with_key(key_for(file, Scope.READ))
        assert [keyed("records").status for _ in range(6)] == [200] * 5 + [429]
        own = ask.with_key(key_for(file, Scope.READ, rate=1))
        assert [own("records").status for _ in range(2)] == [200, 429]
        assert ask("/healthz").status == 200 or ask("/healthz").status == 503


def test_guessing_keys_is_slow(file: Store, serving: Any) -> None:
    with serving(file) as ask:
        statuses = [ask("records", X_API_Key=f"hk_{n:012}_x").status for n in range(12)]
        assert statuses == [401] * 10 + [429] * 2
        assert ask("records").status == 200


def test_what_a_proxy_says_counts_for_proxies_that_are_known(file: Store, serving: Any) -> None:
    with serving(file, api_rate=1) as ask:
        assert [ask("records", X_Forwarded_For=f"198.51.100.{n}").status for n in range(2)] == [200, 429]
    with serving(file, api_rate=1, trusted_proxies="127.0.0.1") as ask:
        assert [ask("records", X_Forwarded_For=f"203.0.113.9, 198.51.100.{n}").status for n in range(3)] == [200] * 3
        assert ask("records", X_Forwarded_For="198.51.100.9, 198.51.100.1").status == 429


def test_a_bucket_fills_again_and_many_are_forgotten() -> None:
    now = [0.0]
    buckets = Buckets(lambda: now[0])
    assert [buckets.take("a", 2).refused for _ in range(3)] == [False, False, True]
    assert buckets.take("a", 2).wait_s <= 31
    now[0] = 30.0
    assert [buckets.take("a", 2).refused for _ in range(2)] == [False, True]
    for n in range(50_100):
        buckets.take(f"other {n}", 2)
        now[0] += 60
    assert len(buckets._held) <= 50_000
    assert not buckets.take("a", 2, only_look=True).refused


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("unknown", "unknown"),
    ],
)
def test_whom_an_address_stands_for(address: str, name: str) -> None:
    assert name_of(address) == name


def test_browsers_of_other_sites_may_read(file: Store, ask_file: Client) -> None:
    put(file, record := make_record(1))
    asked = {"Origin": "https://other.example", "Access_Control_Request_Method": "GET"}
    asked["Access_Control_Request_Headers"] = "authorization"
    preflight = ask_file(f"records/{record.id}", "OPTIONS", **asked)
    assert (preflight.status, preflight.body) == (204, b"")
    assert "authorization" in preflight.headers["access-control-allow-headers"].lower()
    assert preflight.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
    answer = ask_file(f"records/{record.id}", Origin="https://other.example")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    for name in ("ETag", "Link", "Retry-After"):
        assert name in answer.headers["access-control-expose-headers"]
