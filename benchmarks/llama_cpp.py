"""llama.cpp, to check exported models."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xllamacpp


def serve(path: Path, context: int, *, exact: bool) -> Any:
    """Serve a GGUF file with llama.cpp.

    The settings are the default ones, or with `exact`, no flash attention and a float32 cache.
    """
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.n_ctx = context
    params.n_parallel = 1
    params.cpuparams.n_threads = 1
    params.warmup = False
    params.verbosity = -1
    if exact:
        params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
        params.cache_type_k = params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    return xllamacpp.Server(params)


def log_probabilities(
    server: Any, prompt: str | Sequence[int], vocab_size: int, drawn: int
) -> npt.NDArray[np.float64]:
    """Return the log-probability of every token as the next one, float64[vocab_size].

    The server is made to draw the token `drawn`, which must be a piece of whole characters: for an
    end or a part of a character it returns no probabilities. They do not include this bias.
    """
    answer = server.handle_completions(
        {
            "prompt": prompt if isinstance(prompt, str) else list(prompt),
            "n_predict": 1,
            "n_probs": vocab_size,
            "cache_prompt": False,
            "logit_bias": [[drawn, 1000.0]],
        }
    )
    out = np.full(vocab_size, np.nan)
    for token in answer["choices"][0]["logprobs"]["content"][0]["top_logprobs"]:
        out[token["id"]] = token["logprob"]
    return out
