"""The conditions of a run: threads, allocator, clocks, load; what a reader has to know of them."""

from __future__ import annotations

from reports.records import Run, Timing

BUSY = 0.5  # of the cores: other programs ran


def conditions(run: Run) -> str:
    """Return the line below a page's verdict: on what and under which conditions."""
    header, machine = run.header, run.header["machine"]
    parts = [
        f"{machine['cpu']}, {machine['cores']} cores",
        f"device: {devices(run)}",
        f"{header['threads']} threads for each framework",
        _preset(run),
        _clocks(run),
        load(run),
    ]
    return "**Conditions:** " + "; ".join(part for part in parts if part) + "."


def _preset(run: Run) -> str:
    header = run.header
    if not header.get("preset"):
        return ""
    counts = f"{header['processes']} processes a case, {header['rounds']} rounds of each"
    return f"preset {header.get('preset')}: {counts}"


def devices(run: Run) -> str:
    """Return the devices that were used, a GPU with its name."""
    found: dict[str, str] = {}
    for timing in run.timings.values():
        for prepared in timing.prepared.values():
            found[prepared["device"]] = found.get(prepared["device"]) or _called(timing)
    return " and ".join(map("".join, sorted(found.items()))) or "none used"


def _called(timing: Timing) -> str:
    """Return what a timing's GPU is called, in parentheses."""
    names = [warm["memory"].get("device_name") for warm in timing.warm.values()]
    found = next(filter(None, names), None)
    return f" ({found})" if found else ""


def _clocks(run: Run) -> str:
    """Return the range of clocks, power and temperature over all rounds."""
    found: dict[str, list[float]] = {}
    for timing in run.timings.values():
        for each in timing.rounds.values():
            for name, value in each.get("clocks", {}).items():
                found.setdefault(name, []).append(value)
    units = {"cpu_mhz": "CPU {} MHz", "gpu_mhz": "GPU {} MHz", "gpu_w": "{} W", "gpu_c": "{} °C"}
    told = [units[name].format(_range(found[name])) for name in units if name in found]
    return ", ".join(told)


def _range(values: list[float]) -> str:
    low, high = f"{min(values):,.0f}", f"{max(values):,.0f}"
    return low if low == high else f"{low}–{high}"


def load(run: Run) -> str:
    """Return how many processes wanted a core, and whether others ran."""
    before, after = run.header["load_before"], run.end["load_after"] if run.end else None
    if before is None:
        return ""
    text = f"load average {before:.1f} before"
    text += f" and {after:.1f} after" if after is not None else ""
    busy = before > BUSY * run.header["machine"]["cores"]
    return text + (": **other programs ran**, which widens every interval" if busy else "")


def yardsticks(run: Run) -> str:
    """Return what the machine reached: its fastest matrix product and copy."""
    parts = []
    for precision, speed in run.products.items():
        parts.append(f"{precision} matrix product {speed / 1e9:,.0f} GFLOP/s")
    if run.bandwidth:
        parts.append(f"copy {run.bandwidth / 1e9:,.1f} GB/s (read and written)")
    return f"the fastest that was reached: {', '.join(parts)}" if parts else ""


def settings(run: Run) -> list[str]:
    """Return a line for the variables of all workers, and one for what each framework says."""
    variables = run.header.get("variables", {})
    said = " ".join(f"`{name}={value}`" for name, value in variables.items())
    lines = [f"variables of every worker: {said}"] if said else []
    for name, words in run.header["frameworks"].items():
        warm = [
            each
            for timing in run.timings.values()
            if timing.framework == name and not timing.variant
            for each in timing.warm.values()
        ]
        told = dict(item for each in warm for item in each.get("settings", {}).items())
        libraries = sorted({each for found in warm for each in found.get("runtimes", [])})
        parts = [f"{key} {value}" for key, value in told.items()]
        parts += [f"loaded {', '.join(libraries)}"] if libraries else []
        lines += [f"{words['label']}: {'; '.join(parts)}"] if parts else []
    return lines
