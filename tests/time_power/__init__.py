"""The power of the time gate: recorded rounds of slowed rules, and how often the gate finds what was planted."""
