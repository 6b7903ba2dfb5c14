"""The mutations themselves: each fits the sources as they are, and the table has each."""

import re

import pytest

from ._mutation import GO, PYTHON, ROOT, Mutation
from ._mutations import MUTATIONS

TABLE = ROOT / "docs" / "mutations.md"


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.what)
def test_it_fits_the_sources(mutation: Mutation) -> None:
    assert mutation.applied() != (ROOT / mutation.file).read_text(encoding="utf-8")


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.what)
def test_who_is_asked_exists(mutation: Mutation) -> None:
    assert mutation.asked
    for name in mutation.asked:
        for path in {**GO, **PYTHON}[name]:
            assert path.startswith("-") or (ROOT / path).exists(), path


def test_table_has_each_of_them_and_no_other() -> None:
    rows = re.findall(r"^\| (?!What|---)(.*?) \|", TABLE.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [mutation.what for mutation in MUTATIONS]
