"""Start-up: `--help` beside a bare Python, `records` beside importing the ORM, a Run's child beside Scrapy's own."""

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from measure import HARVESTER, ROOT, at_most, in_turn, show, wall_seconds

sys.path.insert(0, str(ROOT))

from harvester.crawl.crawl import CrawlConfig
from harvester.model.source import Source
from storage.store import Store

_EMPTY_SPIDER = """
import scrapy
class Empty(scrapy.Spider):
    name = "empty"
    async def start(self):
        return
        yield
"""


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder}/harvester.db"
        Store.open(url, migrate=True).close()
        spider = folder / "empty.py"
        spider.write_text(_EMPTY_SPIDER)
        config = CrawlConfig(
            source=Source(id="nothing", name="Nothing", hosts=("127.0.0.1:9",)),
            run_id=f"{datetime.now(UTC):%Y%m%d}-bench",
            database_url=url,
            spool_dir=folder / "spool",
            contact="bench@harvester.example",
            user_agent="Harvester/bench",
        )
        (folder / "config.json").write_text(config.model_dump_json() + "\n")
        child = f"exec {sys.executable} -m harvester.crawl < {folder}/config.json"
        times = in_turn(
            {
                "pass": lambda: wall_seconds([sys.executable, "-c", "pass"]),
                "help": lambda: wall_seconds([*HARVESTER, "--help"]),
                "orm": lambda: wall_seconds([sys.executable, "-c", "import sqlalchemy.orm"]),
                "records": lambda: wall_seconds([*HARVESTER, "--data", name, "records"]),
                "scrapy": lambda: wall_seconds([sys.executable, "-m", "scrapy", "runspider", str(spider)]),
                "child": lambda: wall_seconds(["sh", "-c", child]),
            },
            rounds=7,
        )
    show(
        "Start-up",
        [
            at_most("harvester --help", "python -c pass", times["help"] / times["pass"], 10),
            at_most("harvester records", "import sqlalchemy.orm", times["records"] / times["orm"], 1.25),
            at_most("a run's child", "scrapy runspider, nothing to do", times["child"] / times["scrapy"], 1.4),
        ],
    )


if __name__ == "__main__":
    main()
