"""Turns of a host, taken in this process."""

import asyncio
from pathlib import Path

import pytest
from fresh import store_at

from harvester.crawl.addresses import Gate
from harvester.crawl.ledger import Ledger, utc_now
from harvester.crawl.turns import PausedError, Turns
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
