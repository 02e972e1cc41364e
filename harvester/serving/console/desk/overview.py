"""Is everything all right?"""

from fastapi import Response

from harvester.serving.console.desk.office import Office
from harvester.serving.console.desk.route import Asked


def show(office: Office, asked: Asked) -> Response:  # noqa: ARG001
    """What an operator looks at first."""
    return asked.page("desk/overview.html")
