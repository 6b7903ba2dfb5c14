"""What setuptools runs to make a wheel: the same for `pip wheel .` and for those of a release."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from setuptools import Extension
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build import build as build_command
from setuptools.command.build_ext import build_ext

import build
import build_machine
import build_sbom

# Times and umasks make no difference to a wheel.
os.environ.setdefault("SOURCE_DATE_EPOCH", "315532800")  # 1980, where zip files' time begins
FOLDER, FILE, LIBRARY = 0o755, 0o644, 0o755


class Build(build_command):
    def run(self) -> None:
        build_machine.check_machine()  # before a hundred lines that say what is copied
        # Modules that are gone from the tree would be packed from its last build.
        shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()


class BuildExtension(build_ext):
    def build_extension(self, ext: Extension) -> None:
        make = build.EXTENSIONS[ext.name.rpartition(".")[2]]
        with build.one_line_errors():
            make(Path(self.get_ext_fullpath(ext.name)))


class Wheel(bdist_wheel):
    def run(self) -> None:
        shutil.rmtree(self.bdist_dir, ignore_errors=True)  # of a build that has failed
        super().run()

    def write_wheelfile(self, wheelfile_base: str, *arguments: Any, **options: Any) -> None:
        super().write_wheelfile(wheelfile_base, *arguments, **options)  # the last one but this:
        folder = Path(self.bdist_dir)
        if Path(wheelfile_base).parent != folder:
            return  # that of an editable install: it packs no library
        (library,) = folder.glob("shm_pub_sub/_shmpubsub*.so")
        build_sbom.write(Path(wheelfile_base), library, self.distribution.get_version())
        for path in folder.rglob("*"):  # packed next
            path.chmod(FOLDER if path.is_dir() else LIBRARY if path.suffix == ".so" else FILE)


def settings() -> dict[str, Any]:
    """Return the arguments of setup() that need code; all others are in pyproject.toml."""
    build_machine.make_build_folder()
    return {
        "ext_modules": [Extension(f"shm_pub_sub.{name}", sources=[]) for name in build.EXTENSIONS],
        "cmdclass": {"build": Build, "build_ext": BuildExtension, "bdist_wheel": Wheel},
        # Nothing is written beside the sources.
        "options": {"egg_info": {"egg_base": str(build_machine.BUILD)}},
    }
