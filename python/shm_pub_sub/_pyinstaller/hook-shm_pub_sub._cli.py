"""The verbs: each is imported by its name when it is asked for."""

from shm_pub_sub._cli.verbs import VERBS

hiddenimports = [f"shm_pub_sub._cli.verbs.{verb}" for verb in VERBS]
