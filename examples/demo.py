"""A six-second tour: live values between processes, a kill -9 and a takeover.

    python examples/demo.py      # or, from a bare checkout: python3 build.py demo

The same as `shm-pub-sub demo`. The exit status is 0 only if everything worked.
"""

import sys

from shm_pub_sub._cli import main

sys.exit(main(["demo", *sys.argv[1:]]))
