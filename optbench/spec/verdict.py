"""The answer of a report: a recommendation, its certainty and costs, the next step, and the command to reproduce it."""

from typing import NamedTuple


class Verdict(NamedTuple):
    """Sentences and a command line. The command is a separate field, so that it is easy to copy."""

    lead: str  # the recommendation and its certainty
    cost: str  # costs of the recommended setting, or its failures
    advice: str  # what the command does, without a final colon
    command: str  # the command to copy
    rates: str = ""  # the learning rates that perform about as well; empty if too few were tried
    next_step: str = ""  # the next step if the answer is uncertain; otherwise empty
    unfinished: str = ""  # the number of runs that a time limit left out; empty if none

    @property
    def paragraphs(self) -> list[str]:
        """The sentences before the command, without empty ones."""
        return [text for text in (self.lead, self.unfinished, self.rates, self.cost, self.next_step) if text]

    @property
    def sentences(self) -> list[str]:
        """The sentences of the answer. The last one ends with the command."""
        return [*self.paragraphs, f"{self.advice}: {self.command}"]
