"""Random numbers: named streams, and a counter-based generator that works inside compiled programs."""
