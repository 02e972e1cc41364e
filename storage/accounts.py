"""Accounts of the console and their sessions. Passwords come and go as hashes; of a session only its hash is kept."""

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from secrets import token_hex, token_urlsafe
from typing import Any, NamedTuple

from sqlalchemy import Row, delete, exists, select, update

from harvester.errors import UsageError
from harvester.model.account import Account, Role
from storage.database import Database
from storage.tables import accounts, sessions
from storage.unit import Unit

IDLE = timedelta(hours=2)  # without a request, after which a session has ended
LONGEST = timedelta(hours=12)  # after which it has ended anyway
_NOTED_EVERY = timedelta(minutes=1)
_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")
_ALL = "accounts"


class Credentials(NamedTuple):
    """An account and the hash of its password."""

    account: Account
    password: str


class Accounts:
    """Who may sign in, and who is signed in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def exist(self, unit: Unit | None = None) -> bool:
        """Whether there is any account, also a disabled one: no first one can be made any more."""
        query = select(exists().select_from(accounts))
        if unit is not None:
            unit.lock(_ALL)
            return bool(unit.connection.execute(query).scalar())
        with self._database.read() as connection:
            return bool(connection.execute(query).scalar())

    def list(self) -> Sequence[Account]:
        """Every account, by name."""
        with self._database.read() as connection:
            return [_account(row) for row in connection.execute(select(accounts).order_by(accounts.c.name))]

    def credentials(self, name: str) -> Credentials | None:
        """Of the account of this name, unless it is disabled."""
        query = select(accounts).where(accounts.c.name == name.strip().lower(), accounts.c.disabled_at.is_(None))
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return Credentials(_account(row), row.password) if row else None

    def add(self, unit: Unit, name: str, role: Role, password: str, now: datetime) -> Account:
        """A new account; `password` is a hash. Raises UsageError for a name that is taken or none."""
        name = name.strip().lower()
        if not _NAME.fullmatch(name):
            raise UsageError(
                f"{name[:64]!r} is no name for an account", remedy="use 2 to 64 of a-z, 0-9, dot, hyphen, underscore, @"
            )
        unit.lock(_ALL)
        if unit.connection.execute(select(accounts.c.id).where(accounts.c.name == name)).first():
            raise UsageError(f"there is an account {name} already", remedy="choose another name")
        account = Account(id=token_hex(6), name=name, role=role, created_at=now, password_at=now)
        unit.connection.execute(accounts.insert().values(account.model_dump() | {"password": password}))
        return account

    def set_password(self, unit: Unit, name: str, password: str, now: datetime) -> Account:
        """Another password, as its hash; whoever was signed in with the old one is not any more."""
        return self._change(unit, name, {"password": password, "password_at": now})

    def set_role(self, unit: Unit, name: str, role: Role) -> Account:
        """Another role; what is open in browsers ends. Raises UsageError where no admin would be left."""
        account = self._change(unit, name, {"role": role.value})
        self._refuse_without_admin(unit)
        return account

    def disable(self, unit: Unit, name: str, now: datetime) -> Account:
        """Let nobody sign in with it any more, and end its sessions. Raises UsageError where no admin would be left."""
        account = self._change(unit, name, {"disabled_at": now})
        self._refuse_without_admin(unit)
        return account

    def enable(self, unit: Unit, name: str) -> Account:
        """Let it sign in again."""
        return self._change(unit, name, {"disabled_at": None})

    def begin(self, unit: Unit, account_id: str, now: datetime) -> str:
        """A new session; returns its token, which can never be read again. Sessions that have ended are forgotten."""
        over = (sessions.c.seen_at < now - IDLE) | (sessions.c.began_at < now - LONGEST)
        unit.connection.execute(delete(sessions).where(over))
        token = token_urlsafe(32)
        row = {"hash": _hash(token), "account_id": account_id, "began_at": now, "seen_at": now}
        unit.connection.execute(sessions.insert().values(row))
        return token

    def signed_in(self, token: str, now: datetime) -> Account | None:
        """Whose session this is; None where it has ended, or never was."""
        query = select(accounts, sessions.c.seen_at).join(sessions, sessions.c.account_id == accounts.c.id)
        alive = (
            sessions.c.seen_at >= now - IDLE,
            sessions.c.began_at >= now - LONGEST,
            accounts.c.disabled_at.is_(None),
        )
        with self._database.read() as connection:
            row = connection.execute(query.where(sessions.c.hash == _hash(token), *alive)).first()
        if row is None:
            return None
        if now - row.seen_at >= _NOTED_EVERY:
            seen = update(sessions).where(sessions.c.hash == _hash(token)).values(seen_at=now)
            self._database.repeatedly(lambda: self._note(seen))
        return _account(row)

    def end(self, unit: Unit, token: str) -> None:
        """Sign out."""
        unit.connection.execute(delete(sessions).where(sessions.c.hash == _hash(token)))

    def _note(self, statement: Any) -> None:
        with self._database.write(durable=False) as connection:
            connection.execute(statement)

    @staticmethod
    def _change(unit: Unit, name: str, values: dict[str, Any]) -> Account:
        unit.lock(_ALL)
        this = accounts.c.name == name.strip().lower()
        row = unit.connection.execute(update(accounts).where(this).values(values).returning(*accounts.c)).first()
        if row is None:
            raise UsageError(f"there is no account {name[:64]}", remedy="`harvester account list` lists them")
        unit.connection.execute(delete(sessions).where(sessions.c.account_id == row.id))
        return _account(row)

    @staticmethod
    def _refuse_without_admin(unit: Unit) -> None:
        enabled = (accounts.c.role == Role.ADMIN.value, accounts.c.disabled_at.is_(None))
        if not unit.connection.execute(select(exists().where(*enabled))).scalar():
            raise UsageError("no admin would be left who can sign in", remedy="make another admin first")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _account(row: Row[*tuple[Any, ...]]) -> Account:
    return Account.model_validate({name: row._mapping[name] for name in Account.model_fields})
