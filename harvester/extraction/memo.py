"""Answers of a pure function, remembered while one page is read: the same words stand in many of its places."""

from collections.abc import Callable
from typing import TypeVar

Key = TypeVar("Key")
Answer = TypeVar("Answer")


class Memo(dict[Key, Answer]):
    """`memo[key]` asks the function once for each key."""

    def __init__(self, function: Callable[[Key], Answer]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, key: Key) -> Answer:
        answer = self[key] = self._function(key)
        return answer
