"""A run's page in Markdown: what was measured, on what, how to read it, what is missing and why."""

from __future__ import annotations

from frontends.frameworks import TABLE
from reports.records import Run
from reports.tables import NAMES, modes, reasons, table

PAGE = """# {title}: throughput

{what}

![Images per second of each framework and style, with the spread of the rounds]({name}.png)
{tables}
## How to read it

- **images/s** and **ms/step** are medians of {rounds} interleaved rounds; a round is the median of
  its steps. *lowest–highest* are the slowest and the fastest round: if those of two rows overlap,
  this run does not tell which is faster.
- The clock is around one step that waits for its result. Building, first steps, warm-up and copying
  the batch to the device are outside{fed}. Each timing has a process of its own; while one is
  measured, the others are stopped{grouped}. Waiting threads of GNU OpenMP (PyTorch's) go to sleep
  after some 20 µs.
- **first step** is the first call, compilation included; then came steps until two in a row took
  the same within 10 % ({unsteady}).
- **training** is forward with batch statistics, cross-entropy, backward and an SGD update with
  momentum 0.9 on one fixed batch.
- **memory** is the peak of the process up to the end of its warm-up, above what it held after
  importing the framework; it includes what compilers took.
- **of matmul** is the arithmetic of the network's convolutions and dense layers (two FLOPs a
  multiply-add; a training step counts as three forward passes) over the speed of the framework's
  own float32 matrix product of size {matmul}, taken in the same process after every round.
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
    """Return a run's page as Markdown."""
    timed = [timing for timing in run.timings.values() if timing.measured]
    sizes = {f"{timing.fields['matmul_size']:,}" for timing in timed}
    header = run.header
    return PAGE.format(
        title=header["title"],
        name=run.name,
        what=_what(run),
        tables=_tables(run),
        rounds=header["rounds"],
        fed=_fed(run),
        unsteady=_unsteady(run),
        grouped=_grouped(run),
        matmul=" and ".join(sorted(sizes)) or "–",
        styles=_styles(run),
        proof=_proof(run),
        machine=_machine(run),
        command=header["command"],
        commit=f"; commit {header['commit']}" if header["commit"] else "",
    )


def _what(run: Run) -> str:
    header = run.header
    shape = "×".join(map(str, header["input_shape"]))
    text = (
        f"{header['parameters']:,} parameters, {header['macs'] / 1e6:.1f} million multiply-adds an "
        f"image. Batches of {header['batch']}, {shape}, float32: {header['input']}. "
        f"Measured {header['started'][:10]}."
    )
    if run.state != "complete":
        text += f"\n\n**The run was {run.state}**: what follows is what it had measured by then."
    return text


def _tables(run: Run) -> str:
    parts = [f"\n## {mode.capitalize()}\n\n{table(run, mode, 'github')}\n" for mode in modes(run)]
    missing = reasons(run)
    if missing:
        lines = "\n".join(f"- {reason}" for reason in missing)
        parts.append(f"\n## Without figures\n\n{lines}\n")
    return "".join(parts)


def _fed(run: Run) -> str:
    """Tell which panels take their batch from the host anew at each step."""
    fed = [
        NAMES[n]
        for n, row in TABLE.items()
        if row.feeds_every_step and any(n == c[0] for c in run.timings)
    ]
    return f", except in {' and '.join(fed)}, which are fed at every step" if fed else ""


def _unsteady(run: Run) -> str:
    late = [
        f"{NAMES[t.framework]} {t.style} {t.mode}"
        for t in run.timings.values()
        if t.measured and t.fields["steady"] is None
    ]
    return f"not reached by {', '.join(late)}" if late else "all did"


def _grouped(run: Run) -> str:
    """Tell what was not interleaved, since there was no memory for all workers at once."""
    found: dict[tuple[str, int], list[str]] = {}
    for each in run.timings.values():
        if each.measured and each.fields["group"] > 0:
            name = f"{NAMES[each.framework]} {each.style}"
            found.setdefault((each.mode, each.fields["group"]), []).append(name)
    told = [f"{', '.join(names)} ({mode})" for (mode, _), names in found.items()]
    return f"; for want of memory rounds apart from the others': {'; '.join(told)}" if told else ""


def _styles(run: Run) -> str:
    shown = dict.fromkeys(timing.framework for timing in run.timings.values())
    return "; ".join(f"{NAMES[name]}: {'; '.join(TABLE[name].styles.values())}" for name in shown)


def _proof(run: Run) -> str:
    if not run.proof:
        return "The run ended before anything was proved."
    panels = [NAMES[name] for name in run.proof["panels"]]
    verdict = "passed" if run.proof["passed"] else "did **not** all pass"
    worst = run.proof["worst_float64"]
    distance = f"; worst float64 difference of any pair {worst:.1e}" if worst is not None else ""
    text = (
        f"{', '.join(panels)} {verdict} the ladder of `python -m frontends.verify`: structure, "
        f"forward, batch statistics, gradients{distance}."
    )
    return f"{text} {_checked(run)}".strip()


def _checked(run: Run) -> str:
    """Tell how far the timed float32 outputs were from the float64 reference."""
    forward = [
        t.fields["forward_error"] for t in run.timings.values() if "forward_error" in t.fields
    ]
    if not forward:
        return ""
    bounds = run.proof["bounds"]
    text = (
        "Then every timed style's own float32 output, on the weights and the batch that were "
        f"timed, was held against float64: at most {max(forward):.1e} of the largest output apart "
        f"(allowed {bounds['forward']:.1e}, half of what one rounding to TF32 makes)"
    )
    update = [t.fields["update_error"] for t in run.timings.values() if "update_error" in t.fields]
    if update:
        text += (
            f"; after the first update, at most {max(update):.1e} of the change that the update "
            f"makes (allowed {bounds['update']:.2g})"
        )
    return text + "."


def _machine(run: Run) -> str:
    header, machine = run.header, run.header["machine"]
    lines = [
        f"{machine['cpu']}, {machine['cores']} cores, {_gigabytes(machine['memory'])}; "
        f"{machine['os']}, {machine['architecture']}, Python {machine['python']}",
        f"{header['threads']} threads for each framework; device: {_devices(run)}",
        _load(run),
        *(f"{NAMES[name]}: {_list(found)}" for name, found in _versions(run).items()),
    ]
    return "\n".join(f"- {line}" for line in lines if line)


def _gigabytes(memory: int | None) -> str:
    return f"{memory / 1e9:.0f} GB" if memory else "memory unknown"


def _devices(run: Run) -> str:
    found = {str(t.fields["device"]) for t in run.timings.values() if "device" in t.fields}
    return " and ".join(sorted(found)) or "none used"


def _load(run: Run) -> str:
    before, after = run.header["load_before"], run.end.get("load_after")
    if before is None:
        return ""
    text = f"load average {before:.1f} before"
    text += f" and {after:.1f} after" if after is not None else ""
    busy = before > 0.5 * run.header["machine"]["cores"]
    return text + (": **other programs ran**, which widens every spread" if busy else "")


def _versions(run: Run) -> dict[str, dict[str, str]]:
    versions = dict(run.proof.get("versions", {}))
    return versions | {
        t.framework: t.fields["versions"] for t in run.timings.values() if "versions" in t.fields
    }


def _list(versions: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())
