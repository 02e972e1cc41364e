"""What /metrics answers, read as Prometheus reads it, and the README's table of it."""

import re
import urllib.request
from pathlib import Path
from typing import NamedTuple

from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as plain

OPENMETRICS = "application/openmetrics-text; version=1.0.0"
_TABLE = re.compile(r"^\| `((?:harvester|process)_\w+)` \|", re.MULTILINE)


class Scrape(NamedTuple):
    """One answer: samples by name and labels, and the names of all families that have any."""

    kind: str
    text: str
    samples: dict[str, float]
    families: set[str]

    def of(self, name: str) -> dict[str, float]:
        """The samples of a name, by the values of their labels."""
        found = {key: value for key, value in self.samples.items() if key.split("{")[0] == name}
        return {" ".join(re.findall(r'="(.*?)"', key)): value for key, value in found.items()}


def scrape(url: str, accept: str = "") -> Scrape:
    """Ask for /metrics and parse every line of the answer."""
    request = urllib.request.Request(f"{url}/metrics", headers={"Accept": accept} if accept else {})
    with urllib.request.urlopen(request, timeout=20) as answer:
        text, kind = answer.read().decode(), answer.headers["content-type"]
    parsed = [*(openmetrics if "openmetrics" in kind else plain)(text)]
    samples, families = {}, set()
    for family in parsed:
        if family.samples:
            families.add(_public_name(family.name, family.type))
        for one in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(one.labels.items()))
            samples[f"{one.name}{{{labels}}}" if labels else one.name] = one.value
    return Scrape(kind, text, samples, families)


def table() -> set[str]:
    """Every metric the README names."""
    return {*_TABLE.findall((Path(__file__).parents[1] / "README.md").read_text("utf-8"))}


def _public_name(name: str, kind: str) -> str:
    return name + {"counter": "_total", "info": "_info"}.get(kind, "")
