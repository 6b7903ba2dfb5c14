"""What a kernel before Linux 5.16 lacks, refused by seccomp."""

import ctypes
import struct

FUTEX_WAITV = 449
ENOSYS = 38
NO_NEW_PRIVS, SECCOMP, FILTER = 38, 22, 2


def refuse_futex_waitv():
    """Refuse it to this process."""
    code = [
        (0x20, 0, 0, 0),  # load the call's number
        (0x15, 0, 1, FUTEX_WAITV),
        (0x06, 0, 0, 0x00050000 | ENOSYS),
        (0x06, 0, 0, 0x7FFF0000),  # allow
    ]
    instructions = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *c) for c in code))
    program = struct.pack("HxxxxxxP", len(code), ctypes.addressof(instructions))
    libc = ctypes.CDLL(None)
    libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.prctl(SECCOMP, FILTER, program) != 0:
        raise SystemExit("seccomp is not available")
