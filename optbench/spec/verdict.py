"""The answer of a report: what to use, how sure that is, what it costs, what to do next, and the command to repeat."""

from typing import NamedTuple


class Verdict(NamedTuple):
    """Sentences and a command line. The command is kept apart: nobody has to find it in a sentence."""

    lead: str  # what to use, and how sure that is
    cost: str  # of what is recommended, or its failures
    advice: str  # what the command is for, without a colon at its end
    command: str  # to be copied
    rates: str = ""  # the learning rates that work about as well; empty if too few were tried
    next_step: str = ""  # what to do if the answer is not sure; empty if it is
    unfinished: str = ""  # how many runs a time limit left out; empty if none

    @property
    def paragraphs(self) -> list[str]:
        """The sentences before the command, without empty ones."""
        return [text for text in (self.lead, self.unfinished, self.rates, self.cost, self.next_step) if text]

    @property
    def sentences(self) -> list[str]:
        """The sentences of the answer, the last of which ends with the command."""
        return [*self.paragraphs, f"{self.advice}: {self.command}"]
