"""What stands between a browser and optuna-dashboard, which has no login and trusts every page.

optuna-dashboard looks at neither Host nor Origin, so any page open in the user's browser could
reach it, and it serves artifacts as pages of its own.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

READING = ("GET", "HEAD")
CONNECTED_TO = "nia_optuna.connected_to"
"""The key of the address that the client connected to: the server's own, whatever Host says."""

_PLAIN_PORT = 80  # browsers leave it out
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

Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Door:
    """Who is let in: requests to one of the `names` on `port`, with the `token` where there is one.

    `own_address` adds the address that a client connected to, which a server that listens on all
    addresses learns only then. Nothing can be changed unless `allow_edit`.
    """

    names: frozenset[str]
    port: int
    token: str | None = None
    own_address: bool = False
    allow_edit: bool = False

    @property
    def cookie(self) -> str:
        """Name of the cookie that holds the token; cookies do not tell ports apart."""
        return f"nia-optuna-{self.port}"

    def hosts(self, environ: WSGIEnvironment) -> set[str]:
        """Return the Host headers that are answered to."""
        names = set(self.names)
        if self.own_address:
            names.add(environ[CONNECTED_TO])
        bare = {bracketed(name).lower() for name in names}
        return {f"{name}:{self.port}" for name in bare} | (
            bare if self.port == _PLAIN_PORT else set()
        )


def bracketed(name: str) -> str:
    """Return a host as a URL has it: an IPv6 address stands in brackets."""
    return f"[{name}]" if ":" in name else name


def guarded(app: WSGIApplication, door: Door) -> WSGIApplication:
    """Wrap `app` so that only those whom `door` lets in reach it.

    403 for a foreign Host (DNS rebinding), a foreign Origin (another page in the same browser) or
    a missing token; 405 for anything but GET and HEAD unless `allow_edit`. A GET with the token
    in its query is answered with a cookie that holds it, and sent on to the first page without
    it, so that it stays in no address and no history. Artifacts, which come from whoever trained,
    are downloads that run nothing.
    """

    def guard(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        hosts = door.hosts(environ)
        if environ.get("HTTP_HOST", "").lower() not in hosts:
            return _refuse(start, "403 Forbidden", f"this dashboard answers to {_either(hosts)}")
        origins = {"", *(f"http://{host}" for host in hosts)}
        if environ.get("HTTP_ORIGIN", "").lower() not in origins:
            return _refuse(start, "403 Forbidden", "another site may not use this dashboard")
        reading = environ["REQUEST_METHOD"] in READING
        if door.token is not None and not _is(door.token, _cookie(environ, door.cookie)):
            if reading and _is(door.token, _asked(environ)):
                return _let_in(start, door.cookie, door.token)
            return _refuse(start, "403 Forbidden", "open the address with the token in it")
        if not reading and not door.allow_edit:
            return _refuse(
                start, "405 Method Not Allowed", "read-only: start it with --allow-edit to change"
            )
        artifact = environ.get("PATH_INFO", "").startswith("/artifacts/")
        return app(environ, _with_headers(start, _EVERYWHERE + _ON_ARTIFACTS * artifact))

    return guard


def _is(token: str, given: str) -> bool:
    # In constant time, so that no answer says how much of a guess was right.
    return hmac.compare_digest(token.encode(), given.encode("utf-8", "replace"))


def _asked(environ: WSGIEnvironment) -> str:
    query: str = environ.get("QUERY_STRING", "")
    return parse_qs(query).get("token", [""])[0]


def _cookie(environ: WSGIEnvironment, name: str) -> str:
    try:
        found = SimpleCookie(environ.get("HTTP_COOKIE", "")).get(name)
    except CookieError:
        return ""
    return found.value if found else ""


def _let_in(start: StartResponse, cookie: str, token: str) -> list[bytes]:
    kept = f"{cookie}={token}; Path=/; HttpOnly; SameSite=Strict"
    headers = [("Location", "/"), ("Set-Cookie", kept), ("Cache-Control", "no-store")]
    start("303 See Other", [*headers, ("Content-Length", "0"), *_EVERYWHERE])
    return [b""]


def _with_headers(start: StartResponse, extra: Headers) -> StartResponse:
    replaced = {name.lower() for name, _ in extra}

    def started(status: str, headers: Headers, *exc: Any) -> Callable[[bytes], Any]:  # noqa: ANN401
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


def _either(hosts: set[str]) -> str:
    return " or ".join(f"http://{host}" for host in sorted(hosts))
