"""Plan and run a study: jobs, tuning, runs, the study file."""
