# PYTHON_ARGCOMPLETE_OK
"""`python -m shm_pub_sub`: the command line."""

import sys

from ._cli import main

if __name__ == "__main__":
    sys.exit(main())
