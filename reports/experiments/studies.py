"""The experiments that can be run, by name."""

from __future__ import annotations

from common.errors import choose
from reports.experiments import resnet_or_se, resnext_forms, rir, se_resnext_pair, transfer
from reports.experiments.records import Kinds
from reports.experiments.study import Study

STUDIES: dict[str, Study] = {
    each.experiment.name: each
    for each in (
        resnet_or_se.STUDY,
        transfer.STUDY,
        se_resnext_pair.STUDY,
        resnext_forms.STUDY,
        rir.STUDY,
    )
}


def kinds_of(name: str) -> Kinds:
    """Return the types of the values of an experiment's parts. Raises ValueError for no name."""
    return STUDIES[choose("experiment", name, STUDIES)].kinds
