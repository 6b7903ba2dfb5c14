"""Which bridge may do what: access control for a router or a listening bridge, for its TOML file.

    python examples/network/access_control.py --send robot1 robot2 --receive office >> router.toml

Names are those of bridges and of their certificates, as make_certificates.sh writes them; a bridge
that sends and receives is in both lists. Each may then use its own name only. Bridges that receive
read those that send; nobody else does, and others may do nothing, even with a certificate.
docs/network-security.md has the rest.
"""

import argparse
import json
import re
from typing import Any

ROOT = "shmps/1"
"""Of all keys of bridges: docs/network-format.md."""
LIVE = f"{ROOT}/live/*/*/*"
VALUES = f"{ROOT}/v/**"


def of_sender(name: str) -> list[dict[str, Any]]:
    """What a bridge that sends needs: to answer requests for its topics."""
    own = f"{ROOT}/round/{name}/*"
    keys = [own, f"{ROOT}/v/{name}/**"]
    return [
        rule(f"{name} answers", "ingress", ["declare_queryable", "reply"], keys),
        # A question may go to several bridges; each answers for its own topics only.
        rule(f"{name} is asked", "egress", ["query"], [own, VALUES]),
    ]


def of_receiver() -> list[dict[str, Any]]:
    """What all bridges that receive need: to ask any bridge that sends."""
    keys = [f"{ROOT}/round/*/*", VALUES]
    return [
        rule("asking", "ingress", ["query"], keys),
        rule("being answered", "egress", ["declare_queryable", "reply"], keys),
    ]


def of_all(name: str) -> list[dict[str, Any]]:
    """What each bridge needs: to say by its own name that it is there."""
    token = f"{ROOT}/live/*/{name}/*"
    return [rule(f"{name} is there", "ingress", ["liveliness_token"], [token])]


def access_control(send: list[str], receive: list[str]) -> dict[str, Any]:
    """Return Zenoh's configuration, whose default is to deny."""
    seeing = ["declare_liveliness_subscriber", "liveliness_query"]
    shared = [
        rule("seeing who is there", "ingress", seeing, [LIVE]),
        rule("hearing who is there", "egress", ["liveliness_token"], [LIVE]),
    ]
    asking = of_receiver()
    rules = shared + asking
    policies: list[dict[str, Any]] = []
    names = sorted({*send, *receive})
    for name in names:
        own = of_all(name) + (of_sender(name) if name in send else [])
        rules += own
        allowed = own + shared + (asking if name in receive else [])
        policies.append({"rules": [each["id"] for each in allowed], "subjects": [name]})
    return {
        "enabled": True,
        "default_permission": "deny",
        "rules": rules,
        "subjects": [{"id": name, "cert_common_names": [name]} for name in names],
        "policies": policies,
    }


def rule(name: str, flow: str, messages: list[str], keys: list[str]) -> dict[str, Any]:
    """Allow these messages of these keys, into the router or out of it."""
    return {
        "id": name,
        "permission": "allow",
        "flows": [flow],
        "messages": messages,
        "key_exprs": keys,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--send", nargs="*", default=[], metavar="NAME")
    parser.add_argument("--receive", nargs="*", default=[], metavar="NAME")
    options = parser.parse_args()
    for name in options.send + options.receive:
        if not re.fullmatch(r"[A-Za-z0-9._-]+", name):
            parser.error(f"found the name {name!r}; expected letters, digits, . _ and -")
    made = access_control(options.send, options.receive)
    print("[zenoh.access_control]")
    for key in ("enabled", "default_permission"):
        print(f"{key} = {json.dumps(made[key])}")
    for key in ("rules", "subjects", "policies"):
        for entry in made[key]:
            print(f"\n[[zenoh.access_control.{key}]]")
            for name, value in entry.items():
                print(f"{name} = {json.dumps(value)}")


if __name__ == "__main__":
    main()
