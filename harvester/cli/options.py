"""Options and arguments that several verbs share, and the checks of their words."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

import typer

from harvester.errors import UsageError

Json = Annotated[bool, typer.Option("--json", help="For programs: JSON instead of a table.")]
PageFile = Annotated[str, typer.Argument(metavar="FILE_OR_URL", help="A saved HTML page, or an address.")]
PageUrl = Annotated[str | None, typer.Option("--url", help="Where the page was; else its canonical link or og:url.")]
Reader = Annotated[str | None, typer.Option("--source", metavar="ID", help="Source (or platform) whose rules read it.")]
By = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who says so; else who is signed in.")]
Port = Annotated[int, typer.Option(metavar="N", min=0, max=65535, help="On which port; 0 takes a free one.")]
Since = Annotated[
    int, typer.Option("--since", metavar="SEQ", min=0, help="Only what changed after this entry of the change log.")
]

STATUSES = ("open", "free", "embargoed", "registration", "subscription", "no_fulltext", "unknown")


def one_of(option: str, value: str | None, words: tuple[str, ...]) -> None:
    """Raise UsageError when `value` is given and none of `words`."""
    if value is not None and value not in words:
        raise UsageError(f"{option} {value}: there is no such value", remedy=f"use one of: {', '.join(words)}")


def language(option: str, value: str | None) -> None:
    """Raise UsageError when `value` is given and no language tag (BCP 47)."""
    if value is not None and not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", value):
        raise UsageError(f"{option} {value}: not a language tag", remedy="write the code: fr, en, de, pt-BR ...")


def day(option: str, value: str | None, *, last: bool = False) -> date | None:
    """A day as it is typed: 2024-05-06, or a month or year, of which it is the first day (or the `last`).

    Raises UsageError for anything else.
    """
    if value is None:
        return None
    try:
        if not re.fullmatch(r"[0-9]{4}(-[0-9]{2}){0,2}", value):
            raise ValueError(value)
        parts = [int(part) for part in value.split("-")]
        first = date(*(*parts, 1, 1)[:3])
        following = [(first.year + 1, 1, 1), (first.year + first.month // 12, first.month % 12 + 1, 1)]
        return date(*following[len(parts) - 1]) - timedelta(days=1) if last and len(parts) < 3 else first
    except ValueError as error:
        raise UsageError(f"{option} {value}: not a day", remedy="write 2024, 2024-05 or 2024-05-06") from error


def moment(option: str, value: str) -> datetime:
    """A day (its end, in UTC) or a time in ISO 8601; raises UsageError for anything else."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            return datetime.combine(date.fromisoformat(value), time.max, UTC)
        found = datetime.fromisoformat(value)
    except ValueError:
        raise UsageError(f"{option} {value}: not a date", remedy="write 2026-03-01 or 2026-03-01T08:00:00Z") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


SETTINGS: dict[str, Any] = {  # of every typer application here; without markup, typer never imports rich
    "add_completion": False,
    "rich_markup_mode": None,
    "pretty_exceptions_enable": False,
    "context_settings": {"help_option_names": ["-h", "--help"], "max_content_width": 110},
}


def verb(function: Callable[..., None], *examples: str) -> typer.Typer:
    """A verb; `examples` are commands as they are typed, shown at the end of its `--help`."""
    app = typer.Typer(**SETTINGS)
    app.command(epilog=_epilog(examples))(function)
    return app


def group(purpose: str, verbs: dict[str, tuple[Callable[..., None], str]], **settings: Any) -> typer.Typer:
    """A group of verbs by name, each with its example."""
    examples = [example for _, example in verbs.values()]
    app = typer.Typer(help=purpose, epilog=_epilog(examples), **(SETTINGS | settings))
    for name, (function, example) in verbs.items():
        app.command(name, epilog=_epilog([example]))(function)
    return app


def _epilog(lines: Sequence[str]) -> str:
    head = "Example:" if len(lines) == 1 else "Examples:"
    return "\b\n" + "\n".join([head, *(f"  {line}" for line in lines)])
