"""Count the parameters and FLOPs of a written network: `count.py ENTRY BATCH`."""

import sys

import paddle
import written

network = getattr(written, sys.argv[1])()
network.eval()
print(paddle.flops(network, [int(sys.argv[2]), 3, 32, 32]))
