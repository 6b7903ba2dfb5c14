"""A pytest plugin, loaded by itself where shm_pub_sub is installed: topics of a test's own."""

from __future__ import annotations
