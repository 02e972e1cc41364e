"""One form of each formula is read, whatever a page draws it with."""

from datetime import UTC, datetime

import pytest
from quotes import all_evidence, standing

from harvester.extraction.document import Document, visible_text
from harvester.extraction.extract import extract
from harvester.extraction.normalise.text import tidy
from harvester.model.page import Page
from harvester.model.source import GENERIC

TOKENS = "<msup><mi>x</mi><mn>2</mn></msup>"
MATHML = f"<math><semantics>{TOKENS}<annotation encoding='application/x-tex'>x^2</annotation></semantics></math>"
KATEX = (
    f'<span class="katex"><span class="katex-mathml">{MATHML}</span>'
    '<span class="katex-html" aria-hidden="true">x2</span></span>'
)
MATHJAX = (
    '<span class="MathJax_Preview"></span><span class="MathJax"><nobr aria-hidden="true"><span class="math">x2</span>'
    f'</nobr><span role="presentation">{MATHML}</span></span><script type="math/tex">x^2</script>'
)
IMAGE = '<span><img src="a.gif" alt="$x^2$" role="math"></span><script type="math/tex">x^2</script>'


def page(markup: str) -> Page:
    url = "https://journal.example/article/1"
    headers = (("content-type", "text/html; charset=utf-8"),)
    body = f"<html lang=en><head><title>Rivers and weirs</title></head><body>{markup}</body></html>".encode()
    return Page(url=url, final_url=url, headers=headers, body=body, fetched_at=datetime(2026, 3, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        (MATHML, "x2"),
        (MATHML.replace("math>", "mml:math>"), "x2"),
        (KATEX, "x2"),
        (MATHJAX, "x2"),
        (IMAGE, "$x^2$"),
        ('<img alt="\\(x^2\\)">', r"\(x^2\)"),
        ('<script type="math/tex; mode=display">x^2</script>', "$x^2$"),
        (r"\(x^2\)", r"\(x^2\)"),
        ('<img alt="a portrait">', ""),
        ('<img alt="$20 or $30 a month">', ""),
        ("<script>var x = '$x^2$';</script>", ""),
    ],
)
def test_one_form_is_read(markup: str, words: str) -> None:
    title = f"The weirs of {markup} in the lower valley"
    said = f"The measured value of {markup} is stable in every sample that was taken from the two rivers in spring."
    doi = '<p>doi: <a href="https://doi.org/10.5555/w.1">10.5555/w.1</a></p>'
    served = page(f"<h1>{title}</h1>{doi}<h2>Abstract</h2><p>{said}</p>")
    record = extract(served, GENERIC).record
    assert record is not None
    assert record.titles["en"].value.split() == f"The weirs of {words} in the lower valley".split()
    assert record.abstracts["en"].value.split() == said.replace(markup, words).split()
    for evidence in all_evidence(record):
        assert standing(served, evidence) == evidence.quote


def test_in_a_value() -> None:
    assert tidy(f"<p>The value of {MATHML} is stable.</p>") == "The value of x2 is stable."
    assert tidy("<p>Of <tex-math>x^2</tex-math><math><mi>x</mi></math>.</p>") == "Of x."


def test_scripts_without_end_take_time_in_proportion() -> None:
    scripts = '<script type="math/tex">x</script> ' * 40_000
    document = Document(page(f"<p>{scripts}</p>"))
    assert visible_text(document.root.find("body/p")).split()[:2] == ["$x$", "$x$"]
