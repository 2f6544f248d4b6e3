"""`nia-optuna dashboard`: optuna-dashboard on the same storage, behind a guard.

optuna-dashboard itself has no login and looks at neither Host nor Origin, so any page open in the
user's browser could reach it, and it serves artifacts as pages of its own.
"""

from __future__ import annotations

import contextlib
import socket
import socketserver
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Annotated, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import typer

from nia_optuna.cli.options import RUNS, RunsDir, Storage

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LOOPBACK = ("127.0.0.1", "localhost", "::1")
READING = ("GET", "HEAD")

_EVERYWHERE = [
    ("X-Content-Type-Options", "nosniff"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("X-Frame-Options", "SAMEORIGIN"),
    ("Referrer-Policy", "no-referrer"),
]
_ON_ARTIFACTS = [
    ("Content-Disposition", "attachment"),
    ("Content-Security-Policy", "sandbox; default-src 'none'"),
]


class DashboardError(ValueError):
    """A dashboard that cannot be served: said in one line."""


def dashboard(
    *,
    storage: Storage = None,
    runs_dir: RunsDir = RUNS,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8080,
    host: Annotated[str, typer.Option(help="This machine only: 127.0.0.1 or ::1.")] = "127.0.0.1",
    allow_edit: Annotated[
        bool, typer.Option("--allow-edit", help="Let the dashboard change and delete studies.")
    ] = False,
    open_browser: Annotated[
        bool, typer.Option("--open", help="Open it in the web browser.")
    ] = False,
) -> None:
    """Look at the studies in a web browser; nothing can be changed unless allowed."""
    if host not in LOOPBACK:
        raise typer.BadParameter(
            f"{host!r} would let others in, and there is no login: use 127.0.0.1, "
            "and an SSH tunnel from elsewhere"
        )
    import optuna
    from optuna.artifacts import FileSystemArtifactStore

    from nia_optuna.search.runs import Runs
    from nia_optuna.search.storage import open_storage

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    opened = open_storage(storage, runs_dir, create=False)

    import optuna_dashboard  # loads slowly: after the checks

    app = optuna_dashboard.wsgi(opened, FileSystemArtifactStore(Runs(runs_dir).artifacts))
    try:
        server = make_server(host, port, guarded(app, port, allow_edit=allow_edit), _Server, _Quiet)
    except OSError as error:
        raise DashboardError(
            f"cannot listen on port {port} of {host}: {error.strerror}; choose another with --port"
        ) from None
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
    typer.echo(f"dashboard at {address} ({_mode(allow_edit)}); Ctrl-C ends it")
    if open_browser:
        typer.launch(address)
    with server, contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()


def guarded(app: WSGIApplication, port: int, *, allow_edit: bool) -> WSGIApplication:
    """Wrap `app` so that only this machine's own pages reach it.

    403 for a foreign Host (DNS rebinding) or a foreign Origin (another page in the same browser),
    405 for anything but GET and HEAD unless `allow_edit`. Artifacts, which come from whoever
    trained, are downloads that run nothing.
    """
    hosts = {f"{name}:{port}" for name in ("localhost", "127.0.0.1", "[::1]")}
    if port == 80:  # noqa: PLR2004  # browsers leave out the default port
        hosts |= {"localhost", "127.0.0.1", "[::1]"}
    origins = {f"http://{host}" for host in hosts}

    def guard(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if environ.get("HTTP_HOST", "").lower() not in hosts:
            return _refuse(start, "403 Forbidden", "this dashboard answers to localhost only")
        if environ.get("HTTP_ORIGIN", "").lower() not in origins | {""}:
            return _refuse(start, "403 Forbidden", "another site may not use this dashboard")
        if environ["REQUEST_METHOD"] not in READING and not allow_edit:
            return _refuse(
                start, "405 Method Not Allowed", "read-only: start it with --allow-edit to change"
            )
        artifact = environ.get("PATH_INFO", "").startswith("/artifacts/")
        return app(environ, _with_headers(start, _EVERYWHERE + _ON_ARTIFACTS * artifact))

    return guard


def _with_headers(start: StartResponse, extra: list[tuple[str, str]]) -> StartResponse:
    replaced = {name.lower() for name, _ in extra}

    def started(status: str, headers: list[tuple[str, str]], *exc: Any) -> Callable[[bytes], Any]:  # noqa: ANN401
        kept = [
            (name, value)
            for name, value in headers
            if name.lower() not in replaced and not name.lower().startswith("access-control-")
        ]
        return start(status, kept + extra, *exc)

    return started


def _refuse(start: StartResponse, status: str, why: str) -> list[bytes]:
    body = f"{why}\n".encode()
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    if status.startswith("405"):
        headers.append(("Allow", ", ".join(READING)))
    start(status, headers + _EVERYWHERE)
    return [body]


def _mode(allow_edit: bool) -> str:  # noqa: FBT001  # one question
    return "studies can be changed" if allow_edit else "read-only"


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type[WSGIRequestHandler]) -> None:
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, handler)

    def server_bind(self) -> None:
        # http.server would look the name of the machine up, which hangs where DNS does not answer.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]
        self.setup_environ()


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing: a request's path may carry anything to the terminal."""
