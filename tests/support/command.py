"""The installed `marsad` as a process of its own, as a user starts it. It must not know what is asked of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

MARSAD = str(Path(sys.executable).parent / "marsad")


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """A user's environment with these settings alone; data lies in the folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MARSAD_")}
    return kept | {"MARSAD_DATA": str(folder / "data"), "MARSAD_FETCH_ALLOW_NETWORKS": "127.0.0.0/8"} | settings


def marsad(
    folder: Path, *arguments: str, given: bytes | str = b"", **settings: str
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, in a folder; its answer as text in UTF-8."""
    done = subprocess.run(
        [MARSAD, *arguments], cwd=folder, env=environment(folder, **settings), check=False, capture_output=True,
        input=given.encode() if isinstance(given, str) else given, timeout=300,
    )  # fmt: skip
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one line of an error: nothing else was said, and the exit code tells of it."""
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("marsad: ")
    assert done.stderr.count("\n") == 1, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr.rstrip("\n")
