"""Zenoh's configuration for a bridge, and the check that it leaves no door open.

What is checked is the configuration as Zenoh has read it, whatever it was made from: endpoints may
be per mode, per strategy, and have settings of their own.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from .._arguments import short_repr
from .._errors import TopicValueError
from .options import Options

ENCRYPTED = frozenset({"tls", "quic"})
LOCAL = frozenset({"unixsock-stream", "unixpipe"})
"""Protocols that stay on this machine."""
ON_LOOPBACK = frozenset({"tcp", "udp", "ws"})
"""Protocols that stay on this machine if the address does."""

SESSIONS = 10_000
"""Connections that a router takes; Zenoh's default is 1,000."""

BATCH = 4096
"""Bytes written at once, for each second of the lease."""

ALLOW = "or pass --insecure (insecure=True)"


def settings(options: Options) -> dict[str, Any]:
    """Return Zenoh's configuration: this library's, and over it what the options pass through."""
    own = {
        "mode": _mode(options),
        # A peer otherwise listens on all interfaces.
        "listen": {"endpoints": [*options.listen]},
        "connect": {
            "endpoints": [*options.connect],
            "timeout_ms": {"router": -1, "peer": -1, "client": 0},
            "exit_on_failure": {"router": False, "peer": False, "client": True},
            "retry": {
                "period_init_ms": 200,
                "period_max_ms": 2000,
                "period_increase_factor": 2,
            },
        },
        "open": {"return_conditions": {"connect_scouted": False, "declares": False}},
        "scouting": {
            "multicast": {"enabled": options.discover},
            # Peers name endpoints of others, which nobody asked to connect to.
            "gossip": {"enabled": options.discover},
        },
        "adminspace": {"enabled": False},
        "plugins_loading": {"enabled": False},
        "transport": {
            "link": {"tx": _sending(options.lease)},
            # Topics on one machine need no bridge, and Zenoh's segments would stay behind.
            "shared_memory": {"enabled": False},
        },
    }
    if options.router:
        own["transport"]["unicast"] = {"max_sessions": SESSIONS}  # type: ignore[index]
    return _merged(own, options.zenoh)


def _sending(lease: float) -> dict[str, Any]:
    """Return how a link is written to.

    A batch must pass within the lease, or large values on slow links end the connection each time:
    8 KiB in 2 s are 33 kbit/s. Larger batches are faster, 2 ms instead of 0.7 for an image of 1 MB.
    """
    return {
        "lease": round(lease * 1000),
        "keep_alive": 4,
        "batch_size": min(round(BATCH * lease), 65535),
        "queue": {
            "congestion_control": {"block": {"wait_before_close": round(max(5, 3 * lease) * 1e6)}}
        },
    }


def _mode(options: Options) -> str:
    """Return Zenoh's mode.

    Routers and peers forward between clients, not between peers; a client has one connection.
    """
    if options.router:
        return "router"
    one = len(options.connect) == 1 and not options.listen and not options.discover
    return "client" if one else "peer"


def _merged(own: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return own settings with those given in their place."""
    merged = dict(own)
    for name, value in given.items():
        before = merged.get(name)
        both = isinstance(before, Mapping) and isinstance(value, Mapping)
        # Endpoints by mode replace the list of them.
        merged[name] = _merged(before, value) if both and before is not None else value
    return merged


def check(config: Mapping[str, Any], options: Options) -> None:
    """Check Zenoh's final configuration; raises TopicValueError.

    Args:
        config: All of it, defaults too.
        options: What was asked for.
    """
    if options.insecure:
        allowed = True
    else:
        allowed = False
        _check_closed(config)
    for endpoint in endpoints_of(config["listen"]["endpoints"]):
        if not allowed:
            _check_endpoint("listen", endpoint)
            _check_authenticated(endpoint, config)
    for endpoint in endpoints_of(config["connect"]["endpoints"]):
        if not allowed:
            _check_endpoint("connect", endpoint)
            _check_host(endpoint, config)
    for way in ("multicast", "gossip"):
        # Unset, it is on.
        if config["scouting"][way]["enabled"] is not False and not options.discover:
            raise TopicValueError(
                f"zenoh: found scouting/{way} enabled; expected it with --discover "
                "(discover=True) only"
            )
    if options.discover and not allowed:
        raise TopicValueError(
            "discover: found no encryption, as bridges that are found by multicast are connected "
            "to whatever they offer; expected --connect with tls/HOST:PORT, " + ALLOW
        )


def _check_closed(config: Mapping[str, Any]) -> None:
    if config["plugins"] or config["plugins_loading"]["enabled"]:
        raise TopicValueError(
            f"zenoh: found plugins, which may listen; expected none; remove them, {ALLOW}"
        )
    admin = config["adminspace"]
    if admin["enabled"]:
        raise TopicValueError(
            "zenoh: found adminspace enabled, by which others read or change the configuration; "
            f"expected it disabled; remove it, {ALLOW}"
        )


def endpoints_of(found: Any) -> Iterator[str]:
    """Yield all endpoints of a setting of Zenoh's, for any mode and strategy."""
    if isinstance(found, str):
        yield found
    elif isinstance(found, Mapping):
        for name, value in found.items():
            if name != "strategy":
                yield from endpoints_of(value)
    elif found is not None:
        for each in found:
            yield from endpoints_of(each)


def _check_endpoint(option: str, endpoint: str) -> None:
    protocol, address, _ = _split(endpoint)
    if protocol in ENCRYPTED or is_local(protocol, address):
        return
    raise TopicValueError(
        f"{option} {short_repr(endpoint)}: found {protocol}, which is not encrypted, beyond this "
        f"machine; expected tls/HOST:PORT or quic/HOST:PORT with certificates, {ALLOW} on a "
        "network that you trust"
    )


def _check_authenticated(endpoint: str, config: Mapping[str, Any]) -> None:
    """A listener that others reach must know who they are."""
    protocol, address, own = _split(endpoint)
    if protocol not in ENCRYPTED or _is_loopback(address):
        return
    users = config["transport"]["auth"]["usrpwd"]["dictionary_file"]
    if not _is_on("enable_mtls", own, config) and not users:
        raise TopicValueError(
            f"listen {short_repr(endpoint)}: found no client certificates required, so that "
            "anyone can connect; expected enable_mtls = true in [zenoh.transport.link.tls], "
            f"{ALLOW}"
        )


def _check_host(endpoint: str, config: Mapping[str, Any]) -> None:
    """What is connected to must have a certificate of that host's, not just of the authority."""
    protocol, address, own = _split(endpoint)
    if protocol not in ENCRYPTED or _is_loopback(address):
        return
    if not _is_on("verify_name_on_connect", own, config, unset=True):
        raise TopicValueError(
            f"connect {short_repr(endpoint)}: found verify_name_on_connect off, so that anyone "
            "with a certificate can pose as that host; expected it on; remove it, and make the "
            f"certificate for the host's name or address, {ALLOW}"
        )


def _is_on(
    name: str, own: list[tuple[str, str]], config: Mapping[str, Any], unset: bool = False
) -> bool:
    """Report whether a setting of TLS is on: an endpoint's own, each time it is there, or all's."""
    if given := [value for key, value in own if key == name]:
        return all(value == "true" for value in given)
    found = config["transport"]["link"]["tls"][name]
    return unset if found is None else found is True


def is_local(protocol: str, address: str) -> bool:
    """Report whether an endpoint cannot be reached from, or reach, another machine."""
    return protocol in LOCAL or (protocol in ON_LOOPBACK and _is_loopback(address))


def _is_loopback(address: str) -> bool:
    host = address.rpartition(":")[0].strip("[]")
    try:
        return host == "localhost" or ("%" not in host and ipaddress.ip_address(host).is_loopback)
    except ValueError:  # a name, which may be of any machine
        return False


def _split(endpoint: str) -> tuple[str, str, list[tuple[str, str]]]:
    """Return an endpoint's protocol, address and settings: tls/HOST:PORT?metadata#key=value;..."""
    rest, _, own = endpoint.partition("#")
    rest, _, _ = rest.partition("?")
    protocol, _, address = rest.partition("/")
    pairs = (pair.partition("=") for pair in own.split(";") if pair)
    return protocol, address, [(name, value) for name, _, value in pairs]
