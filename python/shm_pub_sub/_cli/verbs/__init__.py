"""The verbs: what each does, in the words of its help, and an example of its use."""

VERBS = {
    "list": "what topics there are, or which match patterns",
    "info": "all that is known of a topic",
    "echo": "print a topic's values",
    "hz": "how often a topic is published",
    "delay": "how long values take from publish() to the receiver",
    "pub": "publish values to a topic",
    "rm": "remove what a dead publisher left of a topic",
    "clean": "remove what dead publishers left",
    "top": "a live table of all topics",
    "plot": "a live curve in the terminal, or a PNG",
    "record": "write topics to an MCAP file",
    "play": "publish what was recorded",
    "bench": "what publishing and subscribing cost here",
    "demo": "two processes, live values, a kill -9 and a restart",
    "doctor": "find what is wrong with this machine's set-up",
}

EXAMPLES = {
    "list": "list -v 'robot/*'",
    "info": "info robot/speed",
    "echo": "echo robot/speed -n 10",
    "hz": "hz robot/speed",
    "delay": "delay robot/speed",
    "pub": "pub robot/speed 1.5 -r 10",
    "rm": "rm robot/speed",
    "clean": "clean --dry-run",
    "top": "top",
    "plot": "plot robot/speed",
    "record": "record -o run.mcap robot/speed",
    "play": "play run.mcap",
    "bench": "bench",
    "demo": "demo",
    "doctor": "doctor",
}

EXIT_CODES = """\
exit codes:
  0    done
  1    it failed, and stderr says why
  2    wrong usage
  3    nothing came in time
  130  Ctrl-C
  141  whoever reads the output has gone"""
