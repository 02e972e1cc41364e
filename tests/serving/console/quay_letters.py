"""A publisher of one bilingual article whose page says two things of access; `hold` keeps its next answers waiting."""

import threading

from harvester.sample.site import Answer

TITLE, TITRE = "Lichens of the old sea wall", "Les lichens de la vieille digue"
ARTICLE = "/article/7"
_PAGE = f"""<!doctype html><html lang="en"><head><title>{TITLE}</title>
<meta name="citation_title" lang="en" content="{TITLE}"><meta name="citation_title" lang="fr" content="{TITRE}">
<meta name="citation_author" content="Merriweather, Ilse"><meta name="citation_doi" content="10.5555/quays.7">
<meta name="citation_journal_title" content="Quay Letters">
<meta name="citation_publication_date" content="2026/11/02"></head><body>
<h1>{TITLE}</h1><p>The full text of this article is free for all.</p>
<p>Reading the full text of this article requires a subscription.</p>
<h2>Abstract</h2><p lang="en">Lichens on the stones of one sea wall were counted every spring for twenty years,
and the slowest of them had not moved by the width of a hand since the wall was built.</p>
<h2>Résumé</h2><p lang="fr">Les lichens des pierres d'une digue furent comptés chaque printemps pendant vingt ans,
et les plus lents n'avaient pas avancé de la largeur d'une main depuis la construction de la digue.</p>
<script>document.body.textContent = "executed"</script></body></html>
"""


class Quays:
    """A site, as `harvester.sample.serve` takes it."""

    def __init__(self) -> None:
        self.origin = ""
        self.trapped: list[str] = []
        self._may_answer = threading.Event()
        self._may_answer.set()

    def hold(self) -> None:
        """Let requests for the article wait."""
        self._may_answer.clear()

    def let_go(self) -> None:
        """Answer them."""
        self._may_answer.set()

    def respond(self, path: str, headers: object = None) -> Answer:
        if path != ARTICLE:
            return Answer(404, {"Content-Type": "text/plain"}, b"")
        self._may_answer.wait(60)
        return Answer(200, {"Content-Type": "text/html; charset=utf-8"}, _PAGE.encode())
