"""Turns of a host, taken in this process."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from fresh import store_at

from harvester.crawl.addresses import Gate
from harvester.crawl.ledger import Ledger, utc_now
from harvester.crawl.turns import HostShutError, PausedError, Turns
from harvester.model.source import PolitenessRules
from storage.store import Store

HOST = "127.0.0.1:9"
BUDGET_S = 0.3


def test_a_budget_that_ends_while_the_turn_is_awaited_counts(tmp_path: Path) -> None:
    with store_at(f"sqlite:///{tmp_path}/h.db") as store:
        asked = asyncio.run(awaited(store))
    assert asked == []


async def awaited(store: Store) -> list[str]:
    """What is asked where another crawl has the host until the budget is spent."""
    asked: list[str] = []
    ledger = Ledger(store, "a", "run")
    began = asyncio.get_running_loop().time()
    rules = PolitenessRules(delay=0.05, timeout=60, max_minutes=BUDGET_S / 60)
    turns = Turns(ledger, Gate((HOST,)), rules, asyncio.Event())
    store.transact(lambda unit: store.hosts.take_turn(unit, HOST, "another", 0.05, 60, utc_now()))

    async def ask() -> None:
        async with turns.turn(f"http://{HOST}/article/1"):
            asked.append("/article/1")

    asking = asyncio.create_task(ask())
    while asyncio.get_running_loop().time() <= began + BUDGET_S:
        await asyncio.sleep(0.05)
    store.transact(lambda unit: store.hosts.end_turn(unit, HOST, "another", 0.05, utc_now()))
    with pytest.raises(PausedError, match="its budget"):
        await asking
    ledger.close()
    return asked


@pytest.mark.fault(40)
def test_a_long_hold_is_not_sat_out_by_who_comes_while_it_is_written_down(tmp_path: Path) -> None:
    with store_at(f"sqlite:///{tmp_path}/h.db") as store:
        assert asyncio.run(held(store)) == "127.0.0.1:9 asked to wait 86400 s: HTTP 429"


async def held(store: Store) -> str:
    """What hears who waits for a turn while another writes down that the host wants to be left alone for a day."""
    ledger = Ledger(store, "a", "run")
    turns = Turns(ledger, Gate((HOST,)), PolitenessRules(delay=0), asyncio.Event())
    url = f"http://{HOST}/article/1"
    async with turns.turn(url):
        holding = asyncio.create_task(turns.hold(url, timedelta(days=1), "HTTP 429"))
        await asyncio.sleep(0)  # it has begun, and waits for the database
    with pytest.raises(HostShutError) as shut:
        async with asyncio.timeout(20), turns.turn(url):
            pass
    await holding
    ledger.close()
    return str(shut.value)


@pytest.mark.fault(8)
def test_a_hold_of_an_earlier_run_holds_all_who_come_at_once(tmp_path: Path) -> None:
    with store_at(f"sqlite:///{tmp_path}/h.db") as store:
        assert asyncio.run(came_at_once(store)) == []


async def came_at_once(store: Store) -> list[int]:
    """Who of several was let through to a host that an earlier Run was asked to leave alone."""
    ledger = Ledger(store, "a", "run")
    await ledger.hold(HOST, timedelta(hours=1), "HTTP 429")
    turns = Turns(ledger, Gate((HOST,)), PolitenessRules(delay=0), asyncio.Event())
    through: list[int] = []

    async def come(number: int) -> None:
        async with turns.turn(f"http://{HOST}/article/{number}"):
            through.append(number)

    came = await asyncio.gather(*map(come, range(5)), return_exceptions=True)
    assert all(isinstance(each, HostShutError) for each in came if each is not None)
    ledger.close()
    return through
