"""Accounts of the console's operators: who may sign in, what each may do, and what was done."""

from enum import StrEnum

from harvester.model.base import Utc, Value


class Role(StrEnum):
    """What an account may do; each role may do what those before it may."""

    VIEWER = "viewer"  # look at everything operators see but readers' addresses; change nothing
    OPERATOR = "operator"  # also run, pause, stop, add sources, review, override
    ADMIN = "admin"  # also accounts, the audit log, and whom alerts tell

    def covers(self, other: "Role") -> bool:
        """Whether this role may do what `other` may."""
        return _ORDER.index(self) >= _ORDER.index(other)


_ORDER = tuple(Role)


class Account(Value):
    """Somebody who may sign in, without the password."""

    id: str
    name: str
    role: Role
    created_at: Utc
    password_at: Utc  # when the password was last set
    disabled_at: Utc | None = None


class Entry(Value):
    """One entry of the audit log: who did what, on what, from which address."""

    id: int
    at: Utc
    who: str
    act: str
    about: str = ""
    origin: str = ""
