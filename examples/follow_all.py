"""Log every value of all topics that match, those that appear later too: `follow`.

    python examples/follow_all.py                        # in one terminal: every topic
    python examples/follow_all.py 'robot/*' 'cart/*'     # or only these
    python examples/safe_stop.py sensor                  # in another, or any publishers

--newest skips to the newest value of a topic each time, as a display does. Stop it with Ctrl-C.
"""

import time
from contextlib import suppress

import shm_pub_sub
from _options import parser


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("patterns", nargs="*", help="topics' names, with * and ?")
    arguments.add_argument("--newest", action="store_true", help="skip older values")
    options = arguments.parse_args()
    end = time.monotonic() + options.seconds
    with (
        suppress(KeyboardInterrupt),
        shm_pub_sub.follow(*options.patterns, newest=options.newest) as following,
    ):
        print("following", flush=True)
        while (left := end - time.monotonic()) > 0:
            try:
                name, sample = following.recv(timeout=min(1.0, left))
            except TimeoutError:
                print(f"silence; {len(following.topics)} topics", flush=True)
                continue
            print(
                f"{sample.time_ns / 1e9:.3f} {name} #{sample.sequence}: {sample.value}", flush=True
            )


if __name__ == "__main__":
    main()
