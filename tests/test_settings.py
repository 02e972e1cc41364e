"""Settings: defaults, environment, and errors that name the variable and the remedy."""

import os
from pathlib import Path

import pytest

from harvester import settings
from harvester.errors import UsageError


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch):
    for name in [name for name in os.environ if name.startswith(settings.PREFIX)]:
        monkeypatch.delenv(name)


def test_defaults():
    found = settings.load()
    assert found.data_dir == Path("data")
    assert found.database_url == "sqlite:///data/harvester.db"
    assert (found.seeds_dir / "platforms").is_dir()
    assert (found.tdm_basis, found.private_allow, found.contact) == ("none", (), "")


def test_environment_then_options(monkeypatch):
    monkeypatch.setenv("HARVESTER_DATA_DIR", "/srv/a")
    monkeypatch.setenv("HARVESTER_TDM_BASIS", "research")
    assert settings.load().database_url == "sqlite:////srv/a/harvester.db"
    found = settings.load(data_dir=Path("/srv/b"), tdm_basis=None)
    assert (found.data_dir, found.tdm_basis) == (Path("/srv/b"), "research")
    assert found.database_url == "sqlite:////srv/b/harvester.db"


def test_an_empty_variable_is_not_set(monkeypatch):
    monkeypatch.setenv("HARVESTER_TDM_BASIS", "")
    assert settings.load().tdm_basis == "none"


def test_private_allow_is_a_comma_list(monkeypatch):
    monkeypatch.setenv("HARVESTER_PRIVATE_ALLOW", "127.0.0.1:8901, Intra.Example:80,[::1]:8080,")
    found = settings.load()
    assert found.private_allow == ("127.0.0.1:8901", "intra.example:80", "[::1]:8080")
    assert found.is_private("127.0.0.1:8901")
    assert found.is_private("intra.example")
    assert not found.is_private("127.0.0.1:8902")
    assert not found.is_private("127.0.0.2:8901")


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("PRIVATE_ALLOW", "127.0.0.1", "'127.0.0.1' is not host:port"),
        ("PRIVATE_ALLOW", "127.0.0.1:0", "is not host:port"),
        ("PRIVATE_ALLOW", "127.0.0.1:70000", "is not host:port"),
        ("PRIVATE_ALLOW", "127.1:80", "'127.1' in '127.1:80' is not a host name or address"),
        ("PRIVATE_ALLOW", "0x7f000001:80", "is not a host name or address"),
        ("PRIVATE_ALLOW", "http://host:80", "is not a host name or address"),
        ("PRIVATE_ALLOW", "[::g]:80", "is not a host name or address"),
        ("CONTACT", "me", "write a mail address"),
        ("CONTACT", "me@example.org (really)", "write a mail address"),
        ("BASE_URL", "harvest.example.org", "write an http(s) address"),
        ("TDM_BASIS", "maybe", "'none', 'research', 'licence' or 'permission'"),
    ],
)
def test_a_wrong_value_names_its_variable(monkeypatch, variable, value, says):
    monkeypatch.setenv(settings.PREFIX + variable, value)
    with pytest.raises(UsageError) as caught:
        settings.load()
    assert caught.value.message.startswith(f"HARVESTER_{variable}={value}: ")
    assert says in caught.value.message
    assert caught.value.remedy
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("value", ["mysql://me:hunter2@host/db", "postgresql://me:hun/ter2@host/db"])
def test_a_mistake_in_the_database_url_does_not_repeat_its_password(monkeypatch, value):
    monkeypatch.setenv("HARVESTER_DATABASE_URL", value)
    with pytest.raises(UsageError, match="HARVESTER_DATABASE_URL") as caught:
        settings.load()
    assert "hun" not in str(caught.value)


def test_every_wrong_value_is_named_at_once(monkeypatch):
    monkeypatch.setenv("HARVESTER_CONTACT", "me")
    monkeypatch.setenv("HARVESTER_TDM_BASIS", "maybe")
    with pytest.raises(UsageError) as caught:
        settings.load()
    assert len(caught.value.message.splitlines()) == 2


def test_a_misspelt_variable_is_refused_and_a_strange_one_is_not(monkeypatch):
    monkeypatch.setenv("HARVESTER_SOMETHING_OF_OTHERS", "1")
    settings.load()
    monkeypatch.setenv("HARVESTER_TDM_BASE", "research")
    with pytest.raises(UsageError, match="HARVESTER_TDM_BASE is not a setting") as caught:
        settings.load()
    assert caught.value.remedy == "did you mean HARVESTER_TDM_BASIS?"


def test_contact_is_needed_for_any_host_that_is_not_private(monkeypatch):
    monkeypatch.setenv("HARVESTER_PRIVATE_ALLOW", "127.0.0.1:8901")
    found = settings.load()
    assert found.contact_for(["127.0.0.1:8901"]) == "private hosts only"
    with pytest.raises(UsageError, match=r"journal\.example\.org may only be visited") as caught:
        found.contact_for(["127.0.0.1:8901", "journal.example.org"])
    assert "HARVESTER_CONTACT" in caught.value.remedy


def test_contact_goes_before_base_url(monkeypatch):
    monkeypatch.setenv("HARVESTER_BASE_URL", "https://harvest.example.org/")
    assert settings.load().contact_for(["journal.example.org"]) == "https://harvest.example.org"
    monkeypatch.setenv("HARVESTER_CONTACT", "you@example.org")
    assert settings.load().contact_for(["journal.example.org"]) == "you@example.org"


def test_every_setting_is_described():
    listed = settings.described()
    assert [one.variable for one in listed] == [f"HARVESTER_{name.upper()}" for name in settings.Settings.model_fields]
    assert all(one.help.endswith((".", "host:port,host:port.")) for one in listed)
    assert "DATA_DIR" in next(one.default for one in listed if one.variable == "HARVESTER_DATABASE_URL")
