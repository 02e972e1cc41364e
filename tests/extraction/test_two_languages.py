"""For any mix of two languages, labels, markup and boilerplate: no word of one abstract ends up under the other."""

from dataclasses import dataclass
from html import escape

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harvester.extraction.extract import extract
from harvester.extraction.normalise.text import fold
from harvester.model.page import Page
from harvester.model.source import GENERIC

SENTENCES = {
    "fr": (
        "Les vergers de la vallée fleurissent plus tôt depuis que les hivers sont devenus doux.",
        "Nous avons relevé pendant quatre ans la date de la première fleur dans trente parcelles.",
        "La différence entre le haut et le bas du versant a presque disparu au cours de cette période.",
        "Ces résultats montrent que le gel de printemps reste le risque principal pour les arboriculteurs.",
        "Une surveillance plus fine des nuits claires serait donc utile avant toute replantation.",
        "Les variétés anciennes ont mieux résisté que celles qui ont été plantées après la guerre.",
    ),
    "en": (
        "Old bridges carry more weight today than the masons who built them could have imagined.",
        "We measured the movement of twelve arches while loaded carts and lorries crossed them slowly.",
        "The stones shift by less than the width of a hair, and they return to where they were.",
        "Most of the damage comes from water that stands behind the walls after heavy rain.",
        "Clearing the drains every autumn would therefore do more than any new layer of concrete.",
        "Two of the bridges were in better condition than the drawings of the last repair suggest.",
    ),
    "de": (
        "Die Glocken der Dorfkirchen werden heute seltener geläutet als noch vor einer Generation.",
        "In sechs Gemeinden wurde über ein Jahr hinweg jedes Geläut mit Tag und Anlass aufgeschrieben.",
        "Dabei zeigte sich, dass der Ton einer Glocke mit der Temperatur der Bronze deutlich schwankt.",
        "Für die Anwohner ist nicht die Lautstärke entscheidend, sondern die Stunde des ersten Schlages.",
        "Eine einfache Regel über die Nachtruhe könnte die meisten Streitfälle zwischen den Nachbarn vermeiden.",
    ),
    "es": (
        "Los molinos de la ribera dejaron de moler cuando el río cambió de cauce hace dos siglos.",
        "Se compararon los planos de tres archivos con las piedras que todavía se ven en el agua.",
        "El resultado es que la mayoría de los canales fue abandonada en menos de diez años.",
        "No se encontró ninguna señal de que los vecinos hubieran intentado abrir una nueva acequia.",
        "Por eso se propone proteger los restos antes de que las obras del puente los cubran.",
    ),
    "pt": (
        "As redes de pesca da aldeia eram tecidas pelas mulheres durante os meses de inverno.",
        "Foram recolhidas entrevistas com vinte pessoas que ainda sabem fazer os nós antigos.",
        "A análise mostra que cada família tinha um nó que não era usado pelas outras.",
        "Não há registos escritos dessa prática, mas os nomes dos nós são conhecidos até hoje.",
        "Um pequeno museu poderia guardar essas redes antes que elas se percam com o tempo.",
    ),
    "it": (
        "Le botteghe del quartiere conservano gli attrezzi che gli artigiani usavano un secolo fa.",
        "Sono stati fotografati più di trecento oggetti, e per ciascuno è stata scritta una scheda.",
        "La maggior parte degli attrezzi non ha un nome nella lingua che si parla oggi.",
        "Con questo lavoro si vuole dare agli studenti un repertorio che possa essere ampliato.",
        "Anche le fotografie delle mani degli artigiani fanno parte della raccolta che viene presentata.",
    ),
}
LABELS = {
    "fr": ("Résumé", "RÉSUMÉ"),
    "en": ("Abstract", "Summary", "ABSTRACT"),
    "de": ("Zusammenfassung",),
    "es": ("Resumen",),
    "pt": ("Resumo",),
    "it": ("Riassunto",),
}
KEYWORDS = {
    "fr": ("Mots clés", ("vergers", "gel de printemps", "floraison")),
    "en": ("Keywords", ("bridges", "masonry", "drainage")),
    "de": ("Schlüsselwörter", ("Glocken", "Nachtruhe", "Bronze")),
    "es": ("Palabras clave", ("molinos", "cauce", "acequias")),
    "pt": ("Palavras-chave", ("redes", "nós", "pesca")),
    "it": ("Parole chiave", ("botteghe", "attrezzi", "artigiani")),
}
BOILERPLATE = (
    "",
    "Le texte complet de cet article est disponible en PDF.",
    "The full text of this article is available as PDF.",
)


@dataclass(frozen=True)
class Block:
    language: str
    text: str
    label: str
    boilerplate: str
    declares: bool
    keywords: bool


@st.composite
def blocks(draw: st.DrawFn) -> list[Block]:
    languages = draw(st.permutations(sorted(SENTENCES)))[:2]
    international = draw(st.booleans())
    made = []
    for language in languages:
        count = draw(st.integers(3, len(SENTENCES[language])))
        text = " ".join(draw(st.permutations(SENTENCES[language]))[:count])
        label = "Abstract" if international else draw(st.sampled_from(LABELS[language]))
        made.append(
            Block(language, text, label, draw(st.sampled_from(BOILERPLATE)), draw(st.booleans()), draw(st.booleans()))
        )
    return made


def lang(block: Block) -> str:
    return f' lang="{block.language}"' if block.declares else ""


def headed(block: Block) -> str:
    words = f"{escape(block.text)}</p>{block.boilerplate}"
    return f"<div{lang(block)}><h2>{block.label}</h2><p>{words}{keywords(block)}</div>"


def flat(block: Block) -> str:
    return f"<h3>{block.label}</h3><p{lang(block)}>{escape(block.text)} {block.boilerplate}</p>{keywords(block)}"


def bold(block: Block) -> str:
    return f"<p{lang(block)}><b>{block.label}:</b> {escape(block.text)} {block.boilerplate}</p>{keywords(block)}"


def cells(block: Block) -> str:
    label = f"<table><tr><td><h2>{block.label}</h2></td></tr></table>"
    return f"{label}<p{lang(block)}>{escape(block.text)}</p>{block.boilerplate}{keywords(block)}"


def glued(block: Block) -> str:
    return f"{block.label} | {escape(block.text)} {block.boilerplate}{keywords(block, glue=True)}"


def keywords(block: Block, *, glue: bool = False) -> str:
    if not block.keywords:
        return ""
    label, words = KEYWORDS[block.language]
    line = f"{label} : {', '.join(words)}"
    return f"<br>{line}<br>" if glue else f"<p><b>{label} : </b>{', '.join(words)}</p>"


def definitions(made: list[Block]) -> str:
    return "<dl>" + "".join(f"<dt>{b.label}</dt><dd{lang(b)}>{escape(b.text)}</dd>" for b in made) + "</dl>"


def rows(made: list[Block]) -> str:
    return "<table>" + "".join(f"<tr><th>{b.label}:</th><td>{escape(b.text)}</td></tr>" for b in made) + "</table>"


def sections(made: list[Block]) -> str:
    """Structured abstracts: the first sentence stands under a heading of its own."""
    parts = []
    for block in made:
        first, rest = block.text.split(". ", 1)
        inner = f"<h3>Introduction</h3><p>{escape(first)}.</p><h3>Conclusion</h3><p>{escape(rest)}</p>"
        parts.append(f"<section><h2>{block.label}</h2>{inner}{block.boilerplate}{keywords(block)}</section>")
    return "".join(parts)


def descriptions(made: list[Block]) -> str:
    """Metadata only: one element with both, or one for each without a word on the language."""
    if made[0].declares:
        return f'<meta name="citation_abstract" content="{" ".join(escape(block.text) for block in made)}">'
    return "".join(f'<meta name="DC.description" content="{escape(block.text)}">' for block in made)


MARKUPS = {
    "definitions": definitions,
    "rows": rows,
    "sections": sections,
    "descriptions": descriptions,
    "headed": lambda made: "".join(map(headed, made)),
    "flat": lambda made: "".join(map(flat, made)),
    "bold": lambda made: "".join(map(bold, made)),
    "cells": lambda made: f"<div id=pane>{''.join(map(cells, made))}</div>",
    "one field": lambda made: f'<div class="abstract"><p>{" ".join(escape(block.text) for block in made)}</p></div>',
    "glued": lambda made: f"<div><p>{'</p><p>'.join(map(glued, made))}</p></div>",
}


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(made=blocks(), markup=st.sampled_from(sorted(MARKUPS)), page_says=st.sampled_from(["", "first", "second"]))
def test_no_word_of_one_language_ends_up_under_the_other(made: list[Block], markup: str, page_says: str) -> None:
    declared = {"": "", "first": made[0].language, "second": made[1].language}[page_says]
    head = '<meta name="citation_title" content="A title"><meta name="citation_author" content="Doe, Jane">'
    attribute = f' lang="{declared}"' if declared else ""
    body = f"<html{attribute}><head><meta charset=utf-8>{head}</head><body><h1>A title</h1>{MARKUPS[markup](made)}"
    url = "https://journal.example/1"
    page = Page(url=url, final_url=url, body=body.encode(), fetched_at="2026-03-10T08:00:00Z")  # type: ignore[arg-type]
    record = extract(page, GENERIC).record
    assert record is not None
    for block, other in ((made[0], made[1]), (made[1], made[0])):
        kept = record.abstracts.get(block.language)
        assert kept is not None, f"{block.language} is lost; there are {sorted(record.abstracts)}"
        assert not (runs(kept.value) & runs(other.text)), f"words of {other.language} under {block.language}"
        assert fold(kept.value.replace("Introduction ", "").replace("Conclusion ", "")) == fold(block.text)
    assert set(record.abstracts) == {block.language for block in made}


def runs(text: str) -> set[tuple[str, ...]]:
    """All runs of four words."""
    words = fold(text).split()
    return set(zip(words, words[1:], words[2:], words[3:], strict=False))
