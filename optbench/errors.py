"""What can go wrong, as a tree. A user's mistake ends in one of these, shown as one line.

OptbenchError
├── ConfigError      a wrong value, name or combination in the configuration
├── RuleError        an optimizer was handed gradients that do not fit its parameters
├── StoreError       results on disk are missing or cannot be read
└── ClockError       a timed window did not do the work it was asked to do
"""


class OptbenchError(Exception):
    """Root of every error that optbench raises on purpose; its text is one line for the user."""


class ConfigError(OptbenchError):
    """The configuration asks for something that does not exist or cannot be."""


class RuleError(OptbenchError):
    """An update rule was handed gradients that do not fit its parameters."""


class StoreError(OptbenchError):
    """Results on disk are missing or cannot be read."""


class ClockError(OptbenchError):
    """A timed window did not do the work it was asked to do, so its time means nothing."""
