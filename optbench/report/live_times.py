"""How often the page of a running study is written, and when an open one is out of date."""

BEAT_S = 20.0  # seconds between two rewritings while no run ends
IDLE = 5  # how many times longer they are apart where the study leaves its process idle
LATE = 3  # of the longest time between two rewritings; a page that is older says that nobody writes it
