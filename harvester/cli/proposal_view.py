"""What a proposed source rests on, for an operator: per page what was read, from where, and what is missing."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType

from harvester.cli.record_view import verdict_rows
from harvester.cli.show import facts
from harvester.cli.trial_view import head_rows, values_view
from harvester.trial.proposal import Proposal
from harvester.trial.trial import Trial


def proposal_view(trials: Sequence[Trial], proposal: Proposal) -> Iterator[RenderableType]:
    """The pages, one below the other, then what none of them shows."""
    for trial in trials:
        yield facts(head_rows(trial))
        if trial.record:
            yield values_view(trial.fields)
            yield facts([*verdict_rows(trial.record.access), *(("policy", one) for one in trial.forbidden)])
    yield facts([("missing on all pages", ", ".join(proposal.missing) or "nothing")])
