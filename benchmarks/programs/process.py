"""Memory, threads and descriptors of this process, from /proc/self. Imports next to nothing."""
# ruff: noqa: PTH116, PTH123, PTH208 - pathlib takes long to import

import os


def status():
    """Return RSS in bytes and the number of threads."""
    fields = _fields("/proc/self/status")
    return {"rss": fields["VmRSS"] * 1024, "threads": fields["Threads"]}


def memory():
    """Return bytes: resident, its proportional share, and those of no other process."""
    fields = _fields("/proc/self/smaps_rollup")
    own = fields["Private_Clean"] + fields["Private_Dirty"]
    return {"rss": fields["Rss"] * 1024, "pss": fields["Pss"] * 1024, "own": own * 1024}


def descriptors():
    return len(os.listdir("/proc/self/fd")) - 1  # its own


def shared():
    """Return bytes of shared mappings: of the files, once each, and of all mappings."""
    files, mapped = {}, 0
    with open("/proc/self/smaps") as smaps:
        key = None
        for line in smaps:
            words = line.split(None, 5)
            if not words[0].endswith(":"):
                path = words[5].strip() if len(words) > 5 else ""
                # A file mapped read-only is a library, unless it is in /dev/shm.
                key = (
                    (words[3], words[4]) if words[1][3] == "s" or path[:9] == "/dev/shm/" else None
                )
                if key:
                    files.setdefault(key, _blocks(path))
            elif key and words[0] == "Size:":
                mapped += int(words[1]) * 1024
            elif key and words[0] == "Rss:" and files[key] is None:
                files[key] = int(words[1]) * 1024  # its file is removed
    return sum(size or 0 for size in files.values()), mapped


def _blocks(path):
    try:
        return os.stat(path).st_blocks * 512
    except OSError:
        return None


def _fields(path):
    with open(path) as file:
        pairs = (line.split()[:2] for line in file if ":" in line)
        return {words[0][:-1]: int(words[1]) for words in pairs if words[1:] and words[1].isdigit()}
