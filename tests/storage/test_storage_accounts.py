"""Accounts, sessions and the audit log, on either engine."""

from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest

from harvester.errors import UsageError
from harvester.model.account import Account, Role
from storage import audit
from storage.backup import backup
from storage.store import Store


def added(store: Store, name: str, now: datetime, role: Role = Role.ADMIN) -> Account:
    return store.transact(lambda unit: store.accounts.add(unit, name, role, "a hash", now))


def test_a_name_is_given_once(store: Store, now: datetime) -> None:
    assert not store.accounts.exist()
    assert added(store, " Maud ", now).name == "maud"
    assert store.accounts.exist()
    for name in ("MAUD", "", "a", "with blank", "-x", "a" * 65, "é" * 3):
        with pytest.raises(UsageError):
            added(store, name, now)


def test_the_first_account_is_made_once_however_many_try(store: Store, now: datetime) -> None:
    def first(name: str) -> None:
        def work(unit: object) -> None:
            if not store.accounts.exist(unit):  # type: ignore[arg-type]
                store.accounts.add(unit, name, Role.ADMIN, "a hash", now)  # type: ignore[arg-type]

        store.transact(work)

    threads = [Thread(target=first, args=(f"name-{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.accounts.list()) == 1


def test_one_admin_stays(store: Store, now: datetime) -> None:
    added(store, "maud", now)
    added(store, "eve", now)
    store.transact(lambda unit: store.accounts.disable(unit, "eve", now))
    for change in (
        lambda unit: store.accounts.disable(unit, "maud", now),
        lambda unit: store.accounts.set_role(unit, "maud", Role.VIEWER),
    ):
        with pytest.raises(UsageError, match="no admin would be left"):
            store.transact(change)
    assert [one.name for one in store.accounts.list() if one.disabled_at is None] == ["maud"]


def test_a_session_is_known_by_its_hash_only_and_left_out_of_backups(
    store: Store, now: datetime, tmp_path: Path
) -> None:
    account = added(store, "maud", now)
    token = store.transact(lambda unit: store.accounts.begin(unit, account.id, now))
    assert store.accounts.signed_in(token, now) == account
    assert store.accounts.signed_in(token[:-1], now) is None
    backup(store, tmp_path / "copy.db", now, lambda *_: None)
    with Store.open(f"sqlite:///{tmp_path}/copy.db") as copy:
        assert copy.accounts.list() == [account]
        assert copy.accounts.signed_in(token, now) is None


def test_the_audit_log_is_read_backwards_and_bounded(
    store: Store, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "MOST", 5)

    def note(n: int, at: datetime) -> None:
        store.transact(lambda unit: store.audit.add(unit, "maud", "pause", f"source {n}" * 99, "127.0.0.1", at))

    for n in range(8):
        note(n, now)
    found = store.audit.list(3)
    assert [one.about[:8] for one in found] == ["source 7", "source 6", "source 5"]
    assert [one.about[:8] for one in store.audit.list(before=found[-1].id)] == ["source 4", "source 3"]
    assert len(found[0].about) == 500
    note(8, now + audit.KEPT + timedelta(days=1))
    assert len(store.audit.list()) == 1
