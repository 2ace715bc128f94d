"""An argument parser that reports misuse in one line."""

import argparse
from typing import NoReturn

MISUSE = 3  # exit code


class ArgumentParser(argparse.ArgumentParser):
    """A parser of ``python -m optbench.NAME``, whose errors are one line and the exit code 3."""

    misuse = MISUSE

    def error(self, message: str) -> NoReturn:
        """Report misuse and exit."""
        command = self.prog.removeprefix("python -m ").partition(" ")[0]
        self.exit(self.misuse, f"{command}: {' '.join(message.split())} (see --help)\n")
