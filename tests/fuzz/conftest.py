"""How many examples hypothesis tries: SHM_PUB_SUB_EXAMPLES, or a few."""

import os
from pathlib import Path

import pytest
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
    # All examples of a test share its domain: each one cleans up after itself.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("shm_pub_sub")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave time for shrinking a failure, which takes long and is worth it."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(900))
