"""What packages exchange: problems, settings, runs, targets, labels, and the specification of a job."""
