"""Licences are read in several threads at the same time."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from corpusforge.config import LicenseConfig
from corpusforge.licensing.expression import read_declaration, spdx
from corpusforge.licensing.policy import decide

NAMES = ["MIT", "ISC", "Zlib", "Apache-2.0", "BSD-3-Clause", "GPL-3.0-only", "MPL-2.0", "0BSD"]
DECLARED = [f"{a} OR ({b} AND {c})" for a in NAMES for b in NAMES for c in NAMES]


@pytest.fixture
def impatient_threads() -> Iterator[None]:
    """Make threads switch as often as possible."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def _forget() -> None:
    for function in (read_declaration, decide, spdx):
        function.cache_clear()


@pytest.mark.usefixtures("impatient_threads")
def test_threads_read_what_one_thread_reads() -> None:
    """The parser has state; without a lock, threads would read one another's licences."""
    config = LicenseConfig()

    def answer(declared: str) -> tuple[str | None, object]:
        expression = read_declaration(declared)
        return expression, decide(expression, config)

    _forget()
    alone = [answer(declared) for declared in DECLARED]
    _forget()
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(answer, DECLARED)) == alone
