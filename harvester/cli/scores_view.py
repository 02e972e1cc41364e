"""The figures of `evaluate` for a reader."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table

from harvester.cli.show import facts, plain, table
from harvester.evaluate import Comparison, Scores


def scores_view(comparison: Comparison, beside: str, *, with_misses: bool) -> Iterator[RenderableType]:
    """Fields, languages, access, then the sums, in the order they are read; `beside` names the other reading."""
    scores, others = comparison.scores, comparison.beside.shares
    yield table(
        "Per field",
        ("field", "#right", "#labelled", "#share", f"#{beside}"),
        [
            (field, scores.hits[field], n, _share(scores.hits[field] / n), _share(others.get(field)))
            for field, n in scores.units.items()
        ],
    )
    yield table(
        "Per language",
        ("field", "language", "#right", "#labelled", "#share"),
        [(*key, hits, n, _share(hits / n)) for key, (hits, n) in sorted(scores.by_language.items())],
    )
    yield _confusion(scores)
    yield table(
        "Access per status",
        ("status", "#labelled", "#said", "#precision", "#recall"),
        [(c.status, c.labelled, c.said, _share(c.precision), _share(c.recall)) for c in scores.classes],
    )
    yield facts([*_sums(scores), *_means(comparison, beside)])
    if with_misses:
        yield table("Misses", ("file", "field", "why"), scores.misses)


def _confusion(scores: Scores) -> Table:
    statuses = [figures.status for figures in scores.classes]
    rows = [
        (want, *(scores.access[want, said] or "." for said in statuses))
        for want in statuses
        if any(scores.access[want, said] for said in statuses)
    ]
    return table("Access: labelled (rows) and said (columns)", ("", *(f"#{status}" for status in statuses)), rows)


def _sums(scores: Scores) -> Iterator[tuple[str, object]]:
    for field, files in scores.spurious.items():
        yield f"invented {field}", f"{len(files)} of {scores.unlabelled[field]} pages that have none {_names(files)}"
    macro = scores.access_macro_f1
    yield "access macro-F1", "" if macro is None else f"{macro:.4f}"
    yield "false open", plain(", ".join(scores.false_open) or "none")
    yield "multilingual reduced to one", f"{len(scores.reduced_to_one)} {_names(scores.reduced_to_one)}"
    yield "negatives kept out", f"{scores.kept_out} of {scores.negatives}"


def _means(comparison: Comparison, beside: str) -> Iterator[tuple[str, object]]:
    yield "core mean", f"{comparison.scores.core_mean:.4f} ({beside}: {comparison.beside.core_mean:.4f})"
    described = comparison.described
    where = f"on the {described.articles} articles with generic metadata"
    yield where, f"{described.core_mean:.4f} ({beside}: {comparison.described_beside.core_mean:.4f})"


def _names(files: list[str]) -> str:
    return f"({', '.join(files)})" if files else ""


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
