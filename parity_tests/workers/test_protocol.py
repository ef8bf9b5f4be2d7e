"""Messages survive the way through JSON, and what is none is refused in one line."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from frontends.workers.encoding import ProtocolError, decode, encode
from frontends.workers.protocol import (
    ANSWERS,
    REQUESTS,
    Advance,
    Advanced,
    ArrayFiles,
    Begin,
    Call,
    Calling,
    Conditions,
    Copy,
    Describe,
    Evaluate,
    Evaluated,
    Execute,
    Executed,
    Failure,
    Hello,
    Keep,
    Kept,
    Look,
    Looked,
    Matmul,
    Memory,
    MemoryUse,
    Message,
    NetworkFile,
    Observe,
    Parameters,
    Prepare,
    Prepared,
    Run,
    Seconds,
    Stage,
    Steps,
    Structure,
    Tensor,
    TimedStep,
    Train,
    Trained,
    Under,
    Versions,
)
from parity_tests.rows import rows

FILE = NetworkFile(
    "net.py",
    "Net",
    (3, 8, 8),
    "float32",
    "gpu",
    official_names={"conv1_weights": "stem.kernel"},
    step_names={"relu#2": "conv2.relu"},
    block_names={"relu": "conv1", "relu#2": ""},
    matched_names={"features.0.weight": "stem.kernel"},
    absent=("fc.bias",),
    import_folder="beside",
    brought=True,
)
KERNEL = Tensor((4, 3, 1, 1), "kernel", trains=False)
FILES = ArrayFiles("weights.npz", "inputs.npz", "results.npz")
MESSAGES: dict[str, Message] = {
    type(each).__name__: each
    for each in (
        Hello(),
        Describe(NetworkFile("net.py", "Net", (10,))),
        Look(NetworkFile("net.py", "Net", (), compared=True, outputs={"train": ("a", "b")}), 16),
        Run(FILE, FILES, ("train",), Observe(True, True, True)),
        Train(FILE, FILES, 20, 5, (0, 19)),
        Begin(FILE, "momentum", True, "weights.npz", None, 0, {"stem.bn.mean": 0.5}),
        Advance("batches.npz", 391, "0" * 64),
        Evaluate(("first.npz", "second.npz")),
        Keep("results.npz"),
        Prepare(FILE, FILES, TimedStep("training", "eager", "bfloat16", 0.1)),
        Steps(2, 0.5, 8),
        Copy(1 << 28, 5),
        Under(),
        Conditions({"threads": "2"}, ("libgomp.so.1",)),
        Matmul(1024, 5, "gpu", "bfloat16"),
        Memory(),
        Execute("y = x", "inputs.npz", "results.npz", Calling(("w",), True, False, 2)),
        Executed("no gradient"),
        Versions({"torch": "2.13"}, 17),
        Parameters({"z.kernel": KERNEL, "a.gain": Tensor((4,), layer="Scale")}),
        Looked(
            {"fc.bias": Tensor((10,), "bias")},
            ("fc.bias",),
            {"evaluate": {"": (2, 10)}, "train": {"0": (2, 10), "1": (2, 10)}},
            (3, 32, 32),
            {"fc.bias": "net.py:3: self.fc = nn.Linear(4, 10)"},
            follows={"fc": ("stem", "gate")},
        ),
        Structure(
            {"stem.kernel": (4, 3, 1, 1)},
            {"stem": (2, 4, 8, 8)},
            ("stem.kernel",),
            {"train": ("dropout 0.5 of 4 values",), "evaluate": ()},
            {"train": ("net.py:3: self.drop = nn.Dropout()",), "evaluate": ()},
            2,
            calls={"train": (Call("fc (Linear)", "net.py:3", "fc(x)", (-1, 2), ("fc.bias",)),)},
        ),
        Trained((2.5, 2.25), (0.1, 0.01)),
        Advanced((2.5, 2.25), (1, 3), (16, 16), (0.1, 0.01), "0" * 64, 0.5),
        Evaluated(0.25, 0.75, 10_000, 1.5),
        Kept(300),
        Prepared(1.5, 0.25, 0.125),
        Seconds((0.1, 0.2), 17),
        MemoryUse(1, 2, 3, 4, "NVIDIA H100"),
        Stage("load"),
        Failure("crashed", "load", "MemoryError: planted"),
    )
}


def test_every_message_has_its_row() -> None:
    assert set(MESSAGES) == {each.__name__ for each in (*REQUESTS, *ANSWERS)}
    assert {each.answer for each in REQUESTS} <= set(ANSWERS)


@rows("message", MESSAGES)
def test_a_message_survives(message: Message) -> None:
    line = encode(7, message)
    assert "\n" not in line
    assert decode(line) == (7, message)


def test_parameters_keep_their_order() -> None:
    _, found = decode(encode(1, MESSAGES["Parameters"]))
    assert found.shapes == {"z.kernel": (4, 3, 1, 1), "a.gain": (4,)}
    assert list(found.tensors) == ["z.kernel", "a.gain"]


def _line(kind: str, **message: object) -> str:
    return json.dumps({"number": 1, "kind": kind, "message": message})


REFUSED = {
    "no JSON": ("Epoch 1: loss 0.3", "not a message: 'Epoch 1: loss 0.3'"),
    "other JSON": ('{"loss": 0.3}', "not a message"),
    "a number": ("3", "not a message"),
    "unknown kind": (_line("Teach"), "unknown message 'Teach'; known: Hello"),
    "kind of no text": ('{"number": 1, "kind": [], "message": {}}', r"unknown message \[\]"),
    "missing field": (_line("Steps", least=1, per=1), r"Steps: missing fields \['for_s'\]"),
    "unknown field": (_line("Stage", name="a", stage="a"), r"unknown fields \['stage'\]"),
    "text for a number": (
        _line("Steps", least="1", for_s=0.0, per=1),
        "Steps.least: '1', expected int",
    ),
    "true for a number": (
        _line("Steps", least=True, for_s=0.0, per=1),
        "Steps.least: True, expected",
    ),
    "number for a text": (_line("Stage", name=1), "Stage.name: 1, expected str"),
    "wrong shape": (
        _line("Parameters", tensors={"a": asdict(KERNEL) | {"shape": [1.5]}}),
        r"tensors\['a'\].shape: 1.5, expected int",
    ),
    "no object": (_line("Parameters", tensors=[]), r"Parameters.tensors: \[\], expected"),
    "nested": (_line("Describe", file={"path": "a"}), "Describe.file: missing fields"),
}


@rows("line, said", REFUSED)
def test_what_is_no_message_is_refused_in_one_line(line: str, said: str) -> None:
    with pytest.raises(ProtocolError, match=said) as refused:
        decode(line)
    assert "\n" not in str(refused.value)
