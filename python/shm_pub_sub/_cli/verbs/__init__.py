"""The verbs: each one's summary for the help, and an example of its use."""

VERBS = {
    "list": "list topics",
    "info": "show details of a topic",
    "echo": "print a topic's values",
    "hz": "measure a topic's publishing rate",
    "delay": "measure delivery latency",
    "pub": "publish values to a topic",
    "rm": "remove a dead publisher's topic",
    "clean": "remove everything that dead publishers left behind",
    "top": "show a live table of topics",
    "plot": "plot topics live in the terminal, or to a file",
    "record": "record topics to an MCAP file",
    "play": "replay a recording",
    "bench": "measure what a value costs on this machine",
    "demo": "show live values, a kill -9 and a restart",
    "doctor": "check this machine's setup",
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
  0    success
  1    failure; stderr has the reason
  2    wrong usage
  3    timed out
  130  interrupted with Ctrl-C
  141  output pipe closed"""
