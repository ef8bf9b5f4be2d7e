"""The written text: standalone, formatted, short, deterministic, and alike in every dialect."""

from __future__ import annotations

import ast
import io
import os
import re
import subprocess
import sys
import tokenize
from functools import cache
from itertools import product
from pathlib import Path

import pytest

from common.expressions import names as names_in
from common.network import Network
from common.networks import available, load
from common.ops import Add, AvgPool2d, Dense, Flatten
from common.recipes.named import RECIPES
from common.spec import Block, references
from common.transform import float32_exact
from frontends.frameworks import FRAMEWORKS, HISTORICAL, MODERN, TABLE
from frontends.workers.environments import ROOT
from frontends.writing.draft import LINE_LENGTH, RUFF, Draft
from frontends.writing.emit import dialect_of, emit
from frontends.writing.names import Words
from frontends.writing.text import EmitError, class_name
from parity_tests.cases import small
from parity_tests.cases.catalogue import NETWORKS
from parity_tests.rows import rows, sooner

DIALECTS = dict(zip(FRAMEWORKS, FRAMEWORKS))
Outline = list[tuple[str, list[str]]]  # (class, arguments) in order
LINES = {"se_resnext_cifar": 130, "resnet50": 106}
# Types, docstrings, members; 80 columns but in PyTorch's.
GROWN = {"torch": 1.25, "paddle": 4 / 3, "tensorflow": 4 / 3, "tensorflow1": 4 / 3, "fluid": 1.22}


@cache
def _text(name: str, dialect: str) -> str:
    return emit(load(name), dialect).text


@rows("dialect", DIALECTS)
def test_imports_the_framework_numpy_and_the_standard_library(dialect: str) -> None:
    """In the grammar of its time; of the small networks too, which hold every op."""
    row, version = TABLE[dialect], (3, 7) if dialect in HISTORICAL else (3, 10)
    allowed = {*row.imports, "numpy"} | sys.stdlib_module_names
    texts = {name: _text(name, dialect) for name in available()}
    texts |= {name: emit(each, dialect).text for name, each in NETWORKS.items()}
    assert len(texts) == len(available()) + len(NETWORKS)
    for name, text in texts.items():
        compile(text, name, "exec")
        tops = set()
        for node in ast.walk(ast.parse(text, feature_version=version)):
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, name
                tops.add(str(node.module).split(".")[0])
            elif isinstance(node, ast.Import):
                tops |= {each.name.split(".")[0] for each in node.names}
        assert tops <= allowed and tops & {*row.imports}, name
        assert dialect in MODERN or "with (" not in text, name  # to Python 3.7 it is a tuple


# Docstrings, errors, doubtful code; not what the frameworks' own files do without: docstrings of
# `forward` and `__init__`, and what Python 2.7 has not (`raise … from`, `zip(…, strict=True)`).
CHECKED = ("--select=D,E,F,W,B", "--ignore=D102,D107,B904,B905")
MNIST = load("se_resnext_mnist")
BEHIND = re.compile(r"^\s*[])}]+:  #", re.MULTILINE)  # a remark that broke its line apart
CONVENTION = ("--config", 'lint.pydocstyle.convention = "google"')


@rows("dialect", DIALECTS)
def test_formatted_and_without_findings(dialect: str, tmp_path: Path) -> None:
    """The program of a recipe, too, for each kind of data that it reads."""
    texts = {name: _text(name, dialect) for name in available()}
    for name in ("se_resnext_cifar", "se_resnext_mnist", "resnet18"):
        texts[f"train_{name}"] = emit(load(name), dialect, recipe=RECIPES["rir"]).text
    texts["grouped"] = emit(small.grouped(), dialect).text
    for name, text in texts.items():
        assert not BEHIND.search(text), name
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    length = f"--line-length={dialect_of(dialect).line_length}"
    for command in (["format", "--check"], ["check", *CHECKED, *CONVENTION]):
        done = subprocess.run(
            [RUFF, *command, "--isolated", length, tmp_path],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr


@rows(
    "dialect, name",
    {f"{dialect}-{name}": (dialect, name) for dialect, name in product(DIALECTS, LINES)},
)
def test_length(dialect: str, name: str) -> None:
    assert len(_text(name, dialect).splitlines()) <= LINES[name] * GROWN.get(dialect, 1)


def test_the_same_text_in_every_process(tmp_path: Path) -> None:
    for seed in ("1", "2"):
        out = str(tmp_path / seed)
        command = ["frontends.emit", "rir18", "--dialect", ",".join(DIALECTS), "--out", out]
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run(
            [sys.executable, "-m", *command],
            cwd=ROOT, env=environment, check=True, capture_output=True,
        )  # fmt: skip
    for path in (tmp_path / "1").iterdir():
        assert path.read_text() == (tmp_path / "2" / path.name).read_text()
    assert len(list((tmp_path / "2").iterdir())) == len(DIALECTS)


REALS = re.compile(r"\b(momentum|epsilon|eps|decay) = 0(?: ,)? ")


def _tokens(text: str) -> str:
    """Return the tokens, numbers blank, without what formatting adds where lines get longer."""
    found: list[str] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in (tokenize.NL, tokenize.COMMENT):
            continue
        if token.string in (")", "]") and found[-1] == ",":
            found.pop()
        found.append("0" if token.type == tokenize.NUMBER else token.string)
    return " ".join(found)


def _without_reals(tokens: str) -> str:
    return REALS.sub("", tokens).replace(", )", ")")


@pytest.mark.complete
@rows("dialect", DIALECTS)
def test_the_exact_twin_differs_in_numbers_alone(dialect: str) -> None:
    """In the twin all reals are written; in the file, those that are not the framework's own."""
    differing = 0
    for name in available():
        plain, exact = (emit(n, dialect).text for n in (load(name), float32_exact(load(name))))
        own, twin = _tokens(plain), _tokens(exact)
        assert _without_reals(own) == _without_reals(twin), name
        assert set(REALS.findall(own)) <= set(REALS.findall(twin))
        differing += plain != exact
    assert differing > len(available()) / 2  # most have a BN, whose reals are not float32's


def _declared_by_classes(tree: ast.Module, draft: Draft) -> Outline:
    """Return (class, arguments), without the implicit ones that Keras infers."""
    implicit = {class_name(b.kind): draft.channels[b].implicit for b in draft.kinds()}
    found = []
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name in implicit:  # else a layer of its own
            init = [f for f in node.body if isinstance(f, ast.FunctionDef) and f.name == "__init__"]
            names = [each.arg for f in init for each in f.args.args][1:]
            found.append((node.name, [n for n in names if n not in implicit[node.name]]))
    return found


OF_KERAS = ("input_shape", "classifier_activation")


def _declared_by_functions(tree: ast.Module, draft: Draft) -> Outline:
    """Return (class name of the function, arguments), without the values that it takes, and what
    keras.applications' networks take besides."""
    kinds = {block.kind: block for block in draft.kinds()}
    found = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in kinds:
            taken = {"name", "training", *kinds[node.name].inputs, *OF_KERAS}
            names = [each.arg for each in node.args.args if each.arg not in taken]
            found.append((class_name(node.name), names))
    return found


def _of_a_graph(outline: Outline, draft: Draft, dialect: str) -> Outline:
    """Return what of an outline functions have: no kind that is never called, and, where the
    network's function is handed its input, not what only that input's channels are."""
    called = {class_name(b.kind) for b in draft.kinds() if any(i.used for i in draft.instances(b))}
    (size,) = draft.root.inputs.values()
    known = names_in(size) if size is not None and dialect in HISTORICAL else set()
    known -= set().union(*map(references, draft.root.layers.values()))
    root = class_name(draft.root.kind)
    return [
        (kind, [name for name in names if kind != root or name not in known])
        for kind, names in outline
        if kind in called
    ]


SOON = ("se_resnext_cifar", "resnet18", "resnet50_keras", "se_resnet50_tensorpack", "rir18")


@rows("name", sooner({name: name for name in available()}, SOON))
def test_the_same_kinds_with_the_same_arguments(name: str) -> None:
    network = load(name)
    draft = Draft(network, lambda op: True, Words(classes=False))  # nothing is flat
    flat = set(map(class_name, network.flat))
    outlines: dict[str, Outline] = {}
    for dialect in DIALECTS:
        source = emit(network, dialect)
        declared = _declared_by_classes if source.classes else _declared_by_functions
        outlines[dialect] = declared(ast.parse(source.text), draft)
    first = outlines["torch"]
    kinds = [class_name(block.kind) for block in draft.kinds()]
    assert [kind for kind, _ in first] == [kind for kind in kinds if kind not in flat]
    for dialect, outline in outlines.items():
        apart = [each for each in outline if each[0] not in flat]
        classes = emit(network, dialect).classes
        assert apart == (first if classes else _of_a_graph(first, draft, dialect)), dialect
        within = [each for each in outlines["fluid"] if each[0] in flat and not classes]
        assert [each for each in outline if each[0] in flat] == within, dialect


def test_only_one_group_a_channel_is_written_as_such() -> None:
    """A map of one channel is no group."""
    texts = [emit(each, "tensorflow").text for each in (MNIST, small.grouped())]
    assert ["depthwise_conv2d" in text for text in texts] == [False, True]


def test_a_long_width_is_written_once() -> None:
    """In each dialect; what stands there once, or as part of another expression, stays."""
    width = "groups * (width * width_per_group // 64)"
    for dialect in DIALECTS:
        text = emit(load("se_resnext50_32x4d"), dialect).text
        assert text.count(width) == text.count(f"inner = {width}\n") == 1, dialect
        assert text.count("inner") > 2 and "4 * width // reduction" in text
        assert "inner" not in emit(load("resnet50"), dialect).text


def test_a_linter_finds_nothing(tmp_path: Path) -> None:
    """No unused name, argument or import in any file of any network, imports in order, and no line
    longer than those of the framework's zoo."""
    for name, dialect in product(available(), DIALECTS):
        text = _text(name, dialect)
        (tmp_path / f"{name}_{dialect}.py").write_text(text)
        assert max(map(len, text.splitlines())) <= dialect_of(dialect).line_length, name
    rules = "--select=E,F,W,I,SIM,C4,PIE,RET,ARG,PLW"
    command = [RUFF, "check", "--isolated", f"--line-length={LINE_LENGTH}", rules, "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert len(list(tmp_path.glob("*.py"))) == len(available()) * len(DIALECTS)
    (tmp_path / "planted.py").write_text("import os\n\n\ndef f(unused):\n    return 1\n")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1 and "F401" in done.stdout and "ARG001" in done.stdout


@rows("dialect", {each: each for each in ("tensorflow", "fluid", "tensorflow1")})
def test_docstrings_are_as_google_has_them(dialect: str, tmp_path: Path) -> None:
    """The network's own function says every argument; modules of one network say the rest."""
    for name in available():
        (tmp_path / f"{name}.py").write_text(_text(name, dialect), encoding="utf-8")
    google = '--config=lint.pydocstyle.convention="google"'
    command = [RUFF, "check", "--isolated", "--select=D", google, "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    (tmp_path / "planted.py").write_text(_text("rir18", dialect).replace("width: channels", "w:"))
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1 and "D417" in done.stdout


def test_channels_that_no_expression_says_are_refused() -> None:
    """Those of a flat map whose size differs where the block stands."""
    flat = Block("flat", "width", layers={"flatten": Flatten(), "fc": Dense("width")})
    wide = {"one": flat(4), "two": flat(4)}
    root = Block(
        "two_maps",
        layers={**wide, "pool": AvgPool2d(2), "add": Add()},
        wiring="y = one(x)\nx = pool(x)\nz = two(x)\nx = add(y, z)",
    )
    network = Network("two_maps", root, (4, 6, 6))
    for dialect in ("torch", "paddle"):
        with pytest.raises(EmitError, match=r"block flat, layer fc: .* declare them"):
            emit(network, dialect)
    assert "keras" in emit(network, "tensorflow").text
