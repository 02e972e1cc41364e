"""Full text is never kept, hidden or pointed at."""

import pytest
from pages import ABSTRACT, SENTENCE, TITLE, keep

from harvester.model.record import (
    AbstractPolicy,
)
from harvester.model.source import SelectorRule

FULLTEXT = "<p>The first observer kept a second notebook, which is printed here in full and for the first time.</p>" * 8


@pytest.mark.parametrize(
    "walled",
    [
        f'<div class="paywall">{FULLTEXT}</div>',
        f'<div class="article-body" hidden>{FULLTEXT}</div>',
        f'<section id="fulltext" style="display: none">{FULLTEXT}</section>',
        f'<section style="Display  :  None"><div class="content_body">{FULLTEXT}</div></section>',
        f'<div class="note Members-Only">{FULLTEXT}</div>',
        f'<div class="premium-content">{FULLTEXT}</div>',
        f'<div class="paywall">{FULLTEXT.replace("which is", f"see {TITLE}, which is")}</div>',
        f'<div class="paywall">{FULLTEXT.replace("which is", f"{ABSTRACT[:60]} which is")}</div>',
        '<script type="application/ld+json">{"@type":"Article","articleBody":"A second notebook here"}</script>',
        '<script type="application/ld+json">{"articleBody": "say \\"second notebook\\"", "name": "x"}</script>',
    ],
)
@pytest.mark.fault(82)
def test_hidden_full_text_is_never_kept(walled: str) -> None:
    kept = keep(
        f"<html><body><h1>{TITLE}</h1><p>{ABSTRACT}</p>{walled}<p>{SENTENCE}</p></body></html>", AbstractPolicy()
    )
    assert kept.page is not None
    assert (kept.state, kept.reason) == ("cut", "full text")
    text = kept.page.body.decode()
    assert "second notebook" not in text
    assert ABSTRACT in text
    assert SENTENCE in text


@pytest.mark.parametrize("rule", [SelectorRule(css="#whole"), SelectorRule(xpath="//div[@id='whole']")])
def test_full_text_a_source_points_at_is_cut(rule: SelectorRule) -> None:
    kept = keep(f"<body><p>{ABSTRACT}</p><div id=whole>{FULLTEXT}</div></body>", AbstractPolicy(), fulltext=(rule,))
    assert kept.page is not None
    assert kept.reason == "full text"
    assert b"second notebook" not in kept.page.body
    assert ABSTRACT in kept.page.body.decode()


@pytest.mark.parametrize(
    "harmless",
    [
        f'<div class="paywall"><p>{SENTENCE}</p></div>',
        f'<div class="tab" style="display:none"><p>{ABSTRACT}</p></div>',
        '<div class="consent" hidden><p>We use cookies.</p></div>',
    ],
)
def test_what_only_looks_walled_stays(harmless: str) -> None:
    assert keep(f"<html><body><h1>{TITLE}</h1>{harmless}</body></html>", AbstractPolicy()).state == "kept"
