"""How often the page of a running study is rewritten, and when an open page is out of date."""

BEAT_S = 20.0  # seconds between two rewrites while no run ends
IDLE = 5  # factor on this time while the study leaves its process idle
LATE = 3  # multiple of the longest time between two rewrites; an older page says that nobody rewrites it
