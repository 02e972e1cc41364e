"""Seed files as they stand: parsed TOML, its bytes, and the line on which every key was written."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Key = tuple[str | int, ...]
Finding = tuple[Key, str, str]  # key, what is wrong, remedy
_DEEPEST = 20  # tables and lists within each other; no key has as many


@dataclass(frozen=True)
class Mistake:
    """One mistake of one file: where (file, line from 1, dotted key), what is wrong and the remedy."""

    file: str
    line: int
    key: str
    what: str
    remedy: str

    def __str__(self) -> str:
        key = f"{self.key}: " if self.key else ""
        return f"{self.file}:{self.line}: {key}{self.what}\n    remedy: {self.remedy}"


@dataclass(frozen=True)
class SeedFile:
    """One parsed file. `lines` maps a key path to the line (from 1) where it was written."""

    path: Path
    body: bytes
    data: dict[str, Any]
    lines: dict[Key, int] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The id the file's name gives."""
        return self.path.stem

    def mistake(self, key: Key, what: str, remedy: str) -> Mistake:
        """A mistake at `key`; its line is that of the nearest key that was written."""
        return Mistake(str(self.path), self.line(key), dotted(key), what, remedy)

    def line(self, key: Key) -> int:
        """Line of `key`, else of its nearest parent, else 1."""
        if not self.lines:
            self.lines.update(key_lines(self.body.decode("utf-8")))
        return next((self.lines[key[:end]] for end in range(len(key), 0, -1) if key[:end] in self.lines), 1)


def dotted(key: Key) -> str:
    """The key as a reader writes it: `discovery[0].url`."""
    text = ""
    for part in key:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def read(path: Path) -> SeedFile | Mistake:
    """The file, or the Mistake of one that cannot be read, is not UTF-8 or is not TOML."""
    try:
        body = path.read_bytes()
        data = tomllib.loads(body.decode("utf-8").replace("\r\n", "\n"))
        return _too_deep(path) if _is_deep(data) else SeedFile(path, body, data)
    except OSError as error:
        return Mistake(str(path), 1, "", f"cannot be read: {error.strerror}", "give the path of a .toml file")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        return Mistake(str(path), line, "", "is not UTF-8", "save the file as UTF-8")
    except tomllib.TOMLDecodeError as error:
        return _syntax_mistake(path, body, str(error))
    except RecursionError:
        return _too_deep(path)


def _is_deep(data: Any) -> bool:
    """Whether it has more levels than are looked through."""
    level = [data]
    for _ in range(_DEEPEST):
        level = [part for one in level for part in (one.values() if isinstance(one, dict) else one)]
        level = [part for part in level if isinstance(part, dict | list)]
    return bool(level)


def _too_deep(path: Path) -> Mistake:
    what = f"has more than {_DEEPEST} tables or lists within each other"
    return Mistake(str(path), 1, "", what, "write only the keys that seeds/README.md explains")


def _syntax_mistake(path: Path, body: bytes, message: str) -> Mistake:
    what, _, place = message.rpartition(" (at ")
    words = place.rstrip(")").replace(",", "").split()
    at_line = len(words) > 1 and words[0] == "line" and words[1].isdigit()
    line = int(words[1]) if at_line else max(1, len(body.splitlines()))
    remedy = "correct the TOML on this line or the one before it (https://toml.io); quote patterns with ''"
    return Mistake(str(path), line, "", f"is not TOML: {what or message}", remedy)


def key_lines(text: str) -> dict[Key, int]:
    """Key path -> line (from 1) for every key, table and array item of valid TOML 1.0."""
    lines: dict[Key, int] = {}
    for key, line in _Scanner(text).scan():
        lines.setdefault(key, line)
    return lines


class _Scanner:
    """Walks valid TOML and reports places. tomllib parses but does not tell where; values are only skipped here."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text.replace("\r\n", "\n"), 0
        self.counts: dict[Key, int] = {}  # arrays of tables: how many so far
        self.counted_at, self.counted_line = 0, 1

    def scan(self) -> Iterator[tuple[Key, int]]:
        table: Key = ()
        while self._skip(" \t\n"):
            line = self._line()
            if self._take("[["):
                table = self._next_table(self._key("]]"))
                yield table[:-1], line
                yield table, line
            elif self._take("["):
                table = self._resolve(self._key("]"))
                yield table, line
            else:
                yield from self._pair(table)

    def _pair(self, table: Key) -> Iterator[tuple[Key, int]]:
        line = self._line()
        key = table + self._key("=")
        for end in range(len(table) + 1, len(key) + 1):
            yield key[:end], line
        yield from self._value(key)

    def _value(self, key: Key) -> Iterator[tuple[Key, int]]:
        self._skip(" \t")
        if self._take("["):
            yield from self._array(key)
        elif self._take("{"):
            while self._skip(" \t\n,") and not self._take("}"):
                yield from self._pair(key)
        else:
            self._scalar()

    def _array(self, key: Key) -> Iterator[tuple[Key, int]]:
        index = 0
        while self._skip(" \t\n,") and not self._take("]"):
            yield (*key, index), self._line()
            yield from self._value((*key, index))
            index += 1

    def _scalar(self) -> None:
        if self.text[self.at] in "\"'":
            self._string()
            return
        while self.at < len(self.text) and self.text[self.at] not in ",]}#\n":
            self.at += 1

    def _string(self) -> str:
        """Skip one string, return its inside as written (keys with escapes are not worth more)."""
        quote = self.text[self.at]
        mark = quote * 3 if self.text.startswith(quote * 3, self.at) else quote
        start = self.at = self.at + len(mark)
        while not self.text.startswith(mark, self.at):
            self.at += 2 if quote == '"' and self.text[self.at] == "\\" else 1
        while self.text.startswith(mark + quote, self.at):  # up to two quotes may stand before the closing three
            self.at += 1
        self.at += len(mark)
        return self.text[start : self.at - len(mark)]

    def _key(self, end: str) -> Key:
        parts: list[str | int] = []
        while self._skip(" \t.") and not self._take(end):
            if self.text[self.at] in "\"'":
                parts.append(self._string())
                continue
            start = self.at
            while self.text[self.at] not in " \t.=]":
                self.at += 1
            parts.append(self.text[start : self.at])
        return tuple(parts)

    def _resolve(self, key: Key) -> Key:
        """The table's path with the index of the newest item behind every array of tables on the way."""
        path: Key = ()
        for part in key:
            path = (*path, part)
            if path in self.counts:
                path = (*path, self.counts[path] - 1)
        return path

    def _next_table(self, key: Key) -> Key:
        path = (*self._resolve(key[:-1]), key[-1])
        self.counts[path] = self.counts.get(path, 0) + 1
        return (*path, self.counts[path] - 1)

    def _skip(self, blanks: str) -> bool:
        """Skip blanks and comments; False at the end of the text."""
        while self.at < len(self.text):
            if self.text[self.at] == "#" and "\n" in blanks:
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            elif self.text[self.at] in blanks:
                self.at += 1
            else:
                return True
        return False

    def _take(self, mark: str) -> bool:
        found = self.text.startswith(mark, self.at)
        self.at += len(mark) if found else 0
        return found

    def _line(self) -> int:
        self.counted_line += self.text.count("\n", self.counted_at, self.at)
        self.counted_at = self.at
        return self.counted_line
