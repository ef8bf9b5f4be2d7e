"""Appended to written files: operands of few bits, and results stored in 16 bits.

In each, `rounded(entry, format, where, only)` returns the entry with rounding in float32; `where`:
"all", "forward", "data" (the gradient of the input), "kernel" (that of the kernel), or "stored".
Every product is computed three times: for its value, for its data and for its kernel, so that each
can be rounded by itself.
"""
