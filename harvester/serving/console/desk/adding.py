"""A new Source from the browser: an address is tried, what was read is shown, and the seed file saved as proposed."""

import os
import re
from contextlib import suppress
from difflib import unified_diff
from pathlib import Path
from tempfile import TemporaryDirectory

from fastapi import Response

from harvester.errors import HarvesterError, UsageError
from harvester.serving.console.desk.office import Office
from harvester.serving.console.desk.route import Asked, Done
from harvester.serving.readers.forms import MOST_BYTES
from harvester.serving.work import Tried
from harvester.sources import check, report

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_UNVERIFIED = re.compile(r"^verified = false$", re.MULTILINE)


def show(office: Office, asked: Asked) -> Response:  # noqa: ARG001
    """The form of an address."""
    return asked.page("desk/new_source.html", url="", trouble=None)


def try_url(office: Office, asked: Asked) -> Done | Response:
    """Fetch one page as a harvest would, and show what would be read and the file that is proposed."""
    url = asked.said("url", 2000)
    try:
        if office.trying is None or not re.match(r"https?://", url):
            raise UsageError(
                "that is no address of a page", remedy="copy the address of an article's page, with https://"
            )
        tried = office.trying(url)
    except HarvesterError as error:
        return asked.page("desk/new_source.html", 400, at="new-source", url=url, trouble=error)
    return Done(about=url, page=_proposal(office, asked, tried.id, tried.text, tried))


def save(office: Office, asked: Asked) -> Done | Response:
    """Put the file into the seeds folder, where the scheduler finds it within seconds. None is ever written over."""
    own_id, text = asked.said("id"), _lines(asked.said("text", MOST_BYTES))
    if asked.said("verified"):
        text = _UNVERIFIED.sub(f'verified = "{asked.now:%Y-%m-%d} {asked.who}"', text, count=1)
    if wrong := _mistakes(office, own_id, text) or _written(office, own_id, text):
        return _proposal(office, asked, own_id, text, None, wrong, 400)
    return Done(f"sources/{own_id}", own_id)


def _proposal(
    office: Office, asked: Asked, own_id: str, text: str, tried: Tried | None, wrong: str = "", status: int = 200
) -> Response:
    name = f"sources/{own_id}.toml"
    folder = office.settings.seeds_dir / "sources"
    return asked.page(
        "desk/proposal.html",
        status,
        at="new-source",
        own_id=own_id,
        text=text,
        tried=tried,
        wrong=wrong,
        diff=[*unified_diff([], text.splitlines(), "/dev/null", name, lineterm="")],
        folder=str(folder),
        can_save=os.access(folder, os.W_OK | os.X_OK),
    )


def _mistakes(office: Office, own_id: str, text: str) -> str:
    """What is wrong with the name, or what `harvester source check` says of the file; empty where it is sound."""
    if not _ID.fullmatch(own_id):
        return f"{own_id!r} is no name for a source: use a-z, 0-9 and hyphens"
    with TemporaryDirectory(prefix="harvester-") as folder:
        draft = Path(folder) / "sources" / f"{own_id}.toml"
        draft.parent.mkdir()
        draft.write_text(text, encoding="utf-8")
        found = check([draft], office.settings.seeds_dir, private_allow=office.settings.private_allow)
        return report(found).replace(str(draft), draft.name) if found else ""


def _written(office: Office, own_id: str, text: str) -> str:
    """Put the file into its folder, whole or not at all; returns why it could not be."""
    path = office.settings.seeds_dir / "sources" / f"{own_id}.toml"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return f"there is a source {own_id} already: choose another name"
    except OSError as error:
        with suppress(OSError):
            path.unlink()
        return f"{path}: {error.strerror}"
    return ""


def _lines(text: str) -> str:
    """As browsers send a text (HTML, 4.10.21), with the line ends of a file."""
    return text.replace("\r\n", "\n").strip() + "\n"
