"""The rooms of the house as data: who stands below whom, what can be run, what runs apart."""

from __future__ import annotations

from frontends.frameworks import FRAMEWORKS, HISTORICAL

HEAVY = {"tensorflow", "keras", "paddle", "torch", "onnxruntime"}  # what the parent never imports
PACKAGES = ("common", "frontends", "reports", "benchmarks", "parity_tests")
DIALECTS = tuple(f"frontends.{framework}" for framework in FRAMEWORKS)

# From bottom to top. A module imports from its own room and from the floors below; the rooms of
# one floor know nothing of each other. A module is in the room whose name is the longest.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("common.signals", "common.hints"),
    ("common.errors", "common.limits"),
    ("common.text",),
    ("common.files", "common.expressions", "common.initializers"),
    ("common.sizes", "common.wiring"),
    ("common.ops",),
    ("common.spec",),
    ("common.elaborate",),
    ("common.network",),
    ("common",),
    ("frontends.frameworks",),
    ("frontends.writing", "frontends.workers"),
    DIALECTS,
    ("frontends.ladder", "frontends.checkpoints"),
    ("frontends.training",),
    ("frontends",),  # the commands
    ("reports",),
    ("benchmarks",),
    ("parity_tests",),
)

# What can be run with `python -m`.
RUNNABLE = (
    "benchmarks.run",
    "common.datasets.making",
    "common.networks.__main__",
    "common.networks.called",
    "frontends.__main__",
    "frontends.checkpoints.read",
    "frontends.checkpoints.write",
    "frontends.convert",
    "frontends.data",
    "frontends.doctor",
    "frontends.emit",
    "frontends.environments",
    "frontends.torch.plain",
    "frontends.verify",
    "frontends.workers.worker",
    "parity_tests.cases.programs.libraries.run",
    "parity_tests.cases.programs.torch_onnx",
    "parity_tests.cases.programs.torch_training",
    "parity_tests.checkpoints.mutations",
    "parity_tests.controls.recording",
    "parity_tests.files",
    "parity_tests.hostile.fuzz",
    "parity_tests.hostile.growth",
    "parity_tests.hyperparameters",
    "parity_tests.published",
    "parity_tests.random_files",
    "parity_tests.random_networks",
    "parity_tests.rounding_margins",
    "reports.build",
    "reports.experiment",
    "reports.handbook.build",
    "reports.handbook.networks.proving",
    "reports.handbook.probe",
    "reports.handbook.upgrade",
    "reports.networks",
    "reports.picture",
    "reports.readme",
    "reports.rounding",
    "reports.train",
)

PEERS = {
    "frontends.torch.on_onnx": "runs a PyTorch network in ONNX Runtime, to compare with",
    "frontends.tensorflow.on_torch": "runs a Keras network on PyTorch, to compare with",
}
# What runs in a process of its own in a framework's interpreter: entries, and all they import.
ENTRIES = {
    "frontends.workers.worker": "starts the runners",
    **{f"frontends.{name}.runner": f"runs {name}" for name in FRAMEWORKS},
    **{f"frontends.{name}.check": f"says whether {name} works" for name in HISTORICAL},
    **{f"frontends.{name}.snippet": f"runs a reader's code in {name}" for name in FRAMEWORKS},
}
WORKER_SIDE = {
    "common",
    "common.signals",
    "common.typed",
    "frontends",
    "frontends.workers",
    "frontends.workers.arrays",
    "frontends.workers.channel",
    "frontends.workers.encoding",
    "frontends.workers.generators",
    "frontends.workers.layouts",
    "frontends.workers.outcomes",
    "frontends.workers.parameters",
    "frontends.workers.patches",
    "frontends.workers.places",
    "frontends.workers.protocol",
    "frontends.workers.recording",
    "frontends.workers.timing",
    "frontends.workers.tracing",
    "frontends.workers.training",
    "frontends.workers.snippets",
    *DIALECTS,
    *(f"{room}.layout" for room in DIALECTS),
    *(f"{room}.trainer" for room in DIALECTS),
    *(f"{room}.brought" for room in DIALECTS),
    *(f"{room}.traced" for room in DIALECTS),
    "frontends.fluid.truncated",
    "frontends.tensorflow1.averages",
    "frontends.tensorflow1.fused",
    "frontends.tensorflow1.holding",
    "frontends.torch.timed",
    *ENTRIES,
}

# Who imports a framework, in whatever function, and why.
IMPORTERS = {
    **{f"frontends.{name}.runner": "runs the worker's jobs" for name in FRAMEWORKS},
    **{
        f"frontends.{name}.brought": "watches a reader's file"
        for name in FRAMEWORKS
        if name != "fluid"
    },
    **{f"frontends.{name}.trainer": "trains by a written file" for name in FRAMEWORKS},
    **{f"frontends.{name}.traced": "tells what a compared file calls" for name in FRAMEWORKS},
    **{f"frontends.{name}.check": "tries an environment" for name in HISTORICAL},
    **{f"frontends.{name}.snippet": "runs a reader's code" for name in FRAMEWORKS},
    "frontends.fluid.truncated": "mends what the framework draws in float32 alone",
    "frontends.tensorflow1.averages": "mends what the framework rounds",
    "frontends.tensorflow1.fused": "stands in for a kernel of the framework's",
    "frontends.tensorflow1.holding": "finds the variables of a graph",
    **PEERS,
    "frontends.torch.plain": "is a loop that the harness is held against",
    "frontends.torch.timed": "takes steps in every style and precision",
    "frontends.checkpoints.write": "writes files of frameworks, in a process of its own",
}
# Programs: text to others, which run them or plant them elsewhere and import none.
PROGRAMS = (
    "parity_tests.cases.programs",
    "parity_tests.cases.readers",
    "parity_tests.controls.planted",
)

# Dialects, found by the name of their folder.
DIALECT_MODULES = tuple(f"{room}.dialect" for room in DIALECTS)
