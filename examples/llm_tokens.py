"""The tokens of a language model as it writes them, one text at a time: `async for`.

    python examples/llm_tokens.py write     # in one terminal; one sentence after the other
    python examples/llm_tokens.py read      # in another, in any order

The empty text ends an answer. Stop it with Ctrl-C.
"""

import asyncio
import itertools
import math
from contextlib import suppress

import shm_pub_sub
from _options import during, parser

TOPIC, KEPT = "assistant/tokens", 1000
ANSWER = ["Shared", " memory", " is", " fast", ":", " 世界", " in", " one", " copy", ".", ""]


def write(seconds: float) -> None:
    """Publish the answer again and again, twenty tokens per second."""
    tokens = itertools.cycle(ANSWER)  # in place of a model
    with shm_pub_sub.Publisher(TOPIC, "", KEPT, max_size=256) as answer:
        for _ in during(seconds, shm_pub_sub.Rate(20)):
            answer.publish(next(tokens))


async def read(seconds: float) -> None:
    """Print each token as it comes."""
    with shm_pub_sub.Subscriber(TOPIC, "") as answer:
        if not math.isinf(seconds):
            asyncio.get_running_loop().call_later(seconds, answer.close)  # ends the loop below
        async for token in answer:
            print(token or "\n", end="", flush=True)


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("part", choices=["write", "read"])
    options = arguments.parse_args()
    with suppress(KeyboardInterrupt):
        if options.part == "write":
            write(options.seconds)
        else:
            asyncio.run(read(options.seconds))


if __name__ == "__main__":
    main()
