"""Makes the wheels of a release, by the tools of an environment that release.py makes."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import sys
import time
import warnings
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from setuptools import Extension, setup

import build
import build_commands
import release_checks
import release_headers
from build_machine import BUILD, ROOT, go_environment
from build_target import Target
from interpreters import VERSIONS
from release import ARCHITECTURES, parser
from release_headers import Headers

GLIBC = "2.28"
GOARCH = {"x86_64": "amd64", "aarch64": "arm64"}

# What a user has set for other builds.
IGNORED = "CPATH C_INCLUDE_PATH LIBRARY_PATH CFLAGS CPPFLAGS LDFLAGS CGO_CPPFLAGS CGO_CXXFLAGS"
IGNORED += " CGO_FFLAGS GOEXPERIMENT GOFIPS140 ZIG_LIBC ZIG_LIB_DIR"
SET = {"GOAMD64": "v1", "GOARM64": "v8.0"}


@dataclass(frozen=True)
class Wheel:
    """One of the wheels."""

    headers: Headers
    architecture: str
    target: Target

    @property
    def tags(self) -> tuple[str, str, str]:
        python = f"cp{self.headers.version.replace('.', '')}"
        return python, python, f"manylinux_{GLIBC.replace('.', '_')}_{self.architecture}"


def compiler(architecture: str) -> tuple[str, ...]:
    """Return zig's C compiler for a machine and the symbols of an old C library."""
    spec = find_spec("ziglang")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("found no zig; expected ziglang among the tools of build.py wheels")
    zig = str(Path(spec.submodule_search_locations[0], "zig"))
    # -O2 also where it links: without it zig adds its run-time checks. Its headers are those of a
    # newer C library, whose _POSIX_C_SOURCE is not pyconfig.h's.
    options = ["-target", f"{architecture}-linux-gnu.{GLIBC}", "-O2", "-fno-sanitize=undefined"]
    return (zig, "cc", *options, "-Wno-macro-redefined")


def suffix(version: str, architecture: str) -> str:
    """Return what follows the name of an extension module."""
    return f".cpython-{version.replace('.', '')}-{architecture}-linux-gnu.so"


def wheel(headers: Headers, architecture: str) -> Wheel:
    ending = suffix(headers.version, architecture)
    target = Target(compiler(architecture), headers.include, ending, GOARCH[architecture])
    return Wheel(headers, architecture, target)


def generate() -> Path:
    """Let gopy write the bindings, once: they are the same for every interpreter and machine."""
    build.say("generating the bindings of the Go package")
    folder = BUILD / "gopy" / "release"
    build.generate(folder, go_environment())
    return folder


def pack(made: Wheel, bindings: Path, output: Path) -> Path:
    """Compile both libraries for a target and pack them, as setup.py does for this machine."""
    target = made.target
    folder = BUILD / "release" / target.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)

    class BuildExtension(build_commands.BuildExtension):
        def get_ext_filename(self, fullname: str) -> str:
            return fullname.replace(".", "/") + target.suffix

        def build_extension(self, ext: Extension) -> None:
            library = Path(self.get_ext_fullpath(ext.name))
            if ext.name.endswith("_hot"):
                build.build_hot(library, target)
                return
            code = BUILD / "gopy" / f"release-{target.name}"
            shutil.rmtree(code, ignore_errors=True)
            shutil.copytree(bindings, code)
            build.use_headers(code, target.include)
            build.compile_go(code, library, target)

    class Tagged(build_commands.Wheel):
        def get_tag(self) -> tuple[str, str, str]:
            return made.tags

    settings: dict[str, Any] = build_commands.settings()
    del settings["cmdclass"]["build"]  # it asks for this machine's compiler; the folder is new
    settings["cmdclass"] |= {"build_ext": BuildExtension, "bdist_wheel": Tagged}
    settings["options"] = {
        "egg_info": {"egg_base": str(folder)},
        "build": {"build_base": str(folder / "build")},
        "bdist_wheel": {"bdist_dir": str(folder / "wheel"), "dist_dir": str(folder / "dist")},
    }
    command = ["--no-user-cfg", "-q", "bdist_wheel"]
    logging.disable(logging.WARNING)  # what every build says
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "(?s)setup.py install is deprecated")  # its own call
        setup(script_name="setup.py", script_args=command, **settings)
    (packed,) = (folder / "dist").glob("*.whl")
    return Path(shutil.move(packed, output / packed.name))


def main(arguments: list[str]) -> None:
    options = parser().parse_args(arguments)
    os.chdir(ROOT)
    for name in IGNORED.split():
        os.environ.pop(name, None)
    caches = {f"ZIG_{name}_CACHE_DIR": str(BUILD / "zig") for name in ("GLOBAL", "LOCAL")}
    os.environ.update(SET | caches)
    start = time.monotonic()
    found = release_headers.find(options.python or VERSIONS, options.headers)
    for one in found:
        build.say(f"headers of Python {one.exact} from {one.origin}")
    wanted = [wheel(one, name) for name in options.arch or ARCHITECTURES for one in found]
    for each in wanted:
        release_headers.check(each.headers, each.target)
    options.output.mkdir(parents=True, exist_ok=True)
    for old in options.output.glob("shm_pub_sub-*.whl"):
        old.unlink()
    bindings = generate()
    made = []
    for number, each in enumerate(wanted, start=1):
        taken = time.monotonic() - start
        build.say(f"{taken:4.0f} s: wheel {number} of {len(wanted)}, {'-'.join(each.tags)}")
        made.append(pack(each, bindings, options.output))
    build.say(f"{time.monotonic() - start:4.0f} s: checking")
    release_checks.check(made)
    print(f"\n{len(made)} wheels in {time.monotonic() - start:.0f} s, with their sha256sum:")
    for path in made:
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        print(f"{digest}  {path.name}  {len(content) / 1e6:.2f} MB")


if __name__ == "__main__":
    with build.one_line_errors():
        main(sys.argv[1:])
