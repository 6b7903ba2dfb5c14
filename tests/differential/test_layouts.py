"""Where the fields of random records are: for the library, ctypes, numpy and a C compiler."""

import ctypes
import json
import os
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shm_pub_sub._types import spec_of
from support.counts import RECORDS, dice
from support.programs import run
from support.records import Part, random_record

C = """
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

%s

static const size_t asked[] = {
%s
};

int
main(void)
{
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        printf("%%zu ", asked[i]);
    }
}
"""
COMPILER = shlex.split(os.environ.get("CC", "gcc"))


def of_library(described: Any) -> Iterator[list[int]]:
    """Yield the size and the offsets of a record in a descriptor, and of each one in it."""
    yield [described["size"], *(offset for _, _, offset in described["fields"])]
    for _, kind, _ in described["fields"]:
        if isinstance(kind, dict):
            inner = kind if kind["kind"] == "record" else kind.get("dtype")
            if isinstance(inner, dict):
                yield from of_library(inner)


def records_in(record: Part) -> Iterator[Part]:
    """Yield a record, and each one in it, in that order."""
    yield record
    for _, part in record.fields:
        if part.kind in ("record", "records", "table"):
            yield from records_in(part.element)


def of_ctypes(record: Part) -> Iterator[list[int]]:
    for each in records_in(record):
        struct = each.ctypes
        yield [ctypes.sizeof(struct), *(getattr(struct, name).offset for name, _ in each.fields)]


def of_numpy(record: Part) -> Iterator[list[int]]:
    for each in records_in(record):
        dtype = each.numpy
        assert dtype.fields is not None
        yield [dtype.itemsize, *(dtype.fields[name][1] for name, _ in each.fields)]


def of_c(records: list[Part], folder: Path) -> list[list[int]]:
    """Ask a compiler, by one program for all of them."""
    declared: list[str] = []
    asked = []
    for record in records:
        for each in records_in(record):
            each.c("whole", declared)
            struct = f"struct s{len(declared) - 1}"
            offsets = [f"offsetof({struct}, {name})" for name, _ in each.fields]
            asked.append(", ".join([str(1 + len(offsets)), f"sizeof({struct})", *offsets]))
    source, program = folder / "layouts.c", folder / "layouts"
    source.write_text(C % ("\n".join(declared), ",\n".join(asked)))
    built = run(*COMPILER, "-std=gnu11", "-O0", source, "-o", program, timeout=300)
    assert built.returncode == 0, built.stderr
    numbers = iter(map(int, run(program, check=True).stdout.split()))
    return [[next(numbers) for _ in range(count)] for count in numbers]


@pytest.mark.skipif(shutil.which(COMPILER[0]) is None, reason=f"no {COMPILER[0]} here")
def test_fields_are_where_ctypes_numpy_and_a_c_compiler_have_them(tmp_path: Path) -> None:
    rng = dice()
    records = [random_record(rng) for _ in range(RECORDS)]
    from_c = iter(of_c(records, tmp_path))
    for record in records:
        descriptor = spec_of("topic", record.default).descriptor
        found = list(of_library(json.loads(descriptor)))
        assert found == list(of_ctypes(record)), descriptor
        assert found == list(of_numpy(record)), descriptor
        assert found == [next(from_c) for _ in found], descriptor
    assert next(from_c, None) is None


def test_structures_and_dtypes_are_those_records() -> None:
    """A ctypes.Structure and a structured dtype keep their own offsets, which are the same."""
    rng = dice()
    for _ in range(RECORDS):
        record = random_record(rng, fixed=True)
        ours = json.loads(spec_of("topic", record.default).descriptor)
        ours.pop("name", None)
        kinds = [np.zeros((), record.numpy)[()]]
        if not any(part.dtype.startswith("c") for _, part in record.fields):
            kinds.append(record.ctypes())
        for kind in kinds:
            found = json.loads(spec_of("topic", kind).descriptor)
            found.pop("name", None)
            assert found == ours
