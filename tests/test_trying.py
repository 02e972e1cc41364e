"""A page tried for the console: fetched as a harvest would, and a source proposed that is sound."""

from pathlib import Path

import pytest

from harvester.cli.trying import PageTrial
from harvester.errors import BusyError, RefusedError, UsageError
from harvester.sample import seeds, serve
from harvester.settings import Settings
from harvester.sources import check


def test_a_page_is_tried_and_a_source_proposed(tmp_path: Path) -> None:
    with serve() as publisher:
        seeds(tmp_path / "seeds", publisher)
        for path in (tmp_path / "seeds" / "sources").iterdir():
            path.unlink()
        settings = Settings(
            data_dir=tmp_path, seeds_dir=tmp_path / "seeds", private_allow=(publisher.host,), contact="a@b.example"
        )
        trying = PageTrial(settings)
        tried = trying(publisher.url + publisher.site.path("700201"))
        assert tried.outcome == "ok"
        assert publisher.site.expected("700201").doi in [value for name, value, _ in tried.fields if name == "doi"]
        assert tried.access and tried.quotes
        draft = tmp_path / "sources" / f"{tried.id}.toml"
        draft.parent.mkdir()
        draft.write_text(tried.text, encoding="utf-8")
        assert check([draft], settings.seeds_dir, private_allow=settings.private_allow) == []
        with pytest.raises(RefusedError):
            trying("http://192.0.2.1/article")
        for none in ("https://", "http://[", "http://a b/"):
            with pytest.raises(UsageError, match="is not an address"):
                trying(none)
        trying._lock.acquire()
        with pytest.raises(BusyError):
            trying("http://192.0.2.1/article")
