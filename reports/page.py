"""A run's page in Markdown: what was measured, on what, how to read it, what is missing and why."""

from __future__ import annotations

import math

from reports.records import COMPLETE, Run, Timing
from reports.schema import Bounds, PreparedRecord, WarmRecord
from reports.tables import reasons, shape, table

PAGE = """# {title}: throughput

{what}

![Images per second of each framework and style, with the spread of the rounds]({name}.png)
{tables}
## How to read it

- **images/s** and **ms/step** are medians of {rounds} interleaved rounds; a round is the median of
  its steps. *lowest–highest* are the slowest and the fastest round: if those of two rows overlap,
  this run does not tell which is faster.
- {clock}{fed}. {apart}{grouped}. {waiting}.
- **first step** is {first_step} ({unsteady}).
{meanings}- **memory** is {memory}.
- **of matmul** is {arithmetic} over the speed of {product} of size {matmul}, {taken}.
- The *styles* are {styles}.

## What was proved first

{proof}

## Where it was measured

{machine}

## Reproduce

```
{command}
```

Records: [`data/{name}.jsonl`](data/{name}.jsonl){commit}.
"""


def page(run: Run) -> str:
    """Return a run's page as Markdown: its measurements in the words of its own record."""
    header = run.header
    return PAGE.format(
        **{name: _item(text) for name, text in run.header["method"].items()},
        meanings=_meanings(run),
        title=header["title"],
        name=run.name,
        what=_what(run),
        tables=_tables(run),
        rounds=header["rounds"],
        fed=_fed(run),
        unsteady=_unsteady(run),
        grouped=_grouped(run),
        matmul=_matmul(run),
        styles=_styles(run),
        proof=_proof(run),
        machine=_machine(run),
        command=header["command"],
        commit=f"; commit {header['commit']}" if header["commit"] else "",
    )


def _meanings(run: Run) -> str:
    modes = run.header["modes"].items()
    return "".join(
        f"- **{name}** is {_item(mode['meaning'])}.\n" for name, mode in modes if mode["meaning"]
    )


def _item(text: object) -> str:
    """Return text as it stands in an item of a list, lines indented."""
    return str(text).replace("\n", "\n  ")


def _what(run: Run) -> str:
    header = run.header
    text = (
        f"{header['parameters']:,} parameters, {header['macs'] / 1e6:.1f} million multiply-adds an "
        f"image. Batches of {header['batch']}, {shape(run)}, {header['dtype']}: {header['input']}. "
        f"Measured {header['started'][:10]}."
    )
    if run.state != COMPLETE:
        text += f"\n\n**The run was {run.state}**: what follows is what it had measured by then."
    return text


def _tables(run: Run) -> str:
    parts = [f"\n## {mode.capitalize()}\n\n{table(run, mode, 'github')}\n" for mode in run.modes]
    missing = reasons(run)
    if missing:
        lines = "\n".join(f"- {reason}" for reason in missing)
        parts.append(f"\n## Without figures\n\n{lines}\n")
    return "".join(parts)


def _fed(run: Run) -> str:
    """Tell which panels take their batch from the host anew at each step."""
    timed = {timing.framework for timing in run.timings.values()}
    fed = [
        words["label"]
        for name, words in run.header["frameworks"].items()
        if words["feeds_every_step"] and name in timed
    ]
    return f", except in {' and '.join(fed)}, which are fed at every step" if fed else ""


def _matmul(run: Run) -> str:
    sizes = {f"{warm['matmul_size']:,}" for _, warm in _warm(run)}
    return " and ".join(sorted(sizes)) or "–"


def _unsteady(run: Run) -> str:
    late = [
        f"{run.label(timing.framework)} {timing.style} {timing.mode}"
        for timing, warm in _warm(run)
        if warm["steady"] is None
    ]
    return f"not reached by {', '.join(late)}" if late else "all did"


def _grouped(run: Run) -> str:
    """Tell what was not interleaved, since there was no memory for all workers at once."""
    found: dict[tuple[str, int], list[str]] = {}
    for timing, warm in _warm(run):
        if warm["group"] > 0:
            name = f"{run.label(timing.framework)} {timing.style}"
            found.setdefault((timing.mode, warm["group"]), []).append(name)
    told = [f"{', '.join(names)} ({mode})" for (mode, _), names in found.items()]
    return f"; for want of memory rounds apart from the others': {'; '.join(told)}" if told else ""


def _warm(run: Run) -> list[tuple[Timing, WarmRecord]]:
    """Return the measured timings, each with its warm-up."""
    return [(t, t.warm) for t in run.timings.values() if t.measured and t.warm]


def _prepared(run: Run) -> list[tuple[Timing, PreparedRecord]]:
    """Return the timings that came to their first steps, each with these."""
    return [(t, t.prepared) for t in run.timings.values() if t.prepared]


def _styles(run: Run) -> str:
    timed = dict.fromkeys(timing.framework for timing in run.timings.values())
    frameworks = run.header["frameworks"]
    return "; ".join(
        f"{run.label(name)}: {'; '.join(frameworks[name]['styles'].values())}" for name in timed
    )


def _proof(run: Run) -> str:
    if run.proof is None:
        return "The run ended before anything was proved."
    panels = ", ".join(map(run.label, run.proof["panels"]))
    verdict = "passed" if run.proof["passed"] else "did **not** all pass"
    worst = run.proof["worst_float64"]
    distance = f"; worst float64 difference of any pair {worst:.1e}" if worst is not None else ""
    text = f"{panels} {verdict} {run.header['method']['ladder']}{distance}."
    return f"{text} {_checked(run, run.proof['bounds'])}".strip()


def _checked(run: Run, bounds: Bounds) -> str:
    """Tell how far the timed float32 outputs were from the float64 reference."""
    forward: dict[float, float] = {}  # bound -> the worst error that it was held against
    for _, prepared in _prepared(run):
        bound = prepared.get("forward_bound", bounds.get("forward", math.nan))
        forward[bound] = max(prepared["forward_error"], forward.get(bound, 0.0))
    if not forward:
        return ""
    (bound, error), *others = forward.items()
    why = run.header["method"]["forward_bound"]
    text = (
        f"Then every timed style's own {run.header['dtype']} output, on the weights and the batch "
        f"that were timed, was held against float64: at most {error:.1e} of the largest "
        f"output apart (allowed {bound:.1e}, {why})"
    )
    for bound, error in others:
        text += f", with batch statistics {error:.1e} (allowed {bound:.1e})"
    update = [p["update_error"] for _, p in _prepared(run) if "update_error" in p]
    if update:
        text += (
            f"; after the first update, at most {max(update):.1e} of the change that the update "
            f"makes (allowed {bounds['update']:.2g})"
        )
    return text + "."


def _machine(run: Run) -> str:
    header, machine = run.header, run.header["machine"]
    lines = [
        f"{machine['cpu']}, {machine['cores']} cores, {gigabytes(machine['memory'])}; "
        f"{machine['os']}, {machine['architecture']}, Python {machine['python']}",
        f"{header['threads']} threads for each framework; device: {_devices(run)}",
        _load(run),
        *(f"{run.label(name)}: {versions_line(found)}" for name, found in _versions(run).items()),
    ]
    return "\n".join(f"- {line}" for line in lines if line)


def gigabytes(memory: int | None) -> str:
    """Return a machine's memory as pages say it."""
    return f"{memory / 1e9:.0f} GB" if memory else "memory unknown"


def _devices(run: Run) -> str:
    found: dict[str, str] = {}
    for timing, prepared in _prepared(run):
        found[prepared["device"]] = found.get(prepared["device"]) or _called(timing)
    return " and ".join(map("".join, sorted(found.items()))) or "none used"


def _called(timing: Timing) -> str:
    """Return what a timing's GPU is called, in parentheses."""
    name = timing.warm["memory"].get("device_name") if timing.warm else None
    return f" ({name})" if name else ""


def _load(run: Run) -> str:
    before, after = run.header["load_before"], run.end["load_after"] if run.end else None
    if before is None:
        return ""
    text = f"load average {before:.1f} before"
    text += f" and {after:.1f} after" if after is not None else ""
    busy = before > 0.5 * run.header["machine"]["cores"]
    return text + (": **other programs ran**, which widens every spread" if busy else "")


def _versions(run: Run) -> dict[str, dict[str, str]]:
    proved = run.proof["versions"] if run.proof else {}
    return proved | {timing.framework: each["versions"] for timing, each in _prepared(run)}


def versions_line(versions: dict[str, str]) -> str:
    """Return versions by distribution, in one line."""
    return ", ".join(f"{name} {version}" for name, version in versions.items())
