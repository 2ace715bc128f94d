"""Compress the data that the page contains.

Compressed data is base64 text and cannot be mistaken for markup. ``page.js`` decompresses it.
"""

import base64
import json
import zlib
from typing import Any

import pandas as pd

DIGITS = "%.5g"
LEVEL = 7  # zlib level; 9 takes twice the time and saves half a percent


def compress(text: str) -> str:
    """Compress a text: raw deflate, encoded in base64."""
    deflate = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return base64.b64encode(deflate.compress(text.encode()) + deflate.flush()).decode()


def decompress(text: str) -> str:
    """Invert :func:`compress`."""
    return zlib.decompress(base64.b64decode(text), -zlib.MAX_WBITS).decode()


def to_csv(table: pd.DataFrame) -> str:
    """Convert a table to CSV. Numbers have five significant digits."""
    return str(table.to_csv(index=False, float_format=DIGITS))


def to_json(data: Any) -> str:
    """Convert plain data to JSON without spaces."""
    return json.dumps(data, separators=(",", ":"), allow_nan=False)
