"""Exported models compared with the original, and the sandbox on problems with known solutions.

`python -m benchmarks.export RUN [HumanEval.jsonl.gz]`. The run is not changed.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging

from benchmarks.llama_cpp import log_probabilities, serve
from benchmarks.machine import heading
from corpusforge.shards.reader import ShardSet
from corpusforge.storage.layout import Layout
from corpusforge.tokenizer.load import load_tokenizer
from trainer.checkpoints.checkpoint import load
from trainer.checkpoints.trained_model import load_model
from trainer.evaluation.sandbox import Limits
from trainer.evaluation.solve import solve_by_reference
from trainer.export.export import export
from trainer.model.decoder import Decoder

NUM_TEXTS = 500
TEXT_TOKENS = 2_000
NUM_PROMPTS = 40


def main() -> None:
    run = Path(sys.argv[1])
    checkpoint = run / "checkpoints" / "best.pt"
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    model = load_model(load(checkpoint), torch.device("cpu"))
    print(heading(f"Exported models (python -m benchmarks.export {run})"))
    print("| what | result |\n|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for format in ("huggingface", "gguf"):
            started = time.perf_counter()
            export(checkpoint, None, format, "float32", Path(folder) / format)
            print(f"| export to {format} | {time.perf_counter() - started:.1f} s |")
        _compare_transformers(run, model, Path(folder) / "huggingface")
        _compare_llama_cpp(run, model, Path(folder) / "gguf" / "model.gguf")
    if len(sys.argv) > 2:
        started = time.perf_counter()
        report = solve_by_reference(Path(sys.argv[2]), Limits(), workers=2)
        passed = report.outcomes["passed"]
        seconds = time.perf_counter() - started
        print(
            f"| HumanEval's own solutions in the sandbox, 2 at a time "
            f"| {passed} of {len(report.answers)} pass, {seconds:.1f} s |"
        )


def _compare_transformers(run: Path, model: Decoder, directory: Path) -> None:
    ours, theirs = load_tokenizer(run), AutoTokenizer.from_pretrained(directory)
    texts = [ours.decode(ids) for ids in _windows(run, TEXT_TOKENS, NUM_TEXTS)]
    encoded = [theirs(text, split_special_tokens=True)["input_ids"] for text in texts]
    equal = sum(ids == ours.encode(text).tolist() for ids, text in zip(encoded, texts, strict=True))
    size = sum(len(text.encode()) for text in texts) / 1e6
    print(f"| held-out texts ({size:.1f} MB) with equal ids | {equal} of {len(texts)} |")
    judge = AutoModelForCausalLM.from_pretrained(directory)
    difference = 0.0
    with torch.no_grad():
        for ids in _windows(run, model.config.context, 8):
            tokens = torch.from_numpy(ids.astype(np.int64))[None]
            logits = model.logits(model(tokens))
            difference = max(difference, (judge(tokens).logits - logits).abs().max().item())
    print(f"| transformers: largest difference of a logit | {difference:.1e} |")


def _compare_llama_cpp(run: Path, model: Decoder, path: Path) -> None:
    vocab_size, context = len(model.head), model.config.context
    newline = int(load_tokenizer(run).encode("\n")[0])
    for name, exact in (("default settings", False), ("float32 cache, no flash attention", True)):
        server = serve(path, context, exact=exact)
        difference = 0.0
        for number, window in enumerate(_windows(run, context - 1, NUM_PROMPTS)):
            ids = window[: 1 + number * (context - 2) // NUM_PROMPTS].tolist()
            with torch.no_grad():
                logits = model.logits(model(torch.tensor([ids]))[0, -1])
            expected = logits.double().log_softmax(-1).numpy()
            given = log_probabilities(server, ids, vocab_size, newline)
            difference = max(difference, float(np.abs(given - expected).max()))
        print(f"| llama.cpp, {name}: largest difference of a log-probability | {difference:.1e} |")


def _windows(run: Path, length: int, count: int) -> Iterator[np.ndarray]:
    """Yield runs of held-out tokens, spread over the first source."""
    shards = ShardSet(Layout(run).shards)
    stream = shards.stream("validation", next(iter(shards.sources("validation"))))
    for start in np.linspace(0, stream.num_tokens - length, count).astype(int).tolist():
        out = np.empty(length, np.uint16)
        stream.read(start, out)
        yield out


if __name__ == "__main__":
    main()
