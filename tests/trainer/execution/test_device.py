"""The choice of device, number format and compiler."""

import ctypes
import os
import resource

import pytest
import torch

from trainer.execution.device import ExecutionConfig, _cpu_has_fast_bfloat16, choose_execution


@pytest.mark.parametrize(
    ("matrix_units", "dot_products", "vendor", "expected"),
    [
        (True, True, "GenuineIntel", True),  # Sapphire Rapids and later
        (False, True, "GenuineIntel", False),  # the same in a virtual machine that hides them
        (False, True, "AuthenticAMD", True),  # Zen 4
        (False, False, "AuthenticAMD", False),
        (False, False, "", False),
    ],
)
def test_bfloat16_is_chosen_where_it_is_faster(
    matrix_units: bool, dot_products: bool, vendor: str, expected: bool
) -> None:
    """By the processor's features: a measurement could vary, and a resumed run with it."""
    is_fast = _cpu_has_fast_bfloat16(
        matrix_units=matrix_units, dot_products=dot_products, vendor=vendor
    )
    assert is_fast is expected


@pytest.mark.skipif(
    os.name != "posix" or not hasattr(ctypes.CDLL(None), "mallopt"),
    reason="only glibc can be told to keep memory",
)
def test_freed_memory_is_used_again_without_asking_the_system() -> None:
    """A tensor of 40 MB reuses the 10,000 pages of an earlier one. The best of five attempts,
    because a small allocation in between may prevent it."""
    choose_execution(ExecutionConfig(device="cpu", compile="off"), lambda line: None)
    new_pages = []
    for _ in range(6):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        torch.ones(10_000_000)
        new_pages.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
    assert min(new_pages[1:]) < 1000
