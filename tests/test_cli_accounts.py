"""The verb account, and what an installation is like as it comes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from harvester.cli.app import app
from harvester.errors import UsageError
from harvester.passwords import is_right
from storage.store import Store

Call = Callable[..., Any]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    monkeypatch.delenv("HARVESTER_BASE_URL", raising=False)

    def run(*words: str, typed: str | None = None) -> Any:
        done = CliRunner().invoke(app, ["--data", str(tmp_path), *words], input=typed)
        if isinstance(done.exception, Exception) and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    return run


def test_an_account_from_its_making_to_its_end(call: Call, tmp_path: Path) -> None:
    assert "is made" in call("account", "add", "Maud", "--role", "admin", typed="lantern quay tide\n").stdout
    call("account", "add", "eve", typed="lantern quay tide\n")
    call("account", "password", "eve", typed="another lantern \n")
    call("account", "disable", "eve")
    listed = [json.loads(line) for line in call("account", "list", "--json").stdout.splitlines()]
    assert [(one["name"], one["role"], one["disabled_at"] is None) for one in listed] == [
        ("eve", "operator", False),
        ("maud", "admin", True),
    ]
    assert "argon2" not in call("account", "list").stdout
    with Store.open(f"sqlite:///{tmp_path}/harvester.db") as store:
        assert store.accounts.credentials("eve") is None
        assert is_right("lantern quay tide", store.accounts.credentials("maud").password)  # type: ignore[union-attr]
        assert [one.act for one in store.audit.list()] == ["account_disable", "password", *["account_add"] * 2]


def test_what_cannot_be_done_to_accounts(call: Call) -> None:
    with pytest.raises(UsageError, match="no good password"):
        call("account", "add", "maud", typed="short\n")
    call("account", "add", "maud", "--role", "admin", typed="lantern quay tide\n")
    with pytest.raises(UsageError, match="an account maud already"):
        call("account", "add", "MAUD", typed="lantern quay tide\n")
    with pytest.raises(UsageError, match="no admin would be left"):
        call("account", "disable", "maud")
    with pytest.raises(UsageError, match="no account eve"):
        call("account", "password", "eve", typed="lantern quay tide\n")


@pytest.mark.fault(107)
def test_a_public_address_is_refused_without_tls(call: Call) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1", "server.library.example"):
        with pytest.raises(UsageError, match="read along"):
            call("serve", "--host", host)
