"""What tests run over, written out: no test is shrunk in silence by what a list has lost."""

from __future__ import annotations

from collections.abc import Collection

from common.networks import available
from common.networks.published import FIGURES
from common.ops import OPS
from frontends.checkpoints.formats import FORMATS
from frontends.checkpoints.libraries import LIBRARIES
from frontends.frameworks import FRAMEWORKS, HISTORICAL, MODERN
from parity_tests.cases.reductions import REDUCTIONS
from parity_tests.controls.pitfalls import PITFALLS
from parity_tests.rows import rows

WRITTEN_OUT: dict[str, tuple[Collection[str], str]] = {
    "frameworks": (FRAMEWORKS, "tensorflow paddle torch fluid tensorflow1"),
    "modern": (MODERN, "tensorflow paddle torch"),
    "historical": (HISTORICAL, "fluid tensorflow1"),
    "libraries": (LIBRARIES, "keras paddle.vision torchvision"),
    "formats": (
        FORMATS,
        "fluid fluid-combined keras paddle safetensors tensorflow1 tensorflow2 torch",
    ),
    "networks": (available(), " ".join(REDUCTIONS)),  # a name each, written out there
    "ops": (
        OPS,
        "adaptive_avg_pool2d add avg_pool2d batch_norm channel_pad concat conv2d dense "
        "depthwise_conv2d dropout flatten global_avg_pool2d identity max_pool2d relu relu6 scale "
        "sigmoid silu softmax zero_pad2d",
    ),
    "pitfalls": (
        {pitfall.name for pitfall in PITFALLS},
        "activated_twice always_activated bias_not_added bias_not_declared bias_of_its_own "
        "bias_of_zeros ceil_mode dilation_dropped distribution epsilon eval_in_training fan "
        "flatten_order gain gamma kernel_axes largest_for_mean momentum one_initializer_for_all "
        "order_of_groups pad_on_one_side padding_counted relu_for_relu6 "
        "same_at_stride_2 tf32 training_at_eval transposed_square variance zero_in_a_maximum",
    ),
}
PUBLISHED_FIGURES = 20


@rows("found, names", WRITTEN_OUT)
def test_is_what_is_written_out(found: Collection[str], names: str) -> None:
    assert sorted(found) == sorted(names.split())


def test_no_published_figure_is_lost() -> None:
    assert len(FIGURES) == PUBLISHED_FIGURES
