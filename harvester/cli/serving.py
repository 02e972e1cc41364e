"""The verb serve: scheduler, workers and web application in one process."""

import threading
from typing import Annotated

import typer

from harvester.cli.options import verb
from harvester.cli.wiring import Wiring


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="N", min=0, max=65535, help="On which port; 0 takes a free one.")] = 8000,
) -> None:
    """Harvest every source when it is due, and answer on HTTP, until SIGTERM or Ctrl-C.

    All in one process and its children; a second one on the same database stands by and takes over. /healthz says
    whether it lives, /readyz whether it can work and who leads. On a request to stop, runs at work end in good order
    within 30 seconds and are taken up again by the next start.
    """
    from harvester import logs
    from harvester.run.run import stopping_signals
    from harvester.scheduling.service import Service
    from harvester.serving.app import make_app
    from harvester.serving.server import Server
    from storage.store import Store

    wiring: Wiring = context.obj
    settings = wiring.settings
    logs.set_up(settings.log_format, settings.log_level, settings.secrets())
    stop = threading.Event()
    with Store.open(settings.database_url, migrate=True) as store:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        service = Service(store, settings, logs.tell)
        app = make_app(store, settings.data_dir, service)
        with Server(app, host, port) as server, stopping_signals(stop):
            logs.tell(f"listening on {server.url}")
            service.run(stop)
    logs.tell("stopped")


serve_verb = verb(serve, "harvester --data /srv/harvest serve", "harvester serve --port 8080")
