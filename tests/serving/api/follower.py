"""A follower of the change feed as the README describes it, and a world that changes under it."""

import http.client
import json
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from client import Answer, Client, make_record

from harvester.errors import UsageError
from harvester.model.record import Integrity, Record
from storage.store import Store

_PATIENCE_S = 120


class Follower:
    """A copy of what the API tells: records by id, and why others are gone. It only knows HTTP."""

    def __init__(self, url: Callable[[], str], key: str = "") -> None:
        self._url = url
        self._key = key
        self.records: dict[str, Any] = {}
        self.gone: dict[str, str] = {}
        self.seq = -1
        self.repeated = 0

    def begin(self) -> None:
        """Take a list, and note the number at which the feed goes on: that of its first page."""
        page = self._ask("records", limit=500).json
        self.seq = page["seq"]
        while True:
            self.records |= {one["id"]: one for one in page["items"]}
            if page["next"] is None:
                return
            page = self._ask("records", limit=500, after=page["items"][-1]["id"]).json

    def catch_up(self) -> int:
        """Apply what has changed since; returns how many Changes that were."""
        applied = 0
        while True:
            page = self._ask("changes", after=self.seq, limit=500).json
            numbers = [one["seq"] for one in page["items"]]
            assert numbers == list(range(self.seq + 1, self.seq + 1 + len(numbers)))
            self._apply(page["items"])
            applied += len(numbers)
            self.seq = numbers[-1] if numbers else self.seq
            if not page["more"]:
                return applied

    def _apply(self, changes: list[dict[str, Any]]) -> None:
        for one in changes:
            if one["reason"] is not None:
                self.records.pop(one["record_id"], None)
                self.gone[one["record_id"]] = one["reason"]
        changed = list(dict.fromkeys(one["record_id"] for one in changes if one["reason"] is None))
        for start in range(0, len(changed), 100):
            some = changed[start : start + 100]
            found = {one["id"]: one for one in self._ask("records", ids=",".join(some)).json["items"]}
            for record_id in some:
                self.records.pop(record_id, None)
                if record_id in found:
                    self.records[record_id] = found[record_id]
                    self.gone.pop(record_id, None)

    def _ask(self, path: str, **query: Any) -> Answer:
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                answer = Client(self._url(), self._key)(path, **query)
                assert answer.status == 200, answer
            except (OSError, http.client.HTTPException):
                assert time.monotonic() < deadline
                self.repeated += 1
                time.sleep(0.05)  # the server is away: nothing tells when it comes back
            else:
                return answer


class World:
    """Records that are created, changed, retracted, merged, split, deleted, restored and purged, at random."""

    def __init__(self, store: Store, archive: Path, seed: int = 0) -> None:
        self._store = store
        self._archive = archive
        self._chance = random.Random(seed)
        self._made = 0
        self._ids: dict[int, str] = {}
        self._merged: list[str] = []
        self._buried: list[int] = []
        self.done: dict[str, int] = {}

    def turn(self, steps: int) -> None:
        """So many changes."""
        for _ in range(steps):
            name = self._chance.choices(list(_STEPS), list(_STEPS.values()))[0]
            if not self._ids:
                name = "create"
            try:
                getattr(self, f"_{name}")()
            except UsageError:
                continue  # what there is nothing of, such as a merge to undo
            self.done[name] = self.done.get(name, 0) + 1

    def state(self) -> tuple[dict[str, Any], dict[str, str]]:
        """Every record that is there, from a dump; why the others are gone."""
        with self._store.records.dump() as dump:
            there = {one["id"]: one for one in map(json.loads, dump.documents)}
        buried = (one for one in self._store.records.iter(include_deleted=True) if one.deleted_at is not None)
        return there, {one.id: str(one.deletion_reason) for one in buried}

    def _create(self) -> None:
        batch = []
        for _ in range(self._chance.randint(1, 4)):
            self._made += 1
            batch.append(self._record(self._made))
            self._ids[self._made] = batch[-1].id
        self._save(batch)

    def _update(self) -> None:
        self._save([self._record(self._any(), title=f"Titre {self._chance.random()}")])

    def _access(self) -> None:
        status = self._chance.choice(["open", "free", "subscription", "unknown"])
        self._save([self._record(self._any(), status=status)])

    def _retract(self) -> None:
        self._save([self._record(self._any(), integrity=Integrity(status="retracted", notice="Retracted."))])

    def _merge(self) -> None:
        one, other = self._ids[self._any()], self._ids[self._any()]
        if self._store.transact(lambda unit: self._store.works.merge(unit, one, other, "alike", self._now())):
            self._merged.append(one)

    def _split(self) -> None:
        one = self._chance.choice(self._merged or list(self._ids.values()))
        self._store.transact(lambda unit: self._store.works.split(unit, one, "another article", self._now()))

    def _delete(self) -> None:
        self._buried.append(n := self._any())
        one = self._ids[n]
        reason = self._chance.choice(["gone", "out_of_scope"])
        self._store.transact(lambda unit: self._store.records.delete(unit, one, reason, self._now()))

    def _restore(self) -> None:
        if self._buried:
            self._save([self._record(self._buried.pop(self._chance.randrange(len(self._buried))))])

    def _duplicate(self) -> None:
        n, other = self._any(), self._ids[self._any()]
        one = self._ids[n]
        if one != other:
            self._buried.append(n)
            self._store.transact(
                lambda unit: self._store.records.delete(unit, one, "duplicate", self._now(), successor=other)
            )

    def _purge(self) -> None:
        self._store.purge(self._archive, self._ids[self._any()], "legal", self._now())

    def _any(self) -> int:
        return self._chance.choice(list(self._ids))

    def _record(self, n: int, **more: Any) -> Record:
        doi = f"10.1000/{n % 50}" if n % 7 == 0 else None  # some share their own DOI with a record of another source
        return make_record(n, doi=doi, source_id=f"source-{n % 3}", id=f"{n:020}", work_id=f"{n:020}", **more)

    def _save(self, batch: list[Record]) -> None:
        self._store.transact(lambda unit: self._store.records.save(unit, batch, run_id=None, now=self._now()))

    @staticmethod
    def _now() -> datetime:
        return datetime.now(UTC)


_STEPS = {
    "create": 30, "update": 25, "access": 10, "retract": 6, "merge": 8, "split": 4, "delete": 6, "restore": 5,
    "duplicate": 3, "purge": 1,
}  # fmt: skip
