"""One framework in a process of its own: `… -m frontends.workers.worker torch READS WRITES RUNNER`.

Requests come and answers go over the two descriptors that it is given; arrays travel in files. The
Runner of the framework's module RUNNER does the work. What is printed goes to the log. Python 3.7.
"""

import ctypes
import gc
import importlib
import importlib.util
import os
import resource
import sys
import time
import traceback
import types
from contextlib import suppress
from pathlib import Path

from common.signals import end_with_parent
from frontends.workers import protocol
from frontends.workers.channel import Channel
from frontends.workers.outcomes import CRASHED, MISMATCHED, NOT_INSTALLED, MismatchError
from frontends.workers.patches import Framework


def load_module(path, attributes, run=None, entry=""):
    """Import a network's file under a name of its own, with `attributes` set beforehand.

    What it imports relatively, `from .layers import …`, is found beside it, or in its package.
    run: executes the file in the module's namespace, None for Python's own way. entry: a name
    that the file must have. Raises MismatchError.
    """
    folder = Path(path).parent
    parts = folder.relative_to(_folders_of(folder)[-1]).parts
    if not parts:  # a package is made up of a folder that is none
        package = types.ModuleType("written")
        package.__path__ = [str(folder)]
        sys.modules["written"] = package
    name = ".".join([*(parts or ["written"]), "written_network"])
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    module.__dict__.update(attributes)
    sys.modules[name] = module
    if run is None:
        spec.loader.exec_module(module)
    else:
        run(path, module.__dict__)
    if entry and not hasattr(module, entry):
        own = [n for n, e in vars(module).items() if getattr(e, "__module__", None) == name]
        there = "; there is " + ", ".join(own) if own else ""
        raise MismatchError("%s has no %s%s" % (Path(path).name, entry, there))
    return module


def _folders_of(folder):
    """Return a folder and, of a package, those around it, to the one that holds the outermost."""
    found = [folder]
    while (found[-1] / "__init__.py").is_file():
        found.append(found[-1].parent)
    return found


class Worker:
    """Answers requests with the Runner of one framework."""

    def __init__(self, framework, runner, announce):
        """Import the framework. announce: told the stage, whenever another one begins."""
        self._announce = announce
        self.stage, self.brought = "import", None
        arrays = importlib.import_module("frontends.workers.arrays")  # numpy may be missing, too
        self._read, self._write, self._part = arrays.ArrayReader, arrays.ArrayWriter, arrays.Part
        self._replaced = arrays.Replaced
        self._training = importlib.import_module("frontends.workers.training").Training
        self._name = framework
        self._kept = Framework(framework)
        self._framework = importlib.import_module("frontends.%s.%s" % (framework, runner))
        self._timing = importlib.import_module("frontends.workers.timing")
        gc.collect()
        gc.freeze()  # 300,000 objects that each search for cycles would go through: 0.15 s
        self._blocks = self._trained = None
        self._folders, self._before = [], set()  # of a reader's file; what was imported before it
        self._doing = {
            protocol.Hello: self._hello,
            protocol.Describe: self._describe,
            protocol.Look: self._look,
            protocol.Run: self._run,
            protocol.Train: self._train,
            protocol.Begin: self._begin,
            protocol.Advance: self._advance,
            protocol.Evaluate: self._evaluate,
            protocol.Keep: self._keep,
            protocol.Prepare: self._prepare,
            protocol.Steps: self._steps,
            protocol.Matmul: self._matmul,
            protocol.Copy: self._copy,
            protocol.Under: self._under,
            protocol.Memory: self._memory,
            protocol.Execute: self._execute,
        }

    @property
    def stage(self):
        """What is being done now; the parent is told of every change."""
        return self._stage

    @stage.setter
    def stage(self, stage):
        self._stage = stage
        self._announce(stage)

    def answer(self, request):
        """Return the answer to a request; `stage` says how far it came, `brought` which reader's
        file it is about."""
        file = getattr(request, "file", None)
        self.brought = file.path if file is not None and file.brought else None
        return self._doing[type(request)](request)

    def _hello(self, request):
        return protocol.Versions(self._framework.versions(), os.getpid())

    def _describe(self, request):
        """Load a file; return what it holds in the order of creation."""
        runner = self._load(request.file, observe=protocol.Observe())
        self.stage = "parameters"
        return protocol.Parameters({n: each.told() for n, each in runner.held().items()})

    def _look(self, request):
        """Load a file that is compared, and call it once in either mode."""
        tracing = importlib.import_module("frontends.workers.tracing")
        runner = self._load(request.file, observe=protocol.Observe())
        tensors = {name: each.told() for name, each in runner.held().items()}
        shapes = [request.file.input_shape or runner.declared()]
        likely = [shapes[0]] if shapes[0] else tracing.likely_shapes(tensors.values())
        for shape in likely:
            inputs = tracing.Probed((request.batch, *shape))
            try:
                self.stage = "evaluate"
                outputs = {"evaluate": runner.look("evaluate", inputs)}
                break
            except Exception:
                if shape == likely[-1]:
                    raise
        self.stage = "train"
        outputs["train"] = runner.look("train", inputs)
        told = {m: {k: tuple(v.shape) for k, v in each.items()} for m, each in outputs.items()}
        order, odd = tuple(runner.trace.order), tuple(runner.recordings.seen.odd)
        follows = tracing.follows_of(runner.trace.calls.get("evaluate", ()))
        places = runner.places()
        return protocol.Looked(tensors, order, told, tuple(shape), places, odd, follows)

    def _run(self, request):
        """Load a file, set its parameters, and write what it gives."""
        runner = self._load(request.file, observe=request.observe)
        self.stage = "parameters"
        parameters, frozen = _structure(runner.held())
        blocks = {}
        arrays = request.arrays
        if request.modes != ("initial",):
            self._assign(runner, arrays)
        with self._read(arrays.inputs) as inputs, self._write(arrays.results) as results:
            for call in request.modes:
                self.stage = call
                if call == "statistics":
                    self._set_statistics(runner, arrays)
                    continue
                prefix, _, mode = call.rpartition("/")
                given = self._part(inputs, prefix + "/") if prefix else inputs
                for name, array in getattr(runner, mode)(given):
                    if name.startswith("block/") and mode == "evaluate":
                        blocks[name[len("block/") :]] = array.shape
                    if request.observe.keeps(name):
                        results.put(call + "/" + name, array)
        seen, runner.module.tap = runner.recordings.seen, None  # which leads to all that it holds
        seen.remark("mine changes %s" % each for each in self._kept.changes())
        calls = runner.trace.calls if request.observe.keep_calls else {}
        del runner
        _give_back_memory()
        return protocol.Structure(
            parameters,
            blocks,
            frozen,
            seen.dropouts,
            seen.dropped_at,
            seen.average_pools,
            seen.fused_norms,
            tuple(seen.odd),
            tuple(seen.remarks),
            calls,
        )

    def _train(self, request):
        """Load a file that trains, and take steps by its own functions."""
        runner = self._load(request.file)
        self._assign(runner, request.arrays)
        self.stage = "training"
        trainer, rate_of = runner.trainer(), runner.module.learning_rate
        losses, rates, arrays = [], [], request.arrays
        with self._read(arrays.inputs) as inputs, self._write(arrays.results) as results:
            for number in range(request.steps):
                batch = self._part(inputs, "%d/" % number)
                rates.append(float(rate_of(number, request.steps_per_epoch)))
                losses.append(trainer.step(batch, rates[-1])[0])
                for name, array in runner.values() if number in request.recorded else ():
                    results.put("%d/%s" % (number, name), array)
        return protocol.Trained(tuple(losses), tuple(rates))

    def _begin(self, request):
        """Load a file that trains, and set what its training goes on from."""
        runner = self._load(request.file)
        self.stage = "weights"
        if request.weights is None:
            list(runner.initial(None))  # a graph draws them now
        else:
            with self._read(request.weights) as weights:
                runner.assign(weights)
        self.stage = "optimizer"
        trainer = runner.trainer(request.optimizer, request.summed, compiled=True)
        if request.step:
            with self._read(request.state) as state:
                trainer.set_state(state, request.step, request.debiased)
        self._trained = self._training(runner, trainer, request.step)
        return protocol.Kept(request.step)

    def _advance(self, request):
        self.stage = "step %d" % (self._trained.step + 1)
        return self._trained.advance(request)

    def _evaluate(self, request):
        self.stage = "evaluation"
        return self._trained.evaluate(request)

    def _keep(self, request):
        self.stage = "checkpoint"
        return self._trained.keep(request)

    def _load(self, file, observe=None, step=None):
        self.stage = "load"
        self._find_imports(file.import_folder)
        self._blocks = self._trained = None
        gc.collect()  # models and graphs are full of cycles: the last one would stay in memory
        self._kept.put_back()
        options = {"entry": file.entry} if file.brought else {}
        if file.compared:
            options["run"] = importlib.import_module("frontends.workers.tracing").run_rounded

        def load(path, attributes):
            if file.brought:
                self._kept.remember()
                generators = importlib.import_module("frontends.workers.generators")
                generators.watch()
                generators.forget()
                sys.argv[:] = [path]
            return load_module(path, attributes, **options)

        return self._framework.Runner(file, load, observe, step)

    def _find_imports(self, folder):
        """Let a reader's file import from its folder. What an earlier one imported from beside it
        is forgotten: another one may have a module of that name, too."""
        for name in set(sys.modules) - self._before if self._folders else ():
            file = getattr(sys.modules[name], "__file__", None) or ""
            if file.startswith(self._folders[-1]) and "site-packages" not in file:
                del sys.modules[name]
        for each in self._folders:
            sys.path.remove(each)
        self._folders = [str(each) for each in _folders_of(Path(folder))] if folder else []
        sys.path += self._folders
        self._before = set(sys.modules)

    def _assign(self, runner, arrays):
        self.stage = "weights"
        with self._read(arrays.weights) as weights:
            runner.assign(weights)

    def _set_statistics(self, runner, arrays):
        """Set running statistics anew, and leave all else as it is."""
        held = runner.held()
        others = {name: array for name, array in runner.values() if held[name].slot.trainable}
        with self._read(arrays.weights) as weights:
            runner.assign(self._replaced(weights, others))

    def _prepare(self, request):
        """Load a file for timing, take two steps, and write what each put out.

        The first step compiles where the style compiles. The second step of a training shows the
        update that the first one made.
        """
        started = time.perf_counter()
        runner = self._load(request.file, step=request.step)
        self._assign(runner, request.arrays)
        with self._read(request.arrays.inputs) as inputs:
            step = runner.stepper(inputs)
        self._blocks = self._timing.Blocks(step, runner.wait, request.step.slowed)
        seconds = [time.perf_counter() - started]
        with self._write(request.arrays.results) as results:
            for name in ("first", "second"):
                self.stage = name + " step"
                started = time.perf_counter()
                result = step()
                runner.wait()
                seconds.append(time.perf_counter() - started)
                results.put(name, runner.read(result))
        return protocol.Prepared(*seconds)

    def _steps(self, request):
        """Take steps of what was prepared."""
        self.stage = "steps"
        return protocol.Seconds(*self._blocks.take(request.least, request.for_s, request.per))

    def _matmul(self, request):
        """Multiply two matrices again and again, once more beforehand."""
        self.stage = "matmul"
        more = [request.dtype] if request.dtype != "float32" else []
        step = self._framework.matmul(request.size, request.device, *more)
        return protocol.Seconds(self._timing.repeated(step, request.count))

    def _copy(self, request):
        """Copy memory again and again, once more beforehand."""
        self.stage = "copy"
        if request.device == "gpu":
            step = self._framework.copy_of(request.size)
        else:
            step = self._timing.copy_of(request.size)
        return protocol.Seconds(self._timing.repeated(step, request.count))

    def _under(self, request):
        found = self._framework.settings() if hasattr(self._framework, "settings") else {}
        return protocol.Conditions(found, self._timing.runtimes())

    def _execute(self, request):
        """Run a snippet of a reader's code and write what it leaves."""
        snippet = importlib.import_module("frontends.%s.snippet" % self._name)
        self.stage = "snippet"
        with self._read(request.inputs) as inputs:
            given = dict(inputs.items())
        found, why = snippet.execute(request.text, given, request.how)
        with self._write(request.results) as results:
            for name, array in found.items():
                results.put(name, array)
        return protocol.Executed(why)

    def _memory(self, request):
        device = self._framework.device_memory(), self._framework.device_name()
        return protocol.MemoryUse(*_resident(), *device)


def _structure(held):
    """Return the parameters' shapes, and the names of those that should train and do not."""
    told = {name: each.told() for name, each in held.items()}
    frozen = [n for n, each in told.items() if held[n].slot.trainable and not each.trains]
    return {name: each.shape for name, each in told.items()}, tuple(frozen)


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
        return [int(fields[name].split()[0]) * 1024 for name in ("VmRSS", "RssAnon", "VmHWM")]
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        peak *= 1 if sys.platform == "darwin" else 1024
        return [peak, peak, peak]


def failure(error, worker):
    """Return what became of a request that raised; without a worker its framework did not start."""
    stage = worker.stage if worker else "import"
    if isinstance(error, MismatchError):
        return protocol.Failure(MISMATCHED, stage, str(error))
    missing = isinstance(error, ImportError) and worker is None
    message = "%s: %s" % (type(error).__name__, _in_one_line(str(error)))
    if worker and worker.brought:
        message = _in_the_reader_s_words(error, worker.brought) or message
    return protocol.Failure(NOT_INSTALLED if missing else CRASHED, stage, message)


def _in_one_line(text):
    """Return an error's text in one line; of Paddle's, what stands behind its stacks."""
    summary = text.rpartition("Error Message Summary:")[2]
    return " ".join(summary.strip("- \n").split())[:2000]


def _in_the_reader_s_words(error, path):
    """Return what an error says and the last line of the reader's file that led to it, if any."""
    lines = [each for each in traceback.extract_tb(error.__traceback__) if each.filename == path]
    if isinstance(error, SyntaxError) and error.filename == path:
        return "%s (line %d of %s)" % (error.msg, error.lineno, Path(path).name)
    if not lines:
        return ""
    what, name = _in_one_line(str(error)), type(error).__name__
    if isinstance(error, SystemExit):
        what = "the file ends its process: %s" % what
    said = "%s (%s, line" % (what, name) if what else "%s (line" % name
    return "%s %d of %s: %s)" % (said, lines[-1].lineno, Path(path).name, lines[-1].line)


def serve(framework, runner, channel):
    """Answer requests until the other end is closed."""
    worker, number = None, 0

    def announce(stage):
        channel.send(number, protocol.Stage(stage))

    while True:
        received = channel.receive()
        if received is None:
            return
        number, request = received
        try:
            worker = worker or Worker(framework, runner, announce)
            answer = worker.answer(request)
        except (Exception, SystemExit) as error:
            if not (worker and worker.brought):  # a reader is told in words, not in our lines
                with suppress(OSError, ValueError):  # the file may have closed the log
                    traceback.print_exc()
            answer = failure(error, worker)
        channel.send(number, answer)


if __name__ == "__main__":
    end_with_parent()
    serve(sys.argv[1], sys.argv[4], Channel(int(sys.argv[2]), int(sys.argv[3])))
