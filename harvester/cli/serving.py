"""The verbs serve, scheduler and worker: all in one process, or apart on as many machines as there are."""

import ipaddress
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from harvester.cli.options import Port, verb
from harvester.errors import UsageError

if TYPE_CHECKING:
    from harvester.settings import Settings

Host = Annotated[str, typer.Option(metavar="ADDRESS", help="Where to listen.")]
_ALL_IN_ONE = "use harvester serve: all in one process"


def serve(context: typer.Context, host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Harvest every source when it is due, and answer on HTTP, until SIGTERM or Ctrl-C.

    All in one process and its children; a second one on the same database stands by and takes over. /healthz says
    whether it lives, /readyz whether it can work and who leads. On a request to stop, runs at work end in good order
    within 30 seconds and are taken up again by the next start.
    """
    serve_until_stopped(context.obj.settings, host, port)


def scheduler(context: typer.Context, host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Say when every source is due, for workers that harvest it, until SIGTERM or Ctrl-C. PostgreSQL only.

    As many workers as wanted, on this machine or others, take the sources: harvester worker. A second scheduler stands
    by and takes over. /healthz and /readyz answer as those of harvester serve.
    """
    context.obj.refuse_a_file("harvester scheduler", _ALL_IN_ONE)
    serve_until_stopped(context.obj.settings, host, port, is_apart=True)


def worker(
    context: typer.Context,
    concurrency: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, max=64, help="How many hosts or files at a time; else HARVESTER_WORKERS."),
    ] = None,
) -> None:
    """Harvest what a scheduler finds due, and replay what was queued, until SIGTERM or Ctrl-C. PostgreSQL only.

    Any number of them, on any machines with the same database, data folder and seed files. A host is in the hands of
    one worker at a time, and so is a source that harvester replay --queue has put in. On a request to stop, runs at
    work end in good order within 30 seconds, and other workers go on with them; so they do within seconds when a
    worker dies.
    """
    from harvester import logs
    from harvester.queue.queue import Queue
    from harvester.run.run import stopping_signals
    from harvester.scheduling.worker import Worker
    from storage.store import Store

    context.obj.refuse_a_file("harvester worker", _ALL_IN_ONE)
    settings = context.obj.settings
    logs.set_up(settings.log_format, settings.log_level, settings.secrets())
    stop = threading.Event()
    with Store.open(settings.database_url, migrate=True) as store, stopping_signals(stop):
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with Queue(settings.database_url):
            pass  # its tables are there now
        at_once = concurrency or settings.workers
        logs.tell(f"takes {at_once} hosts or replays at a time")
        Worker(store, settings, at_once, logs.tell).run(stop)
    logs.tell("stopped")


def serve_until_stopped(settings: "Settings", host: str, port: int, *, is_apart: bool = False) -> None:
    """Scheduler and web application of these settings in this process; with workers, unless these are apart."""
    from harvester import logs
    from harvester.cli.trying import PageTrial
    from harvester.queue.queue import Queue
    from harvester.run.run import stopping_signals
    from harvester.scheduling.seeds import Seeds
    from harvester.scheduling.service import Service
    from harvester.serving.app import make_app
    from harvester.serving.console.desk.signing_in import first_code
    from harvester.serving.server import Server
    from storage.store import Store

    _refuse_bare(host, settings.base_url)
    logs.set_up(settings.log_format, settings.log_level, settings.secrets())
    stop = threading.Event()
    with Store.open(settings.database_url, migrate=True) as store, ExitStack() as opened:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        queue = opened.enter_context(Queue(settings.database_url)) if is_apart else None
        service = Service(store, settings, logs.tell, queue)
        seeds = Seeds(settings.seeds_dir, settings.private_allow, logs.tell)
        app = make_app(store, settings.data_dir, service, settings, seeds, PageTrial(settings))
        with Server(app, host, port) as server, stopping_signals(stop):
            logs.tell(f"listening on {server.url}")
            if not store.accounts.exist():
                base = settings.base_url or server.url
                logs.tell(
                    f"nobody can sign in yet: make the first account at {base}/en/desk/begin, {first_code(store)}"
                )
            service.run(stop)
    logs.tell("stopped")


def _refuse_bare(host: str, base_url: str) -> None:
    """Passwords and sessions are not to cross a network in the clear."""
    if not base_url.startswith("https://") and not _is_loopback(host):
        raise UsageError(
            f"--host {host}: others could reach this, and read along",
            remedy="have a proxy speak TLS and set HARVESTER_BASE_URL to its https address, or listen on 127.0.0.1",
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


serve_verb = verb(serve, "harvester --data /srv/harvest serve", "harvester serve --port 8080")
scheduler_verb = verb(scheduler, "harvester --data /srv/harvest scheduler", "harvester scheduler --port 8080")
worker_verb = verb(worker, "harvester --data /srv/harvest worker", "harvester worker --concurrency 8")
