"""Shared by iceoryx2's adapters: a node per process, and services by topic."""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

import atexit
import shutil
from pathlib import Path

from peers import mark

_nodes = []


def _node(row):
    import iceoryx2

    if not _nodes:
        iceoryx2.set_log_level(iceoryx2.LogLevel.Error)
        # A letter of the row, so that its end removes no other row's files; the path of a socket
        # must fit into 108 bytes.
        prefix = f"{mark()}{row.rpartition('_')[2][0]}_"
        config = iceoryx2.config.default()
        config.global_cfg.prefix = iceoryx2.FileName.new(prefix)
        config.global_cfg.root_path = iceoryx2.Path.new(f"/tmp/{prefix}")
        atexit.register(_remove, prefix)
        builder = iceoryx2.NodeBuilder.new().config(config)
        _nodes.append(builder.create(iceoryx2.ServiceType.Ipc))
    return _nodes[0]


def service(row, topic):
    """Return a builder; row is the adapter's __name__."""
    import iceoryx2

    return _node(row).service_builder(iceoryx2.ServiceName.new(topic))


def _remove(prefix):
    """Remove the files that it leaves."""
    for path in Path("/dev/shm").glob(f"{prefix}*"):
        path.unlink(missing_ok=True)
    shutil.rmtree(f"/tmp/{prefix}", ignore_errors=True)
