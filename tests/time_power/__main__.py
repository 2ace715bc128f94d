"""Record pairs of the time gate, or print what the gate would have found in them.

python -m tests.time_power --record 20                        on a calm machine
python -m tests.time_power --record 20 --busy                 with another core kept busy
python -m tests.time_power --record 5 --only soap,shampoo     rules that take minutes
python -m tests.time_power                                    the table of docs/ci.md
"""

import argparse

from tests.time_power.recording import RECORDED, THEMSELVES, record, subjects
from tests.time_power.resampling import PAIRS, format_table, table_of

parser = argparse.ArgumentParser(prog="python -m tests.time_power", description="The power of the time gate.")
parser.add_argument("--record", type=int, metavar="PAIRS", help="record so many pairs first")
parser.add_argument("--busy", action="store_true", help="keep another core busy meanwhile")
parser.add_argument("--pairs", type=int, default=PAIRS, help=f"of a run of the gate; default: {PAIRS}")
parser.add_argument("--only", default=",".join(THEMSELVES), help="rules, separated by commas")
arguments = parser.parse_args()
if arguments.record:
    record(subjects(arguments.only.split(",")), arguments.record, arguments.busy)
print(format_table(table_of(RECORDED, arguments.pairs)))
