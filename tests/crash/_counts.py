"""How much of the random tests to do, and by which dice."""

import os
import random
import time

KILLS = int(os.environ.get("SHM_PUB_SUB_KILLS") or 200)
"""Kills in the longest test; the others take a share of it."""


def dice() -> random.Random:
    """Random numbers whose seed is printed, and can be given as SHM_PUB_SUB_SEED."""
    seed = int(os.environ.get("SHM_PUB_SUB_SEED") or time.time_ns() % 2**32)
    print(f"SHM_PUB_SUB_SEED={seed}")
    return random.Random(seed)
