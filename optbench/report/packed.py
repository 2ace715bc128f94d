"""Data inside the page: deflated, in base64, so that no text can be taken for markup; ``page.js`` unpacks it."""

import base64
import json
import zlib
from typing import Any

import pandas as pd

DIGITS = "%.5g"


def packed(text: str) -> str:
    """A text as raw deflate in base64."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return base64.b64encode(deflate.compress(text.encode()) + deflate.flush()).decode()


def unpacked(text: str) -> str:
    """The inverse of :func:`packed`."""
    return zlib.decompress(base64.b64decode(text), -zlib.MAX_WBITS).decode()


def as_csv(table: pd.DataFrame) -> str:
    """A table as CSV, numbers with five digits."""
    return str(table.to_csv(index=False, float_format=DIGITS))


def as_json(data: Any) -> str:
    """Plain data as JSON without spaces."""
    return json.dumps(data, separators=(",", ":"), allow_nan=False)
