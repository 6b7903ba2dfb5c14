"""The protocol broken on purpose: one small edit each, and the tests that are asked to notice.

`python3 build.py mutations` runs them and writes docs/mutations.md. An edit is a mutation only if
the rest of the tree still compiles with it: what the compiler finds needs no test.
"""

from ._align import ALIGNING
from ._align_go import ALIGNING_IN_GO
from ._files import FILES
from ._follow import FOLLOWING
from ._metadata import METADATA
from ._pool import POOL
from ._receiving import STREAMS, WAITING
from ._records import RECORDS
from ._ring import RING_IN_C, RING_IN_GO
from ._times import ORDER, SEARCH
from ._times_in_go import TIMES_IN_GO

MUTATIONS = (
    *RING_IN_C,
    *POOL,
    *STREAMS,
    *WAITING,
    *ORDER,
    *SEARCH,
    *ALIGNING,
    *FOLLOWING,
    *RING_IN_GO,
    *TIMES_IN_GO,
    *FILES,
    *METADATA,
    *RECORDS,
    *ALIGNING_IN_GO,
)
