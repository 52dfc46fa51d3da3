"""Runs a command, and writes what it took to a file named after its rank.

python3 measured.py FOLDER COMMAND…
"""

import json
import os
import sys

rank = os.environ.get("OMPI_COMM_WORLD_RANK", "0")
process = os.spawnvp(os.P_NOWAIT, sys.argv[2], sys.argv[2:])
_, status, usage = os.wait4(process, 0)
with open(os.path.join(sys.argv[1], rank + ".json"), "w") as file:
    json.dump({"seconds": usage.ru_utime + usage.ru_stime, "peak_bytes": usage.ru_maxrss * 1024}, file)
sys.exit(os.waitstatus_to_exitcode(status))
