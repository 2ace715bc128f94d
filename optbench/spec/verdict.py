"""The verdict of a report: what the results support, what it costs, and the command to repeat."""

from typing import NamedTuple


class Verdict(NamedTuple):
    """Three sentences and a command line. The command is kept apart: nobody has to find it in a sentence."""

    lead: str  # the winner, and the contenders from which it differs significantly
    cost: str  # of the winner, or its failures
    advice: str  # what the command is for, without a colon at its end
    command: str  # to be copied

    @property
    def sentences(self) -> list[str]:
        """The verdict as three sentences, the last of which ends with the command."""
        return [self.lead, self.cost, f"{self.advice}: {self.command}"]
