"""The `marsad` command on a machine whose clock somebody sets: `python -m tests.support.skewed FILE ARGUMENTS…`.

The file holds the seconds by which the clock is wrong, and may change at any time; the machine's steady clock goes on.
It must not know what the command does.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import time_machine

from workers.cli.main import main

_LOOK_SECONDS = 0.1


def follow(path: Path, clock: time_machine.Traveller) -> None:
    """Set the clock whenever the file says something else."""
    shown = 0.0
    while True:
        try:
            wanted = float(path.read_text())
        except (OSError, ValueError):
            wanted = shown  # nobody wrote it yet, or somebody is just doing so
        if wanted != shown:
            clock.shift(wanted - shown)
            shown = wanted
        time.sleep(_LOOK_SECONDS)


if __name__ == "__main__":
    file = Path(sys.argv.pop(1))
    traveller = time_machine.travel(time.time()).start()
    threading.Thread(target=follow, args=(file, traveller), daemon=True).start()
    main()
