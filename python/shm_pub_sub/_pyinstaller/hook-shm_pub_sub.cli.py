"""The verbs: each is imported by its name when it is asked for."""

from shm_pub_sub.cli._verbs import VERBS

hiddenimports = [f"shm_pub_sub.cli._{verb}" for verb in VERBS]
