"""Clocks, power and temperature at a moment: of the CPU by Linux, of the GPU by NVML."""

from __future__ import annotations

import importlib
import statistics
from contextlib import suppress
from pathlib import Path
from typing import Any


class Clocks:
    """Samples them; what cannot be read is not there."""

    def __init__(self, device: str) -> None:
        """device: "gpu" samples the first GPU, too."""
        self._nvml: Any = None
        with suppress(Exception):  # no package, no driver, no right to ask
            if device == "gpu":
                self._nvml = importlib.import_module("pynvml")
                self._nvml.nvmlInit()
                self._gpu = self._nvml.nvmlDeviceGetHandleByIndex(0)

    def sample(self) -> dict[str, float]:
        """Return MHz, W and °C by name."""
        found = {"cpu_mhz": mhz} if (mhz := _cpu_mhz()) else {}
        return found | (self._of_gpu() if self._nvml else {})

    def _of_gpu(self) -> dict[str, float]:
        nvml, gpu, found = self._nvml, self._gpu, {}
        with suppress(Exception):
            found["gpu_mhz"] = float(nvml.nvmlDeviceGetClockInfo(gpu, nvml.NVML_CLOCK_SM))
            found["gpu_memory_mhz"] = float(nvml.nvmlDeviceGetClockInfo(gpu, nvml.NVML_CLOCK_MEM))
            found["gpu_w"] = nvml.nvmlDeviceGetPowerUsage(gpu) / 1000
            found["gpu_c"] = float(nvml.nvmlDeviceGetTemperature(gpu, nvml.NVML_TEMPERATURE_GPU))
        return found


def _cpu_mhz() -> float | None:
    with suppress(OSError, ValueError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        found = [float(line.split(":")[1]) for line in lines if line.startswith("cpu MHz")]
        return round(statistics.mean(found), 1) if found else None
    return None
