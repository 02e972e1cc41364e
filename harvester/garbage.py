"""The search for cycles of garbage, made rare where pages are worked through."""

import gc

_NEW_OBJECTS = 50_000  # more than the largest page makes


def search_rarely() -> None:
    """Leave what was loaded so far out of the search, and begin it where new objects are many and stay.

    What a page is made of (some ten thousand objects) goes with its last reference. At Python's own threshold of 700
    every page is searched through dozens of times and nothing is found: a tenth to a fifth of all time.
    """
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, 20, 20)
