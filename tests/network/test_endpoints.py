"""Nothing listens, and nothing goes to other machines in the clear, unless it was asked for.

What is checked is Zenoh's final configuration, as Zenoh has read it.
"""

import json
from typing import Any

import pytest

pytest.importorskip("zenoh", reason="eclipse-zenoh is not installed")

from shm_pub_sub import TopicValueError
from shm_pub_sub._network.endpoints import is_local, settings
from shm_pub_sub._network.engine import config_of
from shm_pub_sub._network.options import Options

MUTUAL = {"transport": {"link": {"tls": {"enable_mtls": True}}}}


def final(**given: Any) -> Any:
    """Zenoh's configuration of a bridge."""
    return json.loads(str(config_of(Options(**({"send": "a"} | given)))))


def test_a_bridge_that_connects_does_not_listen() -> None:
    for more in ({}, {"zenoh": {"mode": "peer"}}, {"insecure": True}):
        config = final(connect="tls/robot:7447", **more)
        assert config["listen"]["endpoints"] == []
        assert config["scouting"]["multicast"]["enabled"] is False
        assert config["scouting"]["gossip"]["enabled"] is False
        assert config["adminspace"]["enabled"] is False
        assert config["plugins_loading"]["enabled"] is False


def test_it_listens_where_it_was_asked_to() -> None:
    config = final(listen=["tcp/127.0.0.1:7447", "tls/0.0.0.0:7447"], zenoh=MUTUAL)
    assert config["listen"]["endpoints"] == ["tcp/127.0.0.1:7447", "tls/0.0.0.0:7447"]


@pytest.mark.parametrize(
    ("given", "mode"),
    [
        ({"connect": "tls/a:1"}, "client"),
        ({"connect": ["tls/a:1", "tls/b:1"]}, "peer"),
        ({"connect": "tls/a:1", "listen": "tcp/127.0.0.1:1"}, "peer"),
        ({"listen": "tcp/127.0.0.1:1"}, "peer"),
        ({"discover": True, "insecure": True}, "peer"),
        ({"router": True, "send": (), "listen": "tcp/127.0.0.1:1"}, "router"),
        ({"connect": "tls/a:1", "zenoh": {"mode": "peer"}}, "peer"),
    ],
)
def test_mode(given: Any, mode: str) -> None:
    """Clients are seen by other clients of what they connect to; peers are not."""
    assert final(**given)["mode"] == mode


def test_what_is_passed_through_is_beside_ours() -> None:
    config = final(
        connect="tls/a:1", lease=3, zenoh={"transport": {"link": {"tx": {"keep_alive": 8}}}}
    )
    assert config["transport"]["link"]["tx"]["keep_alive"] == 8
    assert config["transport"]["link"]["tx"]["lease"] == 3000
    assert settings(Options(send="a", connect="tls/a:1"))["transport"]["shared_memory"] == {
        "enabled": False
    }


@pytest.mark.parametrize(("lease", "batch"), [(0.1, 410), (2, 8192), (10, 40960), (60, 65535)])
def test_a_batch_passes_slow_links_within_the_lease(lease: float, batch: int) -> None:
    sending = final(connect="tls/a:1", lease=lease)["transport"]["link"]["tx"]
    assert sending["batch_size"] == batch
    wait = sending["queue"]["congestion_control"]["block"]["wait_before_close"]
    assert wait >= 2e6 * lease  # microseconds


PLAIN = [
    "tcp/0.0.0.0:7447",
    "tcp/[::]:7447",
    "tcp/192.168.0.1:7447",
    "tcp/robot:7447",
    "tcp/localhost.example.org:7447",
    "tcp/127.0.0.1.example.org:7447",
    "tcp/[::ffff:10.0.0.1]:7447",
    "udp/192.168.0.1:7447",
    "udp/224.0.0.224:7447",
    "ws/robot:7447",
    "serial//dev/ttyUSB0#baudrate=9600",
    "vsock/-1:1",
    "tcp/robot:7447?rel=0",
    "tcp/robot:7447#iface=lo",
]
WAYS: list[dict[str, Any]] = [
    {"listen": "ENDPOINT"},
    {"connect": "ENDPOINT"},
    {"connect": ["tls/a:1", "ENDPOINT"]},
    {"connect": "tls/a:1", "zenoh": {"connect": {"endpoints": ["ENDPOINT"]}}},
    {"connect": "tls/a:1", "zenoh": {"listen": {"endpoints": ["ENDPOINT"]}}},
    {"connect": "tls/a:1", "zenoh": {"listen": {"endpoints": {"peer": ["ENDPOINT"]}}}},
    {"connect": "tls/a:1", "zenoh": {"connect": {"endpoints": {"client": ["ENDPOINT"]}}}},
    {
        "connect": "tls/a:1",
        "zenoh": {"connect": {"endpoints": [{"strategy": "allOf", "locators": ["ENDPOINT"]}]}},
    },
]


def placed(way: Any, endpoint: str) -> Any:
    return json.loads(json.dumps(way).replace("ENDPOINT", endpoint))


@pytest.mark.parametrize("way", WAYS, ids=json.dumps)
def test_traffic_in_the_clear_must_be_asked_for(way: Any) -> None:
    for endpoint in PLAIN:
        with pytest.raises(TopicValueError, match=r"not encrypted.*--insecure"):
            final(**placed(way, endpoint))
        assert endpoint in json.dumps(final(**placed(way, endpoint), insecure=True))


@pytest.mark.parametrize("way", WAYS, ids=json.dumps)
@pytest.mark.parametrize(
    "endpoint",
    [
        "tcp/127.0.0.1:7447",
        "tcp/127.5.5.5:7447",
        "tcp/[::1]:7447",
        "tcp/localhost:7447",
        "udp/127.0.0.1:7447",
        "unixsock-stream//run/zenoh",
        "tls/127.0.0.1:7447",
        "quic/[::1]:7447",
    ],
)
def test_this_machine_is_not_another_one(way: Any, endpoint: str) -> None:
    assert endpoint in json.dumps(final(**placed(way, endpoint)))


@pytest.mark.parametrize(
    "zenoh",
    [
        {"listen": {"endpoints": None}},
        {"listen": {"endpoints": {"peer": ["tcp/[::]:0"], "router": []}}},
        {"scouting": {"multicast": {"enabled": True}}},
        {"scouting": {"multicast": {"enabled": None}}},
        {"scouting": {"gossip": {"enabled": True}}},
        {"scouting": {"gossip": None}},
        {"scouting": None},
        {"listen": None},
        {"adminspace": {"enabled": True}},
        {"plugins": {"rest": {"http_port": 8000}}},
        {"plugins_loading": {"enabled": True}},
    ],
    ids=json.dumps,
)
def test_passing_through_opens_nothing(zenoh: Any) -> None:
    """Either Zenoh refuses it, or this library does, or it comes to nothing."""
    try:
        config = final(connect="tls/a:1", zenoh=zenoh)
    except TopicValueError:
        return
    assert config["listen"]["endpoints"] == []
    assert config["scouting"]["multicast"]["enabled"] is False
    assert config["scouting"]["gossip"]["enabled"] is False


@pytest.mark.parametrize("zenoh", [{"scouting": {"multicast": {"enabled": True}}}])
def test_insecure_is_no_discover(zenoh: Any) -> None:
    with pytest.raises(TopicValueError, match=r"scouting/multicast.*discover"):
        final(connect="tls/a:1", zenoh=zenoh, insecure=True)


def test_discover_needs_insecure() -> None:
    with pytest.raises(TopicValueError, match="discover: found no encryption"):
        final(discover=True)
    config = final(discover=True, insecure=True)
    assert config["scouting"]["multicast"]["enabled"] is True
    assert config["listen"]["endpoints"] == []


def test_a_listener_asks_for_certificates() -> None:
    with pytest.raises(TopicValueError, match=r"anyone can connect.*enable_mtls"):
        final(listen="tls/0.0.0.0:7447")
    with pytest.raises(TopicValueError, match="anyone can connect"):
        final(listen="tls/0.0.0.0:7447#enable_mtls=false", zenoh=MUTUAL)
    assert final(listen="tls/0.0.0.0:7447#enable_mtls=true")
    assert final(listen="tls/0.0.0.0:7447", zenoh=MUTUAL)
    assert final(listen="tls/0.0.0.0:7447", insecure=True)


def test_a_setting_that_is_there_twice_is_off() -> None:
    """Zenoh takes one of the two."""
    for pair in ("enable_mtls=true;enable_mtls=false", "enable_mtls=false;enable_mtls=true"):
        with pytest.raises(TopicValueError, match="anyone can connect"):
            final(listen=f"tls/0.0.0.0:7447#{pair}")


UNNAMED = {"transport": {"link": {"tls": {"verify_name_on_connect": False}}}}
OFF = "#verify_name_on_connect=false"


@pytest.mark.parametrize(
    ("endpoint", "zenoh"),
    [
        ("tls/robot:7447", UNNAMED),
        ("quic/robot:7447", UNNAMED),
        (f"tls/robot:7447{OFF}", {}),
        ("tls/robot:7447#verify_name_on_connect=no", {}),
        (f"tls/10.0.0.1:7447{OFF};verify_name_on_connect=true", {}),
        (f"tls/robot:7447#so_sndbuf=9;{OFF[1:]}", {}),
    ],
)
def test_a_certificate_is_that_of_the_host(endpoint: str, zenoh: Any) -> None:
    """Any bridge of the same authority could otherwise pose as the office."""
    for way in WAYS:
        if "listen" not in json.dumps(way):
            given = placed(way, endpoint)
            given["zenoh"] = given.get("zenoh", {}) | zenoh
            with pytest.raises(TopicValueError, match=r"can pose as that host.*--insecure"):
                final(**given)
            assert endpoint in json.dumps(final(**given, insecure=True))


def test_where_the_name_does_not_matter() -> None:
    assert final(connect=f"tls/localhost:7447{OFF}")
    assert final(connect="tls/robot:7447#verify_name_on_connect=true", zenoh=UNNAMED)
    assert final(listen="tls/0.0.0.0:7447#enable_mtls=true", zenoh=UNNAMED)


def test_what_zenoh_refuses_is_named() -> None:
    with pytest.raises(TopicValueError, match=r"Zenoh refuses: unknown field `bogus`"):
        final(connect="tls/a:1", zenoh={"bogus": 1})
    with pytest.raises(TopicValueError, match=r"Zenoh refuses: .*<protocol>/<address>.*: foo$"):
        final(connect="foo")


def test_protocols_that_are_not_known_are_not_local() -> None:
    assert not is_local("new", "127.0.0.1:1")
    assert not is_local("tcp", "")
    assert not is_local("tcp", "[::1%eth0]x:1")
