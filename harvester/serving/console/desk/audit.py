"""What was done, by whom, on what, from where."""

from fastapi import Response

from harvester.serving.console.desk.office import Office
from harvester.serving.console.desk.route import Asked

PAGE = 50


def show(office: Office, asked: Asked) -> Response:
    """The audit log, newest first."""
    before = asked.said("before", 18)
    entries = office.store.audit.list(PAGE + 1, before=int(before) if before.isdecimal() and before.isascii() else None)
    more = entries[PAGE - 1].id if len(entries) > PAGE else None
    return asked.page("desk/audit.html", entries=entries[:PAGE], more=more)
