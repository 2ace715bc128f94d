"""Gates, certificates and conformance: what is asked of update rules, on shared streams, trajectories and workers."""
