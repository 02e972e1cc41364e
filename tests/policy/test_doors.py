"""What leaves through which door."""

import pytest
from pages import ABSTRACT, NO_BASIS, TITLE, record

from harvester.model.record import AbstractPolicy, Record, Rights
from harvester.policy import is_listed, redistributed, shown

RESEARCH = AbstractPolicy(basis="research", show="signed_in", redistribute=False)
SHOWN = AbstractPolicy(basis="licence", show="public", redistribute=False)


def under(policy: AbstractPolicy) -> Record:
    return record(rights=Rights(abstract_policy=policy))


@pytest.mark.parametrize(
    ("policy", "passed_on", "to_anybody", "to_signed_in"),
    [
        (AbstractPolicy(), True, True, True),
        (RESEARCH, False, False, True),
        (SHOWN, False, True, True),
        (NO_BASIS, False, False, False),
    ],
)
def test_each_door_lets_out_what_its_policy_allows(
    policy: AbstractPolicy, passed_on: bool, to_anybody: bool, to_signed_in: bool
) -> None:
    one = under(policy)
    doors = (redistributed(one), shown(one, signed_in=False), shown(one, signed_in=True))
    assert [ABSTRACT in left.model_dump_json() for left in doors] == [passed_on, to_anybody, to_signed_in]
    assert all(TITLE in left.model_dump_json() for left in doors)


def test_a_page_that_asks_for_no_index_is_not_listed() -> None:
    assert is_listed(record())
    assert not is_listed(record(rights=Rights(robots=("noarchive", "noindex"))))
