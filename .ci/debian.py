"""Packages of Debian, unpacked into build/: of any architecture and suite, also without root.

apt works in folders of its own there, with this machine's mirror and keys. Nothing is installed,
and nothing that belongs to the system is written.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from build_machine import BUILD

FOLDER = BUILD / "debian"
KEYS = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
SUITES = ("stable", "testing", "unstable")
TIMEOUT = 300  # s

# Read after the system's own files: proxies stay, what they would run does not.
SETTINGS = """
Dir::State "{folder}/state";
Dir::State::status "{folder}/status";
Dir::Cache "{folder}/cache";
Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Architecture "{architecture}";
#clear APT::Architectures;
APT::Architectures {{ "{architecture}"; }};
APT::Sandbox::User "";
#clear APT::Update;
APT::Update::Error-Mode "any";
#clear DPkg;
Acquire::Retries "2";
"""


class Unavailable(Exception):
    """Packages cannot be had here; the text says why."""


class Absent(Unavailable):
    """A suite has no such packages."""


def ran(*command: str | Path, cwd: str | Path = "/") -> str:
    """Run a command and return what it printed."""
    try:
        done = subprocess.run(
            command, cwd=cwd, check=True, capture_output=True, text=True, timeout=TIMEOUT
        )
    except subprocess.CalledProcessError as error:
        reason = (error.stderr.strip() or error.stdout.strip() or "no output").splitlines()[0]
        raise Unavailable(f"{command[0]}: {reason}") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(str(error)) from None
    return done.stdout


def mirrors() -> dict[str, str]:
    """Return where this machine takes its suites of Debian from, its own one first."""
    release = dict(
        line.split("=", 1)
        for line in Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
        if "=" in line
    )
    if release.get("ID") != "debian" or shutil.which("apt-get") is None:
        raise Unavailable("no Debian, whose packages this needs")
    wanted = "$(COMPONENT) $(RELEASE) $(SITE)"
    # Also of lists that were never fetched, or removed to make an image small.
    printed = ran("apt-get", "indextargets", "--no-release-info", "--format", wanted)
    targets = [line.split(" ", 2) for line in printed.splitlines()]
    own = {release.get("VERSION_CODENAME", ""), *SUITES, "sid"}
    found = {name: site for kind, name, site in targets if kind == "main" and name in own}
    if not found:
        raise Unavailable("apt has no suite of Debian among its sources")
    return found | dict.fromkeys(SUITES, next(iter(found.values())))


def unpack(packages: Sequence[str], architecture: str, suite: str, *, depends: bool = True) -> Path:
    """Return a folder with these packages, and what they depend on: the first time, unpack them."""
    suites = mirrors()
    site = suites.get(suite) or next(iter(suites.values()))
    what = f"{site} {suite} {architecture} {' '.join(packages)} {depends}"
    name = f"{packages[0]}-{suite}-{architecture}"
    done = FOLDER / f"{name}-{hashlib.sha256(what.encode()).hexdigest()[:8]}"
    if done.exists():
        return done
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER, prefix=f".{name}-") as folder:
        fresh = Path(folder, "root")
        fresh.mkdir()
        for package in download(Path(folder), site, suite, packages, architecture, depends=depends):
            ran("dpkg-deb", "-x", package, fresh)
        if not (fresh / "lib").exists():  # usr/lib from Debian 13 on; a base package links it
            (fresh / "lib").symlink_to("usr/lib")
        try:
            fresh.rename(done)
        except OSError:  # another process was faster
            if not done.exists():
                raise
    return done


def download(
    folder: Path,
    site: str,
    suite: str,
    packages: Sequence[str],
    architecture: str,
    *,
    depends: bool,
) -> list[Path]:
    """Download packages into a folder, and what they depend on, as if nothing were installed."""
    archives = folder / "cache" / "archives"
    for needed in (archives / "partial", folder / "state" / "lists" / "partial"):
        needed.mkdir(parents=True)
    (folder / "status").touch()
    signed = f" signed-by={KEYS}" if KEYS.exists() else ""
    source = f"deb [arch={architecture} target=Packages{signed}] {site} {suite} main\n"
    (folder / "sources.list").write_text(source)
    settings = folder / "apt.conf"
    settings.write_text(SETTINGS.format(folder=folder, architecture=architecture))
    apt = ["apt-get", "-c", str(settings), "-qq"]
    ran(*apt, "update")
    # Not as a regular expression, and not what another processor's package only mentions.
    exactly = [f"?exact-name({name})?architecture({architecture})" for name in packages]
    if depends:
        ran(*apt, "install", "-y", "--download-only", "--no-install-recommends", *exactly)
    else:
        try:
            ran(*apt, "download", *exactly, cwd=archives)
        except Unavailable as error:
            if "Handler silently failed" not in str(error):  # apt's words for: no such name
                raise
    if absent := [name for name in packages if not list(archives.glob(f"{name}_*.deb"))]:
        raise Absent(f"no {', '.join(absent)}")
    return sorted(archives.glob("*.deb"))
