"""One framework in a process of its own: `python -m frontends.workers.worker torch`. Python 3.7.

Jobs come as JSON lines on standard input, answers go as JSON lines to standard output; arrays
travel in files. A job names the written file, its entry, and what it wants; the framework's Runner
does it. What the framework itself prints goes to standard error.
"""

import ctypes
import gc
import importlib
import importlib.util
import json
import os
import resource
import sys
import time
import traceback
from pathlib import Path


def load_module(path, attributes):
    """Import a written file under a name of its own, with `attributes` set beforehand."""
    spec = importlib.util.spec_from_file_location("written_network", path)
    module = importlib.util.module_from_spec(spec)
    module.__dict__.update(attributes)
    sys.modules["written_network"] = module
    spec.loader.exec_module(module)
    return module


class Worker:
    """Answers jobs with the Runner of one framework."""

    def __init__(self, framework, announce):
        self._announce = announce
        self.stage = "import"
        arrays = importlib.import_module("frontends.workers.arrays")  # numpy may be missing, too
        self._read, self._write = arrays.ArrayReader, arrays.ArrayWriter
        self._runner_module = importlib.import_module("frontends.%s.runner" % framework)
        self._runner = None
        self._step = None

    @property
    def stage(self):
        """What is being done now; the parent is told of every change."""
        return self._stage

    @stage.setter
    def stage(self, stage):
        self._stage = stage
        self._announce({"stage": stage})

    def answer(self, job):
        """Return the answer to one job; `stage` says how far it came."""
        return getattr(self, "_do_" + job["action"])(job)

    def _do_hello(self, job):
        return {"versions": self._runner_module.versions(), "pid": os.getpid()}

    def _do_describe(self, job):
        """Load a file; return its parameters in the order of their creation."""
        runner = self._load(job)
        self.stage = "parameters"
        return {"parameters": [[name, list(s)] for name, s in runner.parameters().items()]}

    def _do_run(self, job):
        """Load a file, assign weights, and do what the job wants into its `out` file."""
        runner = self._load(job)
        self.stage = "parameters"
        answer = {"parameters": {k: list(v) for k, v in runner.parameters().items()}, "blocks": {}}
        self.stage = "weights"
        with self._read(job["weights"]) as weights:
            runner.assign(weights)
        with self._read(job["inputs"]) as inputs, self._write(job["out"]) as out:
            for mode in ("evaluate", "train"):
                if mode in job["want"]:
                    self.stage = mode
                    for name, array in getattr(runner, mode)(inputs):
                        if name.startswith("block/") and mode == "evaluate":
                            answer["blocks"][name[len("block/") :]] = list(array.shape)
                        kind = name.partition("/")[0]
                        if kind not in ("block", "step") or job.get("keep_%ss" % kind):
                            out.put(mode + "/" + name, array)
        self._runner = runner = None
        _give_back_memory()
        return answer

    def _load(self, job):
        self.stage = "load"
        if job.get("mine") and job["mine"] not in sys.path:
            sys.path.append(job["mine"])  # the folder of a reader's file, for what it imports
        self._runner = self._step = None
        gc.collect()  # models and graphs are full of cycles: the last one would stay in memory
        self._runner = self._runner_module.Runner(job, load_module)
        return self._runner

    def _do_prepare(self, job):
        """Load a file for timing, take two steps, and keep what each put out.

        The first step compiles where the style compiles. The second step of a training shows the
        update that the first one made.
        """
        started = time.perf_counter()
        runner = self._load(job)
        self.stage = "weights"
        with self._read(job["weights"]) as weights:
            runner.assign(weights)
        with self._read(job["inputs"]) as inputs:
            self._step = runner.stepper(job["mode"], inputs)
        answer = {"build_s": time.perf_counter() - started}
        with self._write(job["out"]) as out:
            for name in ("first", "second"):
                self.stage = name + " step"
                started = time.perf_counter()
                result = self._step()
                answer[name + "_step_s"] = time.perf_counter() - started
                out.put(name, runner.read(result))
        return answer

    def _do_steps(self, job):
        """Take steps, at least `least`, until they took `for_s`; return the seconds of each."""
        self.stage = "steps"
        seconds = []
        while len(seconds) < job["least"] or sum(seconds) < job["for_s"]:
            started = time.perf_counter()
            self._step()
            seconds.append(time.perf_counter() - started)
        return {"seconds": seconds}

    def _do_matmul(self, job):
        """Multiply two square float32 matrices `count` times; return the seconds of each."""
        self.stage = "matmul"
        step = self._runner_module.matmul(job["size"], job.get("device", "cpu"))
        step()
        seconds = []
        for _ in range(job["count"]):
            started = time.perf_counter()
            step()
            seconds.append(time.perf_counter() - started)
        return {"seconds": seconds}

    def _do_memory(self, job):
        """Return this process's resident memory and the peak of the device's (None without a
        device), in bytes."""
        device = getattr(self._runner_module, "device_memory", lambda: None)()
        return dict(_resident(), peak_device=device)


def _give_back_memory():
    """Return freed memory to the system, where the C library can: workers live long."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _resident():
    """Return the resident bytes: now, now without what processes share, and at their peak.

    Where Linux tells: what getrusage calls the peak includes the parent's memory before the exec.
    """
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        fields = dict(line.split(":", 1) for line in lines)
        return {
            "rss": int(fields["VmRSS"].split()[0]) * 1024,
            "private": int(fields["RssAnon"].split()[0]) * 1024,
            "peak_rss": int(fields["VmHWM"].split()[0]) * 1024,
        }
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        peak *= 1 if sys.platform == "darwin" else 1024
        return {"rss": peak, "private": peak, "peak_rss": peak}


def main():
    """Serve jobs until standard input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def announce(message):
        answers.write(json.dumps(message) + "\n")
        answers.flush()

    worker = None
    for line in sys.stdin:
        try:
            worker = worker or Worker(sys.argv[1], announce)
            announce({"ok": worker.answer(json.loads(line))})
        except Exception as error:
            traceback.print_exc()
            stage = worker.stage if worker else "import"
            kind = type(error).__name__
            message = str(error) if kind == "MismatchError" else "%s: %s" % (kind, error)
            missing = isinstance(error, ImportError) and worker is None
            answer = {"error": message, "stage": stage, "missing": missing}
            announce(dict(answer, mismatched=kind == "MismatchError"))


if __name__ == "__main__":
    main()
