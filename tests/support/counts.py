"""How much to do, how late a wake-up may be, and by which dice."""

import os
import random
import time

KILLS = int(os.environ.get("SHM_PUB_SUB_KILLS") or 200)
"""Kills in the longest test; the others take a share of it."""

BRIDGE_KILLS = int(os.environ.get("SHM_PUB_SUB_BRIDGE_KILLS") or 6)
"""Kills of bridges to other machines, of those that send and those that receive in turn."""

VALUES = int(os.environ.get("SHM_PUB_SUB_VALUES") or 10**7)
"""Values through recv in the longest test; the others take a share of it."""

WAITS = int(os.environ.get("SHM_PUB_SUB_WAITS") or 60_000)
"""Waits that block, in the stress of wake-ups."""

INTERRUPTS = int(os.environ.get("SHM_PUB_SUB_INTERRUPTS") or 60)
"""SIGINTs in each way of waiting."""

VIEWS = int(os.environ.get("SHM_PUB_SUB_VIEWS") or 5_000)
"""Views of values in shared memory that are kept, in the longest test."""

LAPPED_SECONDS = float(os.environ.get("SHM_PUB_SUB_LAPPED_SECONDS") or 1)
"""How long a reader that cannot pin is overtaken by a publisher of frames."""

RECORDS = int(os.environ.get("SHM_PUB_SUB_RECORDS") or 100)
"""Random types of records, in each test that tries them."""

ALIGNMENTS = int(os.environ.get("SHM_PUB_SUB_ALIGNMENTS") or 1_500)
"""Random scripts that align() and its model agree on."""

SLICE = 0.1
"""Seconds after which a waiter looks again by itself, if nobody has woken it."""

LATE = SLICE / 2
"""Seconds: a waiter that was woken before its slice's end is far less late than this."""


def dice() -> random.Random:
    """Random numbers; their seed is printed, and SHM_PUB_SUB_SEED sets it."""
    seed = int(os.environ.get("SHM_PUB_SUB_SEED") or time.time_ns() % 2**32)
    print(f"SHM_PUB_SUB_SEED={seed}")
    return random.Random(seed)
