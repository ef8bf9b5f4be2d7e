"""The experiments that can be run, by name."""

from __future__ import annotations

from common.errors import choose
from common.experiments import (
    PITFALLS,
    RESNET_OR_SE,
    RESNEXT_FORMS,
    RIR_OR_RESNET,
    SE_RESNEXT_PAIR,
    TRANSFER,
)
from reports.experiments import (
    pitfalls,
    resnet_or_se,
    resnext_forms,
    rir,
    se_resnext_pair,
    transfer,
)
from reports.experiments.found import pitfalls as found_pitfalls
from reports.experiments.found import resnet_or_se as found_resnet_or_se
from reports.experiments.found import resnext_forms as found_resnext_forms
from reports.experiments.found import rir as found_rir
from reports.experiments.found import se_resnext_pair as found_se_resnext_pair
from reports.experiments.found import transfer as found_transfer
from reports.experiments.records import Kinds
from reports.experiments.study import Study

_STUDIES = (
    (RESNET_OR_SE, resnet_or_se, found_resnet_or_se),
    (TRANSFER, transfer, found_transfer),
    (SE_RESNEXT_PAIR, se_resnext_pair, found_se_resnext_pair),
    (RESNEXT_FORMS, resnext_forms, found_resnext_forms),
    (RIR_OR_RESNET, rir, found_rir),
    (PITFALLS, pitfalls, found_pitfalls),
)
STUDIES = {
    made.name: Study(made, runs.plan, runs.run, runs.KINDS, shows.find)
    for made, runs, shows in _STUDIES
}


def kinds_of(name: str) -> Kinds:
    """Return the types of the values of an experiment's parts. Raises ValueError for no name."""
    return STUDIES[choose("experiment", name, STUDIES)].kinds
