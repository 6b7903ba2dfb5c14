"""trust=: users whose topics are read, besides this user and root. trust.go has the rule."""

from __future__ import annotations

import operator
import os

from ._arguments import not_utf8, short_repr
from ._errors import TopicTypeError, TopicValueError
from ._extension import load
from ._go import from_go

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from typing import Any, Final

VARIABLE: Final = "SHM_PUB_SUB_TRUST"

_EXPECTED = 'a uid, a user name, an iterable of these, "any" or None'


class Trusted(str):
    """trust= as Go takes it: user names, uids, `sudo:UID` and "any", separated by commas."""

    __slots__ = ()


def check_trust(trust: Any) -> Trusted:
    """Return trust= as Go takes it; a Trusted is returned unchanged.

    None stands for the environment, which adds sudo's user as `sudo:UID`. Go trusts that one only
    if root is the effective user.
    """
    if type(trust) is Trusted:
        return trust
    if trust is None:
        listed = os.environ.get(VARIABLE, "").split(",")
        users, source = [_name(user) for user in map(str.strip, listed) if user], VARIABLE
        sudo = os.environ.get("SUDO_UID", "")
        if sudo.isascii() and sudo.isdecimal():
            users.append(f"sudo:{sudo}")
    else:
        users, source = _users(trust), "trust"
    text = ",".join(users)
    if not all(user == "any" or user.removeprefix("sudo:").isdecimal() for user in users):
        try:
            load().bind_CheckTrust(text)
        except RuntimeError as error:
            found = str(from_go(error)).removeprefix("invalid trust: ")
            raise TopicValueError(f"{source}: {found}") from None
    return Trusted(text)


def _users(trust: Any) -> list[str]:
    if issubclass(type(trust), str) or hasattr(type(trust), "__index__"):
        return [_user(trust)]
    if issubclass(type(trust), (bytes, bytearray)) or not hasattr(type(trust), "__iter__"):
        raise TopicTypeError(
            f"trust: found {type(trust).__name__} {short_repr(trust)}; expected {_EXPECTED}"
        )
    return [_user(user) for user in trust]


def _user(user: Any) -> str:
    kind = type(user)
    if issubclass(kind, str):
        return _name(str.__str__(user))
    if kind is bool or not hasattr(kind, "__index__"):
        raise TopicTypeError(
            f"trust: found {kind.__name__} {short_repr(user)}; expected {_EXPECTED}"
        )
    uid = operator.index(user)
    if not 0 <= uid < 2**32 - 1:
        raise TopicValueError(f"trust: found the uid {short_repr(uid)}; expected 0 to {2**32 - 2}")
    return str(uid)


def _name(name: str) -> str:
    if not name or any(sign in name for sign in ",:\0\n") or not_utf8(name) is not None:
        raise TopicValueError(f"trust: found the user {short_repr(name)}; expected {_EXPECTED}")
    return name


def trusts(uid: int) -> bool:
    """Report whether this process trusts a user, by its environment."""
    user = os.geteuid()
    trusted = {0, user}
    for word in check_trust(None).split(","):
        if word == "any":
            return True
        if word.startswith("sudo:"):
            if user == 0:
                trusted.add(int(word.removeprefix("sudo:")))
        elif word.isdecimal():
            trusted.add(int(word))
        elif word:
            import pwd

            trusted.add(pwd.getpwnam(word).pw_uid)
    return uid in trusted
