"""Print what a batch normalization is unless it is told: `MODULE NAME`. Python 3.7."""

import importlib
import inspect
import sys

found = inspect.signature(getattr(importlib.import_module(sys.argv[1]), sys.argv[2])).parameters
print({name: found[name].default for name in ("momentum", "epsilon")})
