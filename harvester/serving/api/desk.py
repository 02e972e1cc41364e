"""What every route of the API works with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from harvester.model.source import Source
from harvester.serving.api.following import Following
from harvester.serving.work import Work
from harvester.settings import Settings
from storage.store import Store

PREFIX = "/api/v1"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Desk:
    """Store, settings and seed files of one installation."""

    store: Store
    settings: Settings
    work: Work
    sources: Callable[[], Mapping[str, Source]]
    following: Following

    async def look(self, find: Callable[[], _T]) -> _T:
        """What one look at a few rows finds: in place where the database is a file, for a thread costs many times that;
        in a thread where it is a server, which may keep us waiting.
        """
        return find() if self.store.is_embedded else await run_in_threadpool(find)

    def base(self, request: Request) -> str:
        """Where this API is, without a slash: as the settings say, else the address that was connected to.

        What a client writes into its Host header is never believed.
        """
        if self.settings.base_url:
            return self.settings.base_url + PREFIX
        host, port = request.scope.get("server") or ("127.0.0.1", None)
        host = f"[{host}]" if ":" in host else host
        return f"{request.scope['scheme']}://{host}{f':{port}' if port else ''}{PREFIX}"
