# PYTHON_ARGCOMPLETE_OK
"""`python -m shm_pub_sub`: the command line."""

import sys

from .cli import main

sys.exit(main())
