"""How much hypothesis does: little in a normal run, more by SHM_PUB_SUB_EXAMPLES."""

import os

from hypothesis import HealthCheck, Phase, settings

EXAMPLES = int(os.environ.get("SHM_PUB_SUB_EXAMPLES") or 100)

settings.register_profile(
    "shm_pub_sub",
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    print_blob=True,
    # No fixed order: each run tries others. A failure prints the blob that repeats it, and
    # pytest --hypothesis-seed=N fixes a whole run.
    derandomize=False,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    # The domain's directory is the test's, not the example's: every example clears its own up.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("shm_pub_sub")
