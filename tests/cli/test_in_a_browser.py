"""The dashboard as a user sees it, in Debian's chromium where it is installed."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import optuna
import pytest
from optuna.storages import RDBStorage
from optuna_dashboard import save_note
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from nia_optuna.findings.findings import find
from nia_optuna.report.artifacts import artifacts
from nia_optuna.report.shown import show
from tests.cli.served import Served, serving
from tests.findings import answered

CHROMIUM = shutil.which("chromium")
PATIENCE = 120_000  # milliseconds, for a machine that is busy with trainings
EVIL = """<script>window.ran = 1</script>

<img src="x" onerror="window.ran = 2">

[a](javascript:window.ran=3) <a href="javascript:window.ran=4">b</a>

![c](http://evil.example/c.png) <iframe srcdoc="<script>parent.ran=5</script>"></iframe>
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs chromium: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    home = tmp_path_factory.mktemp("home")  # chromium keeps files there, which are nobody's
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            timeout=PATIENCE,
            env={**os.environ, "HOME": str(home)},
            args=[
                "--no-sandbox",  # which root cannot have
                "--disable-gpu",
                "--no-first-run",
                "--disable-background-networking",
                "--host-resolver-rules=MAP rebound.example 127.0.0.1",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 2400})
    context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the traces of a confirmed study that was written up, and of a hostile one."""
    runs = tmp_path_factory.mktemp("runs")
    storage, folder = RDBStorage(f"sqlite:///{runs}/studies.db"), runs / "artifacts"
    study, contents = answered.digits(storage)
    folder.mkdir()
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    load = artifacts(folder)
    assert show(study, find(study, load), load, folder) == ""
    save_note(optuna.create_study(study_name="hostile", storage=storage), EVIL)
    return runs


@pytest.fixture(scope="module")
def served(runs: Path) -> Iterator[Served]:
    with serving(runs) as found:
        yield found


def test_a_study_its_plots_its_note_and_its_pictures_are_there(served: Served, page: Page) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(served.address)
    page.get_by_text("cifar_cnn").first.click()
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    study = served.address + "dashboard/studies/1"
    page.goto(f"{study}/note")
    expect(page.get_by_role("blockquote")).to_contain_text("Which plain CNN learns CIFAR-10 best")
    expect(
        page.get_by_text(", 3 fresh seeds); it beats the default baseline (83.59 %)")
    ).to_be_visible()
    expect(page.get_by_role("cell", name="recommended")).to_be_visible()
    confusion = page.get_by_alt_text("What each class of the test part was taken for")
    expect(confusion).to_be_visible()
    page.wait_for_function("[...document.images].every(i => i.complete && i.naturalWidth > 500)")
    page.goto(f"{study}/trials?numbers=14")
    expect(page.get_by_text("trial-14-mistakes.png")).to_be_visible()
    page.wait_for_function(
        "[...document.images].filter(i => i.src.includes('/artifacts/'))"
        ".filter(i => i.complete && i.naturalWidth > 500).length === 3"
    )
    assert errors == []


def test_a_hostile_note_runs_nothing_and_asks_nobody(served: Served, page: Page) -> None:
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text))
    page.goto(f"{served.address}dashboard/studies/2/note")
    expect(page.get_by_text("<script>window.ran = 1</script>")).to_be_visible()
    page.get_by_role("paragraph").get_by_text("a", exact=True).click()
    page.wait_for_timeout(500)
    assert page.evaluate("window.ran") is None
    assert page.url.startswith(served.address)
    assert [text for text in refused if "evil.example" in text and "Content Security" in text]


def test_another_sites_page_reaches_nothing(served: Served, context: BrowserContext) -> None:
    other = "http://evil.example/"
    context.route(f"{other}**", lambda route: route.fulfill(body="<p>x", content_type="text/html"))
    page = context.new_page()
    page.goto(other)
    ask = "([url, options]) => fetch(url, options).then(r => r.status, e => e.name)"
    url = f"{served.address}api/studies"
    assert page.evaluate(ask, [url, {}]) == "TypeError"
    # A form is sent whatever the other side says; read-only mode alone would answer 405.
    form = "f => document.body.innerHTML = `<form method=post action=${f}><button>go</button>`"
    page.evaluate(form, url)
    with page.expect_navigation(timeout=PATIENCE) as answer:
        page.get_by_role("button").click()
    assert answer.value is not None
    assert answer.value.status == 403


def test_a_name_that_was_pointed_here_is_refused(served: Served, page: Page) -> None:
    # DNS rebinding: the browser takes this machine for the site of the page.
    answer = page.goto(f"http://rebound.example:{served.port}/api/studies")
    assert answer is not None
    assert answer.status == 403
    assert "this dashboard answers to" in answer.text()


def test_the_pages_own_script_can_delete_nothing(served: Served, page: Page, runs: Path) -> None:
    page.goto(f"{served.address}dashboard")
    status = page.evaluate(
        "() => fetch('/api/studies/1', {method: 'DELETE', body: '{}'}).then(r => r.status)"
    )
    assert status == 405
    assert "cifar_cnn" in optuna.get_all_study_names(f"sqlite:///{runs}/studies.db")


@pytest.mark.skipif(sys.platform != "linux", reason="127.0.0.2 is this machine on Linux alone")
def test_the_address_with_the_token_opens_it_and_loses_the_token(
    runs: Path, context: BrowserContext
) -> None:
    with serving(runs, host="127.0.0.2") as served:
        page, home = context.new_page(), served.address.partition("?")[0]
        answer = page.goto(home)
        assert answer is not None
        assert answer.status == 403
        page.goto(served.address)
        expect(page.get_by_text("cifar_cnn").first).to_be_visible()
        assert page.url.startswith(f"{home}dashboard")
        assert "token" not in page.url
        assert page.evaluate("document.cookie") == ""
