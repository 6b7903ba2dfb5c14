"""Tests of what qemu-user, which runs programs for another processor, does unlike a kernel."""

import os

import pytest


def not_under_qemu(reason: str) -> pytest.MarkDecorator:
    """Skip a test there; .ci/foreign.py's programs set the variable."""
    under_qemu = "SHM_PUB_SUB_UNDER_QEMU" in os.environ
    return pytest.mark.skipif(under_qemu, reason=f"under qemu-user: {reason}")
