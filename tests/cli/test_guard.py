"""The guard by itself, in front of an application that says what reached it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from wsgiref.util import setup_testing_defaults

import pytest

from nia_optuna.cli.guard import CONNECTED_TO, Door, bracketed, guarded

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

LAN = Door(frozenset({"lab", "10.0.0.7"}), 8080, token="secret")  # noqa: S106  # of this test


def reached(_: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    start("200 OK", [("Access-Control-Allow-Origin", "*")])
    return [b"reached"]


def ask(door: Door, **environ: str) -> tuple[int, dict[str, str]]:
    answers: list[tuple[int, dict[str, str]]] = []

    def start(status: str, headers: list[tuple[str, str]], *_: object) -> object:
        answers.append((int(status[:3]), dict(headers)))
        return None

    setup_testing_defaults(environ)
    list(guarded(reached, door)(environ, start))  # type: ignore[arg-type]  # a test's stand-in
    return answers[0]


@pytest.mark.parametrize(
    ("door", "host", "status"),
    [
        (LAN, "lab:8080", 200),
        (LAN, "LAB:8080", 200),
        (LAN, "10.0.0.7:8080", 200),
        (LAN, "10.0.0.8:8080", 403),
        (LAN, "lab:80", 403),
        (LAN, "lab", 403),
        (LAN, "evil.example", 403),
        (Door(frozenset({"lab"}), 80, "secret"), "lab", 200),
        (Door(frozenset({"::1"}), 8080, "secret"), "[::1]:8080", 200),
    ],
)
def test_it_answers_to_its_own_names_and_port_only(door: Door, host: str, status: int) -> None:
    cookie = f"{door.cookie}=secret"
    assert ask(door, HTTP_HOST=host, HTTP_COOKIE=cookie)[0] == status


def test_a_server_on_every_address_answers_to_the_one_that_was_connected_to() -> None:
    door = Door(frozenset({"lab"}), 8080, own_address=True)
    connected = {CONNECTED_TO: "10.0.0.7"}
    assert ask(door, HTTP_HOST="10.0.0.7:8080", **connected)[0] == 200
    assert ask(door, HTTP_HOST="10.0.0.8:8080", **connected)[0] == 403
    assert ask(door, HTTP_HOST="[fd00::7]:8080", **{CONNECTED_TO: "fd00::7"})[0] == 200


def test_the_token_is_exchanged_for_a_cookie_and_leaves_the_address() -> None:
    host = {"HTTP_HOST": "lab:8080"}
    assert ask(LAN, **host)[0] == 403
    status, headers = ask(LAN, QUERY_STRING="a=b&token=secret", PATH_INFO="//evil.example", **host)
    assert (status, headers["Location"], headers["Cache-Control"]) == (303, "/", "no-store")
    assert headers["Set-Cookie"] == f"{LAN.cookie}=secret; Path=/; HttpOnly; SameSite=Strict"
    assert ask(LAN, HTTP_COOKIE=f"other=1; {LAN.cookie}=secret", **host)[0] == 200


@pytest.mark.parametrize("given", ["", "secre", "secretx", "sécret", "%00", "secret;"])
def test_a_wrong_token_lets_nobody_in(given: str) -> None:
    host = {"HTTP_HOST": "lab:8080"}
    assert ask(LAN, QUERY_STRING=f"token={given}", **host)[0] == 403
    assert ask(LAN, HTTP_COOKIE=f"{LAN.cookie}={given.strip(';')}x", **host)[0] == 403


def test_a_token_comes_with_a_reading_request_of_this_site_only() -> None:
    asked = {"HTTP_HOST": "lab:8080", "QUERY_STRING": "token=secret"}
    assert ask(LAN, REQUEST_METHOD="POST", **asked)[0] == 403
    assert ask(LAN, HTTP_ORIGIN="http://evil.example", **asked)[0] == 403
    assert ask(LAN, HTTP_ORIGIN="http://lab:8080", **asked)[0] == 303


def test_no_page_of_another_site_reads_or_frames_an_answer() -> None:
    cookie = f"{LAN.cookie}=secret"
    _, headers = ask(LAN, HTTP_HOST="lab:8080", HTTP_COOKIE=cookie, PATH_INFO="/artifacts/1/x")
    assert "Access-Control-Allow-Origin" not in headers
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert headers["Content-Security-Policy"].startswith("sandbox")


def test_only_an_ipv6_address_needs_brackets() -> None:
    assert [bracketed(name) for name in ("::1", "127.0.0.1", "lab")] == [
        "[::1]",
        "127.0.0.1",
        "lab",
    ]
