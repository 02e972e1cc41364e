"""Work that stands still, for an application without a scheduler."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harvester.model.schedule import Standing


@dataclass
class Idle:
    """Says what it is told to."""

    leads: bool = False
    said: str = ""
    age: float = 1.0
    stand: Sequence[Standing] = ()

    def state(self) -> Mapping[str, object]:
        return {"scheduler": "leader" if self.leads else "standby"}

    def counts(self) -> Mapping[str, int]:
        return {"at_work": 0, "waiting": 0}

    def trouble(self) -> str:
        return self.said

    def look_age_s(self) -> float:
        return self.age

    def standings(self) -> Sequence[Standing]:
        return self.stand
