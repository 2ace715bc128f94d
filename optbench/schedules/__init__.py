"""Learning-rate schedules, one per file: a factor on the learning rate."""
