"""The exported file as llama.cpp runs it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.llama_cpp import log_probabilities, serve
from corpusforge.tokenizer.tokenizer import Tokenizer
from trainer.checkpoints.checkpoint import load
from trainer.checkpoints.trained_model import load_model
from trainer.export.export import export
from trainer.model.decoder import Decoder

TEXT = "def add(first, second):\n\treturn first  + second"


@pytest.fixture
def model(checkpoint: Path) -> Decoder:
    return load_model(load(checkpoint), torch.device("cpu"))


def _expected(model: Decoder, ids: Sequence[int]) -> np.ndarray:
    with torch.no_grad():
        hidden = model(torch.tensor([list(ids)]))
        return model.logits(hidden[0, -1]).double().log_softmax(-1).numpy()


@pytest.mark.parametrize(
    ("exact", "dtype", "tolerance"),
    [
        (False, "float32", 0.02),
        (True, "float32", 1e-4),
        (False, "float16", 0.02),
        (False, "bfloat16", 0.05),  # eight bits of a weight are left
    ],
)
def test_llama_cpp_gives_the_same_log_probabilities(
    checkpoint: Path, model: Decoder, tmp_path: Path, exact: bool, dtype: str, tolerance: float
) -> None:
    """Every token's, behind prompts of several lengths; with float32 weights and cache nearly
    exactly."""
    export(checkpoint, None, "gguf", dtype, tmp_path / "exported")
    server = serve(tmp_path / "exported" / "model.gguf", 32, exact=exact)
    for length in (1, 2, 7, 31):
        ids = [(13 * position + 40) % 512 for position in range(length)]
        difference = np.abs(log_probabilities(server, ids, 512, 500) - _expected(model, ids))
        assert difference.max() < tolerance


def test_llama_cpp_reads_text_as_it_was_trained(
    checkpoint: Path, model: Decoder, tokenizer: Tokenizer, tmp_path: Path
) -> None:
    """The same ids, behind the end of a document: spaces, tabs and byte pieces included."""
    export(checkpoint, None, "gguf", "float32", tmp_path / "exported")
    server = serve(tmp_path / "exported" / "model.gguf", 32, exact=True)
    for text in (TEXT, " é\u0301\t\t", "  0x41"):
        ids = [tokenizer.end_of_document, *tokenizer.encode(text).tolist()]
        difference = np.abs(log_probabilities(server, text, 512, 500) - _expected(model, ids))
        assert difference.max() < 1e-4
