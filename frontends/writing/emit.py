"""Write a network in a dialect, which is found by the name of its folder."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

from common.errors import choose
from common.network import Network
from common.recipes.recipe import Recipe
from frontends.frameworks import FRAMEWORKS
from frontends.writing import classes, functions, running
from frontends.writing.dialect import ClassDialect, FunctionDialect
from frontends.writing.draft import Source
from frontends.writing.program import Ending, Program, learning_rate


def emit(
    network: Network, dialect: str, taps: bool = False, recipe: Recipe | None = None
) -> Source:
    """Return the network as written in a dialect.

    With `taps` the file calls `tap` on the result of every step: the twin that is used to find
    where two panels part. With a recipe it trains, too. Raises TriptychError for an unknown dialect
    or a network that the dialect cannot write.
    """
    found = dialect_of(dialect)
    if isinstance(found, ClassDialect):
        paths = {} if recipe is None else classes.own_parameters(network, found)
        ending = None if recipe is None else _ending(network, found, recipe, {}, paths)
        return classes.write(network, found, taps, ending)
    names = found.naming(network).names
    ending = None if recipe is None else _ending(network, found, recipe, names)
    return functions.write(network, found, taps, ending)


def _ending(
    network: Network,
    dialect: ClassDialect | FunctionDialect,
    recipe: Recipe,
    names: Mapping[str, str],
    paths: Mapping[str, str] | None = None,
) -> Ending:
    """Return the functions that train by a recipe.

    names: own name of a parameter, or of its layer -> canonical. paths: <path>.<kind> in the file
    -> canonical, where they differ.
    """
    layers = {
        canonical.rpartition(".")[0]: own.rpartition(".")[0]
        for own, canonical in (paths or {}).items()
    }
    written = importlib.import_module(f"frontends.{dialect.name}.program")
    known = layers | {canonical: own for own, canonical in names.items()}
    own = {
        each.name: known.get(each.name)
        or written.own_name(known.get(each.layer, each.layer), each.kind)
        for each in network.elaboration.parameters.values()
    }
    program = Program(recipe, network, own)
    imports = (*running.imports(network, recipe), *written.IMPORTS)
    parts = (learning_rate(recipe), *(write(program) for write in written.PARTS))
    training = ["\n".join(lines) for lines in parts if lines]
    texts = (*training, *running.reading(network, recipe, written.MIXES))
    return Ending(imports, texts, lambda entry: str(written.main(program, entry)), recipe)


def dialect_of(framework: str) -> ClassDialect | FunctionDialect:
    """Return the dialect of a framework. Raises TriptychError for an unknown one."""
    choose("dialect", framework, FRAMEWORKS)
    found = importlib.import_module(f"frontends.{framework}.dialect").DIALECT
    assert isinstance(found, (ClassDialect, FunctionDialect))
    return found
