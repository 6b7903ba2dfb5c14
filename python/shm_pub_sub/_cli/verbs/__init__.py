"""The verbs: each one's summary for the help, and an example of its use."""

VERBS = {
    "list": ("list topics", "list -v 'robot/*'"),
    "info": ("show details of a topic", "info robot/speed"),
    "echo": ("print a topic's values", "echo robot/speed -n 10"),
    "hz": ("measure a topic's publishing rate", "hz robot/speed"),
    "delay": ("measure delivery latency", "delay robot/speed"),
    "check": ("check that topics are published in time, for probes", "check camera --max-age 1"),
    "pub": ("publish values to a topic", "pub robot/speed 1.5 -r 10"),
    "rm": ("remove a dead publisher's topic", "rm robot/speed"),
    "clean": ("remove everything that dead publishers left behind", "clean --dry-run"),
    "top": ("show a live table of topics", "top"),
    "plot": ("plot topics live in the terminal, or to a file", "plot robot/speed"),
    "record": ("record topics to an MCAP file", "record -o run.mcap robot/speed"),
    "play": ("replay a recording", "play run.mcap"),
    "recording": ("inspect, cut, merge and export recordings", "recording info run.mcap"),
    "bridge": (
        "carry topics between machines",
        "bridge --connect tls/robot.local:7447 --receive 'robot/*'",
    ),
    "bench": ("measure what a value costs on this machine", "bench"),
    "demo": ("show live values, a kill -9 and a restart", "demo"),
    "doctor": ("check this machine's setup", "doctor"),
}

EXIT_CODES = """\
exit codes:
  0    success
  1    failure; stderr has the reason
  2    wrong usage
  3    timed out
  130  interrupted with Ctrl-C
  141  output pipe closed"""
