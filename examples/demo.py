"""The library's main job in six seconds: live values, from process to process.

    python examples/demo.py      # or, from a bare checkout: python3 build.py demo

It is `shm-pub-sub demo`. A process subscribes and draws; another publishes, is killed with -9, and
a third takes over. The exit status is 0 only if all went as it should.
"""

import sys

from shm_pub_sub._cli import main

sys.exit(main(["demo", *sys.argv[1:]]))
