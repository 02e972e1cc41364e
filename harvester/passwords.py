"""Passwords of accounts: what may be one, and argon2id hashes of them (RFC 9106, the second recommended set)."""

import threading
import unicodedata
from functools import cache
from secrets import token_hex

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 12, 256  # characters; length is what makes a password hard to guess (NIST SP 800-63B, 5.1.1.2)
_hasher = PasswordHasher()
_AT_ONCE = threading.Semaphore(2)  # each takes 64 MB for a moment


def is_good(password: str, name: str) -> bool:
    """Whether it is long enough and not the account's name written several times."""
    rest = password.lower().replace(name.lower(), "") if name else password
    return SHORTEST <= len(password) <= LONGEST and bool(rest.strip())


def hashed(password: str) -> str:
    """The hash to keep, with its salt and parameters in it."""
    with _AT_ONCE:
        return _hasher.hash(_normal(password))


def is_right(password: str, kept: str | None) -> bool:
    """Whether the password is the one of this hash. Without one it takes as long, and the answer is no."""
    nobody = _nobody()
    with _AT_ONCE:
        try:
            return _hasher.verify(kept or nobody, _normal(password[:LONGEST])) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


@cache
def _nobody() -> str:
    return _hasher.hash(token_hex(16))


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)
