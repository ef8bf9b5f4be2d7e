"""The machine that a run was measured on, as plain data for its records."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path
from typing import Any

from common import machine as this

VECTORS = (
    "avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_tile", "amx_bf16",
    "amx_int8", "asimd", "sve", "bf16",
)  # fmt: skip
ROOT = Path(__file__).resolve().parents[1]


def machine() -> dict[str, Any]:
    """Return what tells one machine from another; no names of hosts, users or folders."""
    return {
        "cpu": _cpu(),
        "cores": this.cores(),
        "memory": this.memory(),
        "os": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "isa": isa(),
        "huge_pages": huge_pages(),
    }


def isa() -> list[str]:
    """Return the vector instructions that this CPU says it has, as Linux calls them."""
    flags = this.cpu("flags").split()
    return [name for name in VECTORS if name in flags]


def huge_pages() -> str:
    """Return when Linux gives transparent huge pages: always, madvise or never; "" elsewhere."""
    try:
        path = Path("/sys/kernel/mm/transparent_hugepage/enabled")
        return path.read_text(encoding="utf-8").partition("[")[2].partition("]")[0]
    except OSError:
        return ""


def load() -> float | None:
    """Return how many processes wanted a core, on average over the last minute."""
    try:
        return round(os.getloadavg()[0], 2)
    except OSError:
        return None


def commit() -> str | None:
    """Return the revision of this repository, with + if files differ from it; None outside."""
    if not (ROOT / ".git").exists():
        return None
    revision = _git("rev-parse", "--short=12", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no")
    return revision + ("+" if changed else "") if revision else None


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(ROOT), *arguments],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _cpu() -> str:
    return this.cpu("model name") or platform.processor() or platform.machine()
