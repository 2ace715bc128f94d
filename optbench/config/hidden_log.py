"""Remove values from the environment from log lines, including tracebacks."""

import logging
import threading
from collections.abc import Mapping

from optbench.config.environment_values import hide_in_text


class HidingFormatter(logging.Formatter):
    """Formats log records with references in place of values from the environment.

    Args:
        layout: format of a line, as for :class:`logging.Formatter`.
    """

    def __init__(self, layout: str) -> None:
        super().__init__(layout)
        self._texts: dict[str, str] = {}
        self._lock = threading.Lock()

    def hide(self, texts: Mapping[str, str]) -> None:
        """Hide additional values.

        Args:
            texts: each value with its reference.
        """
        with self._lock:
            self._texts |= texts

    def format(self, record: logging.LogRecord) -> str:
        """Format one record, including the traceback of its exception."""
        with self._lock:
            texts = dict(self._texts)
        return hide_in_text(super().format(record), texts)
