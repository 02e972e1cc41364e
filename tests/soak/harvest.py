"""A data folder, a journal to harvest, and the command that does it, in processes of their own."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
HARVESTER = (sys.executable, "-c", "from harvester.cli import main; main()")
_SOURCE = """name = "Soak"
hosts = ["{host}"]
languages = ["en", "fr"]
[[discovery]]
{discovery}
[urls]
article = ['^http://[^/]+/article/(?P<id>\\d+)$']
[politeness]
delay = 0
jitter = 0
max_minutes = 600
"""


class Harvest:
    """One data folder with one source, `soak`."""

    def __init__(self, folder: Path, origin: str, discovery: str) -> None:
        self.folder, self.origin = folder, origin
        host = origin.removeprefix("http://")
        seeds = folder / "seeds"
        (seeds / "platforms").mkdir(parents=True)
        (seeds / "sources").mkdir()
        (seeds / "sources" / "soak.toml").write_text(_SOURCE.format(host=host, discovery=discovery))
        self.settings = {"HARVESTER_SEEDS_DIR": str(seeds), "HARVESTER_PRIVATE_ALLOW": host}

    def command(self, *arguments: str) -> list[str]:
        """The command line of a verb on this folder."""
        return [*HARVESTER, "--data", str(self.folder / "data"), *arguments]

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | self.settings

    def __call__(self, *arguments: str) -> str:
        """Run a verb to its end and return what it printed. Raises RuntimeError with its words when it fails."""
        done = subprocess.run(
            self.command(*arguments), capture_output=True, text=True, cwd=ROOT, env=self.environment, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{arguments} ended with {done.returncode}: {done.stdout[-500:]}{done.stderr[-500:]}")
        return done.stdout

    def lines(self, *arguments: str) -> list[dict[str, Any]]:
        """What a verb printed as JSON lines."""
        return [json.loads(line) for line in self(*arguments).splitlines()]

    def change(self, **wanted: Any) -> None:
        """Change the journal; its tally begins anew."""
        urlopen(Request(f"{self.origin}/change", data=json.dumps(wanted).encode())).read()

    def tally(self) -> dict[str, int]:
        """What the journal was asked since it was last changed."""
        with urlopen(f"{self.origin}/tally") as answer:
            found: dict[str, int] = json.load(answer)
        return found


@contextmanager
def harvest(articles: int, kilobytes: int, *, listing: bool = False) -> Iterator[Harvest]:
    """A journal that runs, and an empty data folder that knows it by its sitemap, or by its contents pages."""
    command = [sys.executable, str(HERE / "journal.py"), str(articles), str(kilobytes)]
    with tempfile.TemporaryDirectory() as folder, subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as site:
        assert site.stdout
        try:
            origin = f"http://127.0.0.1:{site.stdout.readline().strip()}"
            by_sitemap = f'kind = "sitemap"\nurl = "{origin}/sitemap.xml"'
            by_listing = f'kind = "listing"\nurl = "{origin}/list/0"\nnext = "a.next"'
            yield Harvest(Path(folder), origin, by_listing if listing else by_sitemap)
        finally:
            site.kill()
