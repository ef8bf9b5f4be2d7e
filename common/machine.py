"""What this machine has: cores, memory, room for temporary files, a device that may be a GPU."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

GPU_DEVICES = ("/dev/nvidiactl", "/dev/nvidia0", "/dev/dxg", "/dev/kfd")


def cores() -> int:
    """Return how many logical cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cpu(field: str) -> str:
    """Return what Linux says of its first CPU under a name, "" where it says nothing."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(field)), "")


def memory() -> int | None:
    """Return the bytes of memory that are there, None where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def temporary() -> tuple[Path, int] | None:
    """Return the folder of temporary files and the bytes free in it, None without such a folder."""
    try:
        folder = Path(tempfile.gettempdir())
        return folder, shutil.disk_usage(folder).free
    except OSError:
        return None


def may_have_gpu() -> bool:
    """Return whether it is worth asking the frameworks for a GPU."""
    return any(Path(path).exists() for path in GPU_DEVICES)


def sized(size: float) -> str:
    """Return a number of bytes in the largest unit of which there is one."""
    for power, unit in ((40, "TiB"), (30, "GiB"), (20, "MiB")):
        if size >= 2**power:
            return f"{size / 2**power:.1f} {unit}"
    return f"{size / 2**10:.1f} KiB"
