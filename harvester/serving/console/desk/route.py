"""What stands in the table of routes, what a page or an act is given, and what an act comes to."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from fastapi import Request, Response

from harvester.model.account import Account, Role
from harvester.serving.console.page import page
from harvester.serving.console.wording import Wording
from harvester.serving.readers.forms import Said, one, plain
from storage.unit import Unit

_NAME = re.compile(r"[a-z_]{1,40}")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: who asks (None: nobody has signed in), in which language, and what the form says.

    `token` is what forms must bring back, `address` where the client is; `session` is the secret of its cookie.
    """

    request: Request
    words: Wording
    account: Account | None
    token: str
    session: str
    address: str
    now: datetime
    form: Said = field(default_factory=dict)

    @property
    def who(self) -> str:
        """The name of the account; empty where nobody has signed in."""
        return self.account.name if self.account else ""

    def may(self, role: str) -> bool:
        """Whether the account may do what this role may."""
        return self.account is not None and self.account.role.covers(Role(role))

    def is_at(self, path: str) -> bool:
        """Whether this page is the one of the menu with this address below `desk/`."""
        own = self.request.url.path.removeprefix(f"/{self.words.language}/desk/")
        return own == path or (bool(path) and own.startswith(f"{path}/"))

    def said(self, name: str, most: int = 500) -> str:
        """What a field of the form says, or else the query of the address."""
        return (one(self.form, name) or plain(self.request.query_params.get(name, "")).strip())[:most]

    def secret(self, name: str) -> str:
        """A password as it was typed, with its blanks."""
        return next(iter(self.form.get(name, ())), "")

    def place(self, name: str) -> str:
        """What stands in the path for this name."""
        return str(self.request.path_params[name])

    def page(self, template: str, status: int = 200, *, at: str | None = None, **values: object) -> Response:
        """A page of the desk. `at` is its address below `desk/` where that is not the one that was asked for."""
        here = f"/{self.words.language}/desk/"
        query = f"?{self.request.url.query}" if self.request.url.query else ""
        own = self.request.url.path.removeprefix(here) + query
        done = self.request.query_params.get("done", "")
        return page(
            template,
            self.words,
            f"desk/{own if at is None else at}",
            status,
            is_private=True,
            asked=self,
            desk=here,
            done=done if _NAME.fullmatch(done) else "",
            **values,
        )


def _nothing(_: Unit) -> None:
    return None


class Done(NamedTuple):
    """What an act comes to: `work` is done in one transaction with the entry of the audit log, then the browser goes
    on to `to` (below `desk/`), or sees `page` at once.

    `about` says on what it was done. `work` may return the secret of a session that begins; `who` names whoever had
    not signed in before. `signs_out` takes the cookie away.
    """

    to: str = ""
    about: str = ""
    work: Callable[[Unit], str | None] = _nothing
    who: str = ""
    page: Response | None = None
    signs_out: bool = False


class Look(NamedTuple):
    """A page that changes nothing. `role` None: for anybody."""

    path: str
    role: Role | None
    answer: Callable[..., Response]


class Act(NamedTuple):
    """A form that changes something; `name` is the act in the audit log. A Response says what is wrong with it."""

    path: str
    role: Role | None
    name: str
    answer: Callable[..., Done | Response]
