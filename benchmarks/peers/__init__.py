"""The peers, one a module. Each is a channel in one direction, made in that library's own way:

    REQUIREMENTS            what pip installs; empty for the standard library
    prepare() -> shared     where both processes have to inherit something; called before the fork
    sender(topic, shared) -> send(value)
    receiver(topic, shared) -> receive() -> value, blocking

Both senders of a round trip exist before either receiver is made. Values are floats. sender and
receiver import their library themselves: nothing of it may run before the fork.
"""
