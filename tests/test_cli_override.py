"""The verb override, as operators meet it."""

import json

import pytest
from test_cli_works_and_history import ONE, Command, harvester, store  # noqa: F401 (fixtures)


def test_set_list_lift(harvester: Command) -> None:  # noqa: F811
    set_it = ("override", "set", ONE.id, "free", "--reason", "asked the library", "--by", "Ann", "--until", "2999")
    code, out, _ = harvester(*set_it, "--json")
    done = json.loads(out)
    assert (code, done["status"], done["by"], done["until"]) == (0, "free", "Ann", "2999-12-31")
    assert "Ann: asked the library" in harvester("records", "show", ONE.id)[1]
    assert "asked the library" in harvester("override", "list")[1]
    assert [one["kind"] for one in json.loads(harvester("records", "history", ONE.id, "--json")[1])["changes"]][
        -1:
    ] == ["access_changed"]
    code, out, _ = harvester("override", "lift", ONE.id, "--reason", "mended")
    assert (code, out) == (0, f"record {ONE.id} is again what its page says: unknown\n")
    assert harvester("override", "list")[1] == "no verdict is overridden\n"
    (past,) = map(json.loads, harvester("override", "list", "--ended", "--json")[1].splitlines())
    assert (past["ended_reason"], past["reason"]) == ("mended", "asked the library")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("set", "nothing", "free", "--reason", "x"), "there is no record nothing"),
        (("set", ONE.id, "closed", "--reason", "x"), "use one of: open, free"),
        (("set", ONE.id, "free", "--reason", "x", "--until", "2020-01-01"), "has passed"),
        (("lift", ONE.id, "--reason", "x"), "harvester override list"),
    ],
)
def test_mistakes_name_the_remedy(harvester: Command, arguments: tuple[str, ...], said: str) -> None:  # noqa: F811
    code, _, err = harvester("override", *arguments)
    assert code == 2
    assert said in err
