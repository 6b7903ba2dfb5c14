"""The topic's file, its owner and fork broken."""

from ._mutation import OWNERSHIP, Mutation

SEGMENT = "shmpubsub/internal/segment"

FILES = (
    # Ownership.
    Mutation(
        "create: the lock is taken after the file has its name",
        f"{SEGMENT}/create.go",
        """\
	if err := d.publish(path); err != nil {
""",
        """\
	unlock(d.fd, ownerByte)
	err = d.publish(path)
	_, _ = tryLock(d.fd, ownerByte)
	if err != nil {
""",
        OWNERSHIP,
    ),
    Mutation(
        "take-over: whether the name still points at the file is not asked",
        f"{SEGMENT}/claim.go",
        "\tif err != nil || !same {\n\t\treturn errOr(err, errGone)\n\t}\n\tif alive {",
        "\tif err != nil {\n\t\treturn errOr(err, errGone)\n\t}\n\t_ = same\n\tif alive {",
        OWNERSHIP,
    ),
    Mutation(
        "take-over: whether the publisher lives is not asked",
        f"{SEGMENT}/claim.go",
        "\tif alive {\n"
        "\t\treturn &liveError{owner: c.file.Uid, header: c.header, unread: c.unread}\n\t}\n",
        "\t_ = alive\n",
        OWNERSHIP,
    ),
    Mutation(
        "take-over: those who may only read the file do not lock one another out",
        f"{SEGMENT}/claim.go",
        "unix.Flock(c.lockDir.FD(), unix.LOCK_EX|unix.LOCK_NB)",
        "unix.Flock(c.lockDir.FD(), unix.LOCK_SH|unix.LOCK_NB)",
        ("Go segment",),
    ),
    Mutation(
        "trust: anybody's file is mapped",
        f"{SEGMENT}/trust.go",
        "\treturn t.user(e.file.Uid) ||",
        "\treturn true ||",
        ("Go segment",),
    ),
    Mutation(
        "trust: everything is trusted in a directory of one who is trusted",
        f"{SEGMENT}/trust.go",
        "e.dir.Mode&unix.S_IWOTH == 0 && t.user",
        "t.user",
        ("Go segment",),
    ),
    Mutation(
        "take-over: the old file is not retired",
        f"{SEGMENT}/create.go",
        "\told.retire()\n\td.replaced",
        "\td.replaced",
        OWNERSHIP,
    ),
    Mutation(
        "take-over: the retained value is not carried over",
        f"{SEGMENT}/create.go",
        "\td.inherit(old)\n",
        "",
        ("promises", "kill points", "Go package", "storm"),
    ),
    Mutation(
        "close: subscribers are not notified",
        f"{SEGMENT}/owned.go",
        "\t\to.memory.retire()\n",
        "",
        ("promises", "kill points", "Go package", "storm"),
    ),
    Mutation(
        "close: the lock is left to the descriptor's end",
        f"{SEGMENT}/owned.go",
        "\to.file.Unlock() //",
        "\t//",
        ("fork", "storm", "kill points", "Go segment"),
    ),
    Mutation(
        "close: whatever has the descriptor's number is unlocked and closed",
        "shmpubsub/internal/forks/forks.go",
        "!= nil || uint64(st.Dev) != f.dev || st.Ino != f.ino || accessOf(f.fd) != f.access {",
        "!= nil {",
        ("lost descriptors",),
    ),
    Mutation(
        "pins in Go: another mapping's descriptor passes for the own one",
        "shmpubsub/internal/forks/forks.go",
        "\tif f.guard < 0 {\n",
        "\tif true {\n",
        ("Go segment", "lost descriptors"),
    ),
    Mutation(
        "bridged: the file does not say so",
        f"{SEGMENT}/header.go",
        "\t\tflags |= flagBridged\n",
        "",
        ("Go segment", "bridged"),
    ),
    Mutation(
        "bridged: a subscriber does not know it of its publishers",
        "shmpubsub/hot/attachment_map.c",
        "    file->bridged = f->bridged;\n",
        "",
        ("bridged",),
    ),
    Mutation(
        "space is not reserved at creation",
        f"{SEGMENT}/reserve.go",
        "\terr := retry(func() error { return unix.Fallocate(fd, 0, int64(at), int64(size)) })\n",
        "\terr := unix.Ftruncate(fd, int64(at+size))\n",
        ("hostile files", "Go segment"),
    ),
    Mutation(
        "the hole between page 0 and the header is reserved",
        f"{SEGMENT}/reserve.go",
        "{HeaderOffset, h.FileSize - HeaderOffset}",
        "{page.Size(), h.FileSize - page.Size()}",
        ("Go segment", "hostile files"),
    ),
    Mutation(
        "chunks are mapped through the descriptor that has the owner lock",
        f"{SEGMENT}/pool.go",
        "mapRegion(fd, d.header.ChunksOffset",
        "mapRegion(d.fd, d.header.ChunksOffset",
        ("Go segment",),
    ),
    Mutation(
        "take-over: a value in a chunk is carried over whatever its type",
        f"{SEGMENT}/inherit.go",
        "!d.header.Type.SameButMax(old.header.Type)",
        "d.header.Pooled != old.header.Pooled",
        ("Go segment",),
    ),
    Mutation(
        "take-over: the number of the chunk to carry over is believed",
        f"{SEGMENT}/inherit.go",
        "chunk >= old.header.Chunks || ",
        "",
        ("Go segment",),
    ),
    Mutation(
        "a header that promises more slots than the file has is believed",
        f"{SEGMENT}/header.go",
        "h.Slots > fit {",
        "h.Slots > fit && fit > 1<<40 {",
        ("hostile files", "Go segment"),
    ),
    Mutation(
        "liveness: a mere reader's lock counts",
        "shmpubsub/protocol/owner.h",
        ".l_type = F_RDLCK",
        ".l_type = F_WRLCK",
        ("promises", "storm"),
    ),
    Mutation(
        "liveness: asked every second",
        "shmpubsub/protocol/backoff.h",
        "#define COARSE_CHECK_INTERVAL (CHECK_INTERVAL - COARSE_TICK)",
        "#define COARSE_CHECK_INTERVAL 1000000000u",
        ("promises", "kills", "storm"),
    ),
    # fork.
    Mutation(
        "fork: the child keeps the descriptors that hold its parent's locks",
        "shmpubsub/protocol/fork.c",
        "                close(fd);\n",
        "                (void)fd;\n",
        ("fork", "storm"),
    ),
    Mutation(
        "fork: the child goes on with its parent's Go runtime",
        "python/shm_pub_sub/_extension.py",
        "    if _loaded is not None and _loaded_after == _hot.forks():",
        "    if _loaded is not None:",
        ("fork", "storm"),
    ),
    Mutation(
        "fork: a publisher may be made while another thread forks",
        "shmpubsub/protocol/fork.c",
        "    while (__atomic_load_n(&fork_shared.steps, __ATOMIC_SEQ_CST) > 0 && waits_on",
        "    while (since == 0 && waits_on",
        ("fork", "storm"),
    ),
    Mutation(
        "fork: the child inherits its parent's mappings, and with them the locks",
        f"{SEGMENT}/memory.go",
        "\t\t\t_ = unix.Madvise(m.data, unix.MADV_DONTFORK)\n",
        "",
        ("fork", "storm"),
    ),
    Mutation(
        "take-over: the name that a killed take-over used still exists",
        f"{SEGMENT}/draftfile.go",
        "\tif err := unix.Unlink(name); err != nil",
        "\tif err := unix.Access(name, unix.F_OK); err != nil",
        ("kill points", "system calls", "Go segment"),
    ),
    Mutation(
        "take-over: the old file is retired before the name points at the new one",
        f"{SEGMENT}/create.go",
        "\td.inherit(old)\n\tif err := d.nameFor",
        "\td.inherit(old)\n\told.retire()\n\tif err := d.nameFor",
        ("promises", "storm", "kill points"),
    ),
)
