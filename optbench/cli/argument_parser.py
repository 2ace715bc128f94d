"""Argument parsers whose messages steer no terminal, and one that reports misuse in one line."""

import argparse
from typing import NoReturn

from optbench.cli.printing import show_controls

MISUSE = 3  # exit code


class HarmlessParser(argparse.ArgumentParser):
    """argparse's parser, whose errors show what was received without its escape sequences."""

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """Exit, after a message on standard error."""
        super().exit(status, show_controls(message) if message else None)


class ArgumentParser(HarmlessParser):
    """A parser of ``python -m optbench.NAME``, whose errors are one line and the exit code 3."""

    misuse = MISUSE

    def error(self, message: str) -> NoReturn:
        """Report misuse and exit."""
        command = self.prog.removeprefix("python -m ").partition(" ")[0]
        self.exit(self.misuse, f"{command}: {' '.join(message.split())} (see --help)\n")
