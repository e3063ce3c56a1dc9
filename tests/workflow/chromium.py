"""A headless Chromium, where one is installed, that opens a page and tells what it complains of."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-quic"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--enable-logging=stderr",
)


def find_chromium() -> str | None:
    """Return the path of a Chromium, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def complaints(page: Path, browser: str, profile: Path) -> list[str]:
    """Open ``page`` and return the lines of its console: errors, and requests that were refused."""
    done = subprocess.run(
        [browser, *_FLAGS, f"--user-data-dir={profile}", "--dump-dom", page.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "</html>" in done.stdout, done.stderr[-3000:]
    return [line for line in done.stderr.splitlines() if "CONSOLE" in line]
