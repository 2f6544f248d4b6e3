"""`nia-optuna dashboard`: optuna-dashboard on the same storage, behind a guard."""

from __future__ import annotations

import contextlib
import logging
import secrets
import socket
import socketserver
import warnings
from typing import TYPE_CHECKING, Annotated
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import typer

from nia_optuna.cli.guard import CONNECTED_TO, Door, bracketed, guarded
from nia_optuna.cli.options import RUNS, RunsDir, Storage

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

LOOPBACK = ("127.0.0.1", "localhost", "::1")
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  # told apart, not listened on

_ELSEWHERE = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}  # RFC 5737, RFC 3849


class DashboardError(ValueError):
    """A dashboard that cannot be served: said in one line."""


def dashboard(
    *,
    storage: Storage = None,
    runs_dir: RunsDir = RUNS,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8080,
    host: Annotated[
        str,
        typer.Option(help="Address to listen on; beyond this machine a random token is asked for."),
    ] = "127.0.0.1",
    allow_edit: Annotated[
        bool, typer.Option("--allow-edit", help="Let the dashboard change and delete studies.")
    ] = False,
    open_browser: Annotated[
        bool, typer.Option("--open", help="Open it in the web browser.")
    ] = False,
) -> None:
    """Look at the studies in a web browser; nothing can be changed unless allowed."""
    import optuna

    from nia_optuna.artifact_store import PrivateStore
    from nia_optuna.search.runs import Runs
    from nia_optuna.search.storage import open_storage

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    # It will be looked at for long, and what is damaged should not come up piece by piece.
    opened = open_storage(storage, runs_dir, create=False, check=True)
    _log_lines(logging.getLogger("optuna_dashboard"))

    # What Optuna's plots warn their callers of is nothing for who looks at them.
    warnings.simplefilter("ignore", UserWarning)
    import optuna_dashboard  # loads slowly: after the checks

    app = optuna_dashboard.wsgi(opened, PrivateStore(Runs(runs_dir).artifacts))
    family, listened = _address(host, port)
    door = _door(host, listened, port, allow_edit=allow_edit)
    try:
        server = _server(guarded(app, door), family, listened, port)
    except OSError as error:
        raise DashboardError(
            f"cannot listen on port {port} of {host}: {error.strerror}; choose another with --port"
        ) from None
    name = _own_address(family) if listened in EVERYWHERE else host
    address = f"http://{bracketed(name)}:{port}/"
    if door.token is not None:
        address += f"?token={door.token}"
        typer.echo(
            "nothing is encrypted on the way, the token neither; safer is, from the other machine: "
            f"ssh -L {port}:127.0.0.1:{port} {bracketed(name)}, with a dashboard on 127.0.0.1 here",
            err=True,
        )
    typer.echo(f"dashboard at {address} ({_mode(allow_edit)}); Ctrl-C ends it")
    if open_browser:
        typer.launch(address)
    with server, contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()


class _Line(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """Return the first line of what is logged, without a traceback."""
        lines = record.getMessage().removeprefix("Exception: ").splitlines()
        return f"nia-optuna: {lines[0] if lines else record.levelname}"


def _log_lines(logger: logging.Logger) -> None:
    """Let a logger say what goes wrong in one line each."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Line())
    logger.handlers, logger.propagate = [handler], False


def _address(host: str, port: int) -> tuple[socket.AddressFamily, str]:
    """Return the address behind a host's name; raises DashboardError where there is none."""
    try:
        family, _, _, _, found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError):
        raise DashboardError(f"{host!r} is no address of this machine") from None
    return family, str(found[0])


def _door(host: str, listened: str, port: int, *, allow_edit: bool) -> Door:
    if listened in LOOPBACK:
        return Door(frozenset((*LOOPBACK, host)), port, allow_edit=allow_edit)
    everywhere = listened in EVERYWHERE
    names = frozenset((*LOOPBACK, socket.gethostname()) if everywhere else (host, listened))
    token = secrets.token_urlsafe()
    return Door(names, port, token, own_address=everywhere, allow_edit=allow_edit)


def _own_address(family: socket.AddressFamily) -> str:
    """Return the address that others know this machine by, its name where it has none."""
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((_ELSEWHERE[family], 9))  # sends nothing: only the route is looked up
            return str(probe.getsockname()[0])
        except OSError:
            return socket.gethostname()


def _mode(allow_edit: bool) -> str:  # noqa: FBT001  # one question
    return "studies can be changed" if allow_edit else "read-only"


def _server(
    app: WSGIApplication, family: socket.AddressFamily, address: str, port: int
) -> WSGIServer:
    class Server(_Server):
        address_family = family

    return make_server(address, port, app, Server, _Handler)


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def server_bind(self) -> None:
        # http.server would look the name of the machine up, which hangs where DNS does not answer.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]
        self.setup_environ()


class _Handler(WSGIRequestHandler):
    def get_environ(self) -> dict[str, str]:
        # A socket of both families writes an IPv4 address as one of IPv6.
        own = str(self.connection.getsockname()[0]).removeprefix("::ffff:")
        return super().get_environ() | {CONNECTED_TO: own}

    def log_message(self, *_: object) -> None:
        """Say nothing: a request's path may carry anything to the terminal."""
