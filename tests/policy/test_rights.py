"""What a reservation, a robots directive and the operator's basis leave of a record."""

from datetime import UTC, date, datetime

import pytest
from pages import ABSTRACT, NO_BASIS, NOW, RESERVED, TITLE, decided, record, reserved_record

from harvester.model.record import (
    AbstractPolicy,
    LangText,
    Rights,
    TdmReservation,
)
from harvester.model.signal import Evidence
from harvester.model.source import RightsRules
from harvester.policy import abstract_policy


def test_nothing_reserved_is_open() -> None:
    assert abstract_policy(None, RightsRules(basis="none"), "none", NOW) == AbstractPolicy()
    assert abstract_policy(TdmReservation(reserved=False), RightsRules(), "none", NOW).basis == "open"


def test_reserved_without_a_basis_keeps_no_abstract() -> None:
    assert abstract_policy(RESERVED, RightsRules(), "none", NOW) == NO_BASIS


def test_research_is_for_signed_in_readers_and_never_handed_on() -> None:
    found = abstract_policy(RESERVED, RightsRules(), "research", NOW)
    assert (found.keep, found.show, found.redistribute) == (True, "signed_in", False)


def test_a_licence_says_itself_what_it_allows() -> None:
    rights = RightsRules(
        basis="licence", reference="L 1", declared_by="me", keep=True, show="public", redistribute=True
    )
    assert abstract_policy(RESERVED, rights, "none", NOW) == AbstractPolicy(basis="licence")
    assert not abstract_policy(RESERVED, rights.model_copy(update={"keep": False}), "none", NOW).keep


def test_the_entry_beats_the_default_and_an_ended_basis_is_none() -> None:
    rights = RightsRules(basis="research", until=date(2026, 11, 1))
    assert abstract_policy(RESERVED, rights, "none", NOW).basis == "research"
    ended = rights.model_copy(update={"until": date(2026, 10, 31)})
    assert abstract_policy(RESERVED, ended, "research", NOW) == NO_BASIS


def test_decide_takes_the_abstracts_and_leaves_the_facts() -> None:
    quoting = LangText(
        value=TITLE,
        language="en",
        evidence=(Evidence(vocabulary="meta", name="description", quote=ABSTRACT[:200], where="/html/head/meta"),),
    )
    left = decided(reserved_record(titles={"en": quoting}))
    assert not left.abstracts
    assert not left.other_abstracts
    assert (left.titles["en"].value, left.contributors, left.access) == (TITLE, record().contributors, record().access)
    assert "lit lanterns" not in left.model_dump_json()
    assert left.rights.abstract_policy == NO_BASIS


@pytest.mark.fault(78)
def test_the_sites_tdmrep_file_reserves_unless_the_page_says_otherwise() -> None:
    told = ("tdm-reservation: 1", "tdm-policy: https://journal.example/policy.json")
    by_file = decided(record(), visit_robots=told)
    assert by_file.rights.tdm is not None
    assert by_file.rights.tdm.policy_url == "https://journal.example/policy.json"
    assert not by_file.abstracts
    of_page = decided(record(rights=Rights(tdm=TdmReservation(reserved=False))), visit_robots=told)
    assert of_page.abstracts


def test_robots_directives_are_recorded() -> None:
    assert decided(record(), page_robots=("NOINDEX", "noarchive")).rights.robots == ("noarchive", "noindex")
    assert "noindex" in decided(record(), page_robots=("none",)).rights.robots


@pytest.mark.fault(79)
def test_a_page_past_its_time_is_neither_archived_nor_listed() -> None:
    past = record(rights=Rights(unavailable_after=datetime(2026, 10, 1, tzinfo=UTC)))
    assert {"noarchive", "noindex"} <= set(decided(past).rights.robots)
    later = record(rights=Rights(unavailable_after=datetime(2027, 1, 1, tzinfo=UTC)))
    assert decided(later).rights.robots == ()
