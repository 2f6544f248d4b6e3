import pytest
from markdown_it import MarkdownIt

from nia_optuna.report.escape import cell, code, fenced, markdown

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "![x](http://example.org/spy.png)",
    "https://example.org and www.example.org",
    "*bold* _it_ `code` ~~gone~~ $x$",
    "a | b | c",
    "# heading",
    "- item",
    "+ item",
    "1. item",
    "=====",
    "> quote",
    "line\n\n# two",
    "&lt;b&gt; &amp;",
    "back\\slash \\*",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_reads_as_it_stands_and_does_nothing(text: str) -> None:
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(markdown(text))
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    inline = tokens[1].children or []
    assert {token.type for token in inline} <= {"text", "text_special"}
    assert "".join(token.content for token in inline) == " ".join(text.split())


@pytest.mark.parametrize("text", HOSTILE)
def test_a_table_cell_stays_one_cell(text: str) -> None:
    table = f"| a | b |\n|--|--|\n| {markdown(text)} | x |\n"
    html = MarkdownIt("gfm-like", {"linkify": False}).render(table)
    assert html.count("<td>") == 2
    assert "<td>x</td>" in html


def test_links_are_broken_so_that_no_viewer_follows_them() -> None:
    assert markdown("http://a.b www.a.b") == "http\\://a.b www\\.a.b"


@pytest.mark.parametrize("text", ["plain", "```\nrm -rf", "a ```` b `"])
def test_a_code_block_cannot_be_ended_from_inside(text: str) -> None:
    tokens = MarkdownIt().parse(fenced(text) + "\n\nafter")
    assert tokens[0].type == "fence"
    assert tokens[0].content == " ".join(text.split()) + "\n"


@pytest.mark.parametrize("text", [*HOSTILE, "Recipe(a=`b`, c=```d```)", "`", "<!--`-->"])
def test_code_in_a_sentence_reads_as_it_stands_and_does_nothing(text: str) -> None:
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(f"It is {code(text)}.")
    inline = tokens[1].children or []
    assert [token.type for token in inline] == ["text", "code_inline", "text"]
    assert inline[1].content == " ".join(text.split())


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-x", "@a", "\tx", "=cmd|' /C calc'!A0"])
def test_a_spreadsheet_computes_nothing(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("value", [-1.5, -3, "-1.5", "+3", "1e-3", "plain", None])
def test_numbers_and_plain_text_stay_as_they_are(value: object) -> None:
    assert cell(value) == value
