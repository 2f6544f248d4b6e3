"""The report as one HTML file: everything inside, nothing fetched, nothing run."""

from __future__ import annotations

import base64
import re
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import optuna
import pytest

from nia_optuna.findings.findings import find
from nia_optuna.record import StudyAttr
from nia_optuna.report.html import html_page
from nia_optuna.report.write import write_found
from tests.findings import made

VOID = {"meta", "img", "br", "hr"}
EVIL = "<script>alert(1)</script> <img src=x onerror=y> [a](javascript:x) </title></style>"


class Parsed(HTMLParser):
    """The tags, links and text of a page; fails where tags are not closed in their order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, str] = {}
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        inside = self.open[-1] if self.open else ""
        self.text[inside] = self.text.get(inside, "") + data

    def all(self, name: str) -> list[str]:
        return [value for _, attrs in self.tags if (value := attrs.get(name)) is not None]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cifar_cnn")
    write_found(find(made.confirmed()), folder, html=True)
    return folder


@pytest.fixture(scope="module")
def page(folder: Path) -> Parsed:
    return Parsed((folder / "report.html").read_text())


def test_it_fetches_nothing_and_links_only_to_the_files_beside_it(
    folder: Path, page: Parsed
) -> None:
    pictures = [src.partition(",") for src in page.all("src")]
    assert {kind for kind, _, _ in pictures} == {"data:image/png;base64"}
    inside = [base64.b64decode(content) for _, _, content in pictures]
    assert sorted(inside) == sorted(path.read_bytes() for path in folder.glob("*.png"))
    assert set(page.all("href")) == {"trials.csv", "summary.json"}
    assert {"script", "link", "iframe", "object", "form"}.isdisjoint(tag for tag, _ in page.tags)
    assert "@import" not in page.text["style"]
    assert "url(" not in page.text["style"]


def test_its_policy_allows_its_own_style_sheet_and_pictures_and_nothing_else(page: Parsed) -> None:
    [policy] = [content for content in page.all("content") if "default-src" in content]
    digest = base64.b64encode(sha256(page.text["style"].encode()).digest()).decode()
    assert policy.split("; ") == [
        "default-src 'none'",
        "img-src data:",
        f"style-src 'sha256-{digest}'",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    assert page.all("style") == []


def test_it_has_a_language_a_title_and_every_heading_and_table_of_the_markdown(
    folder: Path, page: Parsed
) -> None:
    readme = (folder / "README.md").read_text()
    assert page.all("lang") == ["en"]
    assert page.text["title"] == "cifar_cnn"
    headings = re.findall(r"^#+ (.*)$", readme, re.MULTILINE)
    assert page.text["h1"] + page.text["h2"] == "".join(headings).replace("\\_", "_")
    tables = len(re.findall(r"^\|:?--", readme, re.MULTILINE))
    assert [tag for tag, _ in page.tags].count("table") == tables > 3
    assert all(page.all("alt"))
    assert "right" in page.all("class")


def test_the_same_storage_gives_the_same_page(folder: Path, tmp_path: Path) -> None:
    write_found(find(made.confirmed()), tmp_path, html=True)
    assert (tmp_path / "report.html").read_bytes() == (folder / "report.html").read_bytes()


def test_a_page_of_an_earlier_report_is_written_anew(tmp_path: Path) -> None:
    write_found(find(made.empty()), tmp_path)
    assert not (tmp_path / "report.html").exists()
    (tmp_path / "report.html").write_text("old")
    write_found(find(made.empty()), tmp_path)
    assert (tmp_path / "report.html").read_text().startswith("<!")


def test_html_in_names_is_text(tmp_path: Path) -> None:
    study = optuna.create_study(study_name=EVIL)
    study.set_user_attr(StudyAttr.QUESTION, EVIL)
    study.set_user_attr(StudyAttr.COMMAND, EVIL)
    study.set_user_attr(StudyAttr.SPACE, [])
    write_found(find(study), tmp_path, html=True)
    page = Parsed((tmp_path / "report.html").read_text())
    assert page.text["title"] == page.text["h1"] == EVIL
    assert EVIL in page.text["code"]
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "img"})
    assert set(page.all("href")) == {"trials.csv", "summary.json"}


def test_html_in_the_markdown_is_text() -> None:
    page = Parsed(html_page("![x](y.png) <b>a</b>\n\n<script>b</script>", {"y.png": b""}, "t"))
    assert page.all("src") == ["data:image/png;base64,"]
    assert "<b>a</b><script>b</script>" in page.text["p"].replace("\n", "")
