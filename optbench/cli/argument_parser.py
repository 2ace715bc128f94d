"""Argument parsers whose messages contain no terminal control characters; one reports misuse on one line."""

import argparse
from typing import NoReturn

from optbench.cli.printing import show_controls

MISUSE = 3  # exit code


class HarmlessParser(argparse.ArgumentParser):
    """An argparse parser whose errors show the received arguments without control characters."""

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """Exit, after printing a message on standard error."""
        super().exit(status, show_controls(message) if message else None)


class ArgumentParser(HarmlessParser):
    """A parser of ``python -m optbench.NAME``. Its errors take one line and exit with code 3."""

    misuse = MISUSE

    def error(self, message: str) -> NoReturn:
        """Report misuse and exit."""
        command = self.prog.removeprefix("python -m ").partition(" ")[0]
        self.exit(self.misuse, f"{command}: {' '.join(message.split())} (see --help)\n")
