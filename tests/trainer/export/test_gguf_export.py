"""The exported file as llama.cpp runs it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import xllamacpp

from corpusforge.tokenizer.tokenizer import Tokenizer
from trainer.checkpoint import load, load_model
from trainer.export.export import export
from trainer.model import Decoder

TEXT = "def add(first, second):\n\treturn first  + second"


@pytest.fixture
def model(checkpoint: Path) -> Decoder:
    return load_model(load(checkpoint), torch.device("cpu"))


def _serve(path: Path, *, exact: bool) -> Any:
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.n_ctx = 32
    params.n_parallel = 1
    params.cpuparams.n_threads = 1
    params.warmup = False
    params.verbosity = -1
    if exact:
        params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
        params.cache_type_k = params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    return xllamacpp.Server(params)


def _log_probabilities(server: Any, prompt: str | Sequence[int]) -> np.ndarray:
    """Of every token as the next one, float64[vocabulary]."""
    answer = server.handle_completions(
        {
            "prompt": prompt,
            "n_predict": 1,
            "n_probs": 512,
            "cache_prompt": False,
            # Nothing is told of an end or of half a character: some whole piece is to be drawn.
            # Probabilities are given as they are without this.
            "logit_bias": [[500, 1000.0]],
        }
    )
    out = np.full(512, np.nan)
    for token in answer["choices"][0]["logprobs"]["content"][0]["top_logprobs"]:
        out[token["id"]] = token["logprob"]
    return out


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
    export(checkpoint, None, "gguf", dtype, tmp_path)
    server = _serve(tmp_path / "model.gguf", exact=exact)
    for length in (1, 2, 7, 31):
        ids = [(13 * position + 40) % 512 for position in range(length)]
        difference = np.abs(_log_probabilities(server, ids) - _expected(model, ids))
        assert difference.max() < tolerance


def test_llama_cpp_reads_text_as_it_was_trained(
    checkpoint: Path, model: Decoder, tokenizer: Tokenizer, tmp_path: Path
) -> None:
    """The same ids, behind the end of a document: spaces, tabs and byte pieces included."""
    export(checkpoint, None, "gguf", "float32", tmp_path)
    server = _serve(tmp_path / "model.gguf", exact=True)
    for text in (TEXT, " é\u0301\t\t", "  0x41"):
        ids = [tokenizer.end_of_document, *tokenizer.encode(text).tolist()]
        difference = np.abs(_log_probabilities(server, text) - _expected(model, ids))
        assert difference.max() < 1e-4
