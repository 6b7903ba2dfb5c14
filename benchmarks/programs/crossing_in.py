"""Receives what crosses from another machine: python crossing_in.py KIND [ENDPOINT].

KIND is "ticks" (tick/0), "direct" (of that topic), "all" (tick/*), "camera", "every", or "zenoh"
(by Zenoh alone, connected to ENDPOINT). At each line of its input it answers with what has come
since the line before: a JSON object of "ages" (ns from publish() to here), "values" and "lost".
"""

import json
import sys
import threading
import time
from contextlib import suppress

import numpy as np
import shm_pub_sub

ages = []
found = {"values": 0, "lost": 0}
last = 0


def timed(topic):
    clock, note = time.monotonic_ns, ages.append
    for value in shm_pub_sub.Subscriber(topic, 0):
        note(clock() - value)


def everything():
    clock, note = time.monotonic_ns, ages.append
    for _, sample in shm_pub_sub.follow("tick/*"):
        note(clock() - sample.value)


def camera():
    sub = shm_pub_sub.Subscriber("camera", np.zeros((480, 640, 3), np.uint8))
    for frame in sub:
        ages.append(time.monotonic_ns() - int(frame.reshape(-1)[:8].view(np.int64)[0]))


def every():
    global last
    sub = shm_pub_sub.Subscriber("every", 0, history=1)
    while True:
        got = sub.drain()
        if len(got):
            steps = np.diff(np.array([last or got[0] - 1, *got]))
            if steps.min() < 1:
                raise SystemExit(f"found a value twice, or an older one: {steps.min()}")
            found["lost"] += int((steps - 1).sum())
            found["values"] += len(got)
            last = got[-1]
        time.sleep(0.005)


def connected(endpoint):
    import zenoh  # noqa: PLC0415 - few rows need it

    config = zenoh.Config.from_json5(
        json.dumps(
            {
                "mode": "peer",
                "listen": {"endpoints": []},
                "connect": {"endpoints": [endpoint]},
                "scouting": {"multicast": {"enabled": False}},
            }
        )
    )
    session = zenoh.open(config)
    clock, note = time.monotonic_ns, ages.append

    def take(sample):
        note(clock() - int.from_bytes(sample.payload.to_bytes(), "little"))

    handler = zenoh.handlers.Callback(take, indirect=False)
    return session, session.declare_subscriber("tick/0", handler)


def main():
    kind = sys.argv[1]
    if kind == "zenoh":
        kept = connected(sys.argv[2])
    else:
        target, args = {
            "ticks": (timed, ["tick/0"]),
            "direct": (timed, ["direct"]),
            "all": (everything, []),
            "camera": (camera, []),
            "every": (every, []),
        }[kind]
        threading.Thread(target=target, args=args, daemon=True).start()
    print("{}", flush=True)
    for _ in sys.stdin:
        some, counted = ages[:], found.copy()
        del ages[: len(some)]
        for key, value in counted.items():
            found[key] -= value
        print(json.dumps({"ages": some, **counted}), flush=True)
    with suppress(NameError):
        kept[0].close()


if __name__ == "__main__":
    main()
