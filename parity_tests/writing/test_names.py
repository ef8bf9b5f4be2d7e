"""What written files call their parts: paths with underscores, unless two could be one."""

from __future__ import annotations

from common.networks import available, load
from common.ops import Conv2d, ReLU
from common.spec import Block, Layer, chain
from frontends.writing.dialect import FunctionDialect
from frontends.writing.emit import dialect_of
from frontends.writing.naming import Naming
from parity_tests.cases.small import sequence
from parity_tests.rows import rows

UNIT = Block("unit", layers={"conv": Conv2d(4, 1)})
CLASHES: dict[str, dict[str, Layer]] = {
    "a layer and a parameter": {"conv": Conv2d(4, 1), "conv_weights": Conv2d(4, 1)},
    "a layer and what pads it": {"conv": Conv2d(4, 1), "conv_pad": ReLU()},
    "a chain and a layer": {"units": chain((UNIT(), 2)), "units_0": UNIT()},
    "a block and a layer": {"one": UNIT(), "one_conv": Conv2d(4, 1)},
}
APART: dict[str, dict[str, Layer]] = {
    "a layer and its like": {"conv": Conv2d(4, 1), "conv_res": Conv2d(4, 1)},
    "numbers": {"units": chain((UNIT(), 2)), "units2": UNIT()},
}


def _naming(dialect: str, layers: dict[str, Layer]) -> Naming:
    found = dialect_of(dialect)
    assert isinstance(found, FunctionDialect)
    return found.naming(sequence("names", (4, 6, 6), **layers))


@rows("layers", CLASHES)
def test_what_could_be_one_is_told_apart(layers: dict[str, Layer]) -> None:
    assert _naming("fluid", layers).joint == "."


@rows("layers", APART)
def test_what_could_not_is_not(layers: dict[str, Layer]) -> None:
    for dialect in ("fluid", "tensorflow"):
        assert _naming(dialect, layers).joint == "_"


def test_what_keras_calls_its_own_operations_is_no_layer() -> None:
    block = Block("get", layers={"item": Conv2d(4, 1)})
    assert _naming("tensorflow", {"get": block()}).joint == "."


@rows("dialect", {dialect: dialect for dialect in ("tensorflow", "fluid", "tensorflow1")})
def test_every_parameter_has_one_name(dialect: str) -> None:
    found = dialect_of(dialect)
    assert isinstance(found, FunctionDialect)
    for name in available():
        network = load(name)
        names = found.naming(network).names
        said = set(names.values())
        assert len(said) == len(names), name
        parameters = network.elaboration.parameters.values()
        assert all({each.name, each.layer} & said for each in parameters), name
