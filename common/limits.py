"""How large a specification may be: beyond these it is a mistake or an attack, not a network.

Each is checked before work is done that grows with it, and its message names it.
"""

from __future__ import annotations

MOST_JSON = 4_000_000  # bytes of a JSON file; the largest of the catalogue is 6 kB
MOST_KINDS = 5_000  # kinds of blocks
MOST_LAYERS = 10_000  # layers of one block
MOST_CALLS = 20_000  # lines of wiring of one block
MOST_BLOCKS = 10_000  # calls of blocks in a whole network, repeats counted
MOST_STEPS = 50_000  # calls of ops in a whole network
MOST_NESTED = 50  # blocks within blocks
MOST_IN_TUPLE = 8  # tuples within tuples
LONGEST_TEXT = 10_000  # characters of a title, a source or a sentence about a block
LONGEST_NAME = 100  # characters
LONGEST_LINE = 4_000  # characters of a line of wiring or of a signature
LONGEST_EXPRESSION = 2_000  # characters, after substitution too
DEEPEST_EXPRESSION = 60  # operations within operations
MOST_VALUES = 2**31  # of a sample of inputs
LARGEST_NUMBER = 2**53  # sizes and their products: what every panel counts exactly
