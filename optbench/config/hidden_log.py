"""Log lines without values from the environment, also those in tracebacks."""

import logging
import threading
from collections.abc import Mapping

from optbench.config.environment_values import hide_in_text


class HidingFormatter(logging.Formatter):
    """Formats a record, with references in place of values from the environment.

    Args:
        layout: of a line, as :class:`logging.Formatter` takes it.
    """

    def __init__(self, layout: str) -> None:
        super().__init__(layout)
        self._texts: dict[str, str] = {}
        self._lock = threading.Lock()

    def hide(self, texts: Mapping[str, str]) -> None:
        """Hide further values.

        Args:
            texts: each value with its reference.
        """
        with self._lock:
            self._texts |= texts

    def format(self, record: logging.LogRecord) -> str:
        """One record, with the traceback of its exception."""
        with self._lock:
            texts = dict(self._texts)
        return hide_in_text(super().format(record), texts)
