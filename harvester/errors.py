"""Errors a user can act on: each message names the thing and the remedy.

Exit codes (the command line's contract): 0 done, 1 failed or degraded, 2 wrong use,
3 refused by a rule, 4 busy.
"""


class HarvesterError(Exception):
    """Root of all errors we raise on purpose; `exit_code` is what the command line returns."""

    exit_code = 1

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}\n  remedy: {self.remedy}" if self.remedy else self.message


class UsageError(HarvesterError):
    """The caller asked for something that does not exist or cannot be read that way."""

    exit_code = 2


class SourceError(UsageError):
    """A seed file is wrong; the message lists every mistake of every file in one go."""


class RefusedError(HarvesterError):
    """A rule (robots, policy, fetch security) forbids it; the message quotes the rule."""

    exit_code = 3


class BusyError(HarvesterError):
    """Another Run holds the lease."""

    exit_code = 4


class StorageError(HarvesterError):
    """Database, archive or spool cannot be used as they are."""
