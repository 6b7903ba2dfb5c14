"""What iceoryx2's adapters share: a node of this process whose files sweep() finds."""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

import atexit
import shutil
from pathlib import Path

from peers import mark

_nodes = []


def node():
    import iceoryx2

    if not _nodes:
        iceoryx2.set_log_level(iceoryx2.LogLevel.Error)
        config = iceoryx2.config.default()
        folder = f"/tmp/{mark()}"  # short: the path of a socket must fit into 108 bytes
        config.global_cfg.prefix = iceoryx2.FileName.new(mark())
        config.global_cfg.root_path = iceoryx2.Path.new(folder)
        atexit.register(_remove, mark(), folder)
        builder = iceoryx2.NodeBuilder.new().config(config)
        _nodes.append(builder.create(iceoryx2.ServiceType.Ipc))
    return _nodes[0]


def service(topic):
    import iceoryx2

    return node().service_builder(iceoryx2.ServiceName.new(topic))


def _remove(prefix, folder):
    """It leaves a file for whoever comes next."""
    for path in Path("/dev/shm").glob(f"{prefix}*"):
        path.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
