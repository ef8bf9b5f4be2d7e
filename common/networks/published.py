"""Figures that sources and references of the networks give, each with its convention."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """`value` of a network by a convention of common.counting; `source` says who has it."""

    network: str
    convention: str
    value: int
    source: str


_FLUID_PAIR = "counted in the published Fluid script"
_TENSORFLOW_PAIR = "counted in the published TensorFlow script"
_NOTEBOOK = "printed in BatchFlow's notebook"
_RIR = "printed by the source of RiR with paddle.flops"
_RESNEXT = "reference count for CIFAR-10"
_BOTH = "torchvision and paddle.vision, whose weights load"
_PADDLE = "paddle.vision, whose weights load"
_TORCHVISION = "torchvision, whose weights load"

FIGURES = (
    Figure("se_resnext_published_fluid", "trainable", 4_088_410, _FLUID_PAIR),
    Figure("se_resnext_published_tensorflow", "trainable", 4_086_720, _TENSORFLOW_PAIR),
    Figure("batchflow_resnet50", "batchflow", 23_495_690, _NOTEBOOK),
    Figure("batchflow_se_resnet50", "batchflow", 23_994_378, _NOTEBOOK),
    Figure("rir18", "paddle.flops parameters", 9_532_234, _RIR),
    Figure("rir18", "paddle.flops FLOPs", 164_831_593_728, f"{_RIR}, batch 128"),
    Figure("resnet18_rir", "paddle.flops parameters", 9_574_474, _RIR),
    Figure("resnet18_rir", "paddle.flops FLOPs", 165_021_910_272, f"{_RIR}, batch 128"),
    Figure("resnext29_8x64d", "trainable", 34_426_698, _RESNEXT),
    Figure("resnext29_16x64d", "trainable", 68_155_210, _RESNEXT),
    Figure("resnext29_32x4d", "trainable", 4_775_754, _RESNEXT),
    Figure("resnet18", "trainable", 11_689_512, _BOTH),
    Figure("resnet34", "trainable", 21_797_672, _PADDLE),
    Figure("resnet50", "trainable", 25_557_032, _BOTH),
    Figure("resnet101", "trainable", 44_549_160, _PADDLE),
    Figure("resnet152", "trainable", 60_192_808, _TORCHVISION),
    Figure("resnext50_32x4d", "trainable", 25_028_904, _BOTH),
    Figure("resnext101_32x8d", "trainable", 88_791_336, _TORCHVISION),
    Figure(
        "resnet50_keras", "with statistics", 25_636_712, "keras.applications, whose weights load"
    ),
    Figure(
        "resnet50_fluid",
        "trainable",
        25_557_032,
        "Fluid 1.8.5, which saves the official 267 variables",
    ),
)
BATCH = 128  # of the figures in FLOPs
