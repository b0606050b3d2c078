"""Log-probabilities of texts beside sums by hand, and the adapter through which tasks ask them."""

from abc import ABC, abstractmethod
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from click.testing import CliRunner

from corpusforge.tokenizer.tokenizer import Tokenizer
from trainer.cli import cli
from trainer.evaluation.harness import make_adapter
from trainer.evaluation.likelihood import TextModel
from trainer.generation.sampling import SamplingConfig
from trainer.model.config import ModelConfig
from trainer.model.decoder import Decoder, initialize

CONTEXT = 16


@pytest.fixture
def text_model(tokenizer: Tokenizer) -> TextModel:
    config = ModelConfig(dim=32, layers=1, heads=2, hidden=48, context=CONTEXT)
    model = Decoder(config, tokenizer.vocab_size).requires_grad_(False)
    initialize(model, 0)
    return TextModel(model, tokenizer)


def _log_probabilities(text_model: TextModel, ids: list[int]) -> torch.Tensor:
    """Of every id but the first, one window for each, with as much context as there is room."""
    model = text_model.model
    out = []
    for place in range(1, len(ids)):
        before = torch.tensor([ids[max(0, place - CONTEXT) : place]])
        out.append(model.logits(model(before)[0, -1]).log_softmax(-1)[ids[place]])
    return torch.stack(out)


def test_a_continuation_is_scored_behind_its_context(text_model: TextModel) -> None:
    """A space at the context's end belongs to the continuation."""
    tokenizer = text_model.tokenizer
    ids = [tokenizer.end_of_document, *tokenizer.encode("def f(x): return").tolist()]
    assert len(ids) <= CONTEXT
    expected = _log_probabilities(text_model, ids)[len(tokenizer.encode("def f(x):")) :].sum()
    score, _ = text_model.continuation("def f(x):", " return")
    assert score == pytest.approx(expected.item(), abs=1e-4)
    assert text_model.continuation("def f(x): ", "return")[0] == score


def test_a_text_of_one_window_is_scored_whole(text_model: TextModel) -> None:
    """Its first token behind the end of a document."""
    tokenizer = text_model.tokenizer
    ids = [tokenizer.end_of_document, *tokenizer.encode("x = 1").tolist()]
    expected = _log_probabilities(text_model, ids).sum().item()
    assert text_model.whole("x = 1") == pytest.approx(expected, abs=1e-4)
    assert text_model.continuation("", "x = 1")[0] == pytest.approx(expected, abs=1e-4)


def test_every_token_of_a_long_text_is_scored_once(text_model: TextModel) -> None:
    """Windows follow each other; the last has a whole context before its end."""
    tokenizer = text_model.tokenizer
    text = "for item in items:\n    total += item\n" * 3
    ids = [tokenizer.end_of_document, *tokenizer.encode(text).tolist()]
    assert len(ids) > 2 * CONTEXT + 1
    model, expected = text_model.model, 0.0
    for start in range(1, len(ids), CONTEXT):
        end = min(start + CONTEXT, len(ids))
        window = torch.tensor([ids[end - 1 - CONTEXT : end - 1]])
        scores = model.logits(model(window)[0]).log_softmax(-1)[-(end - start) :]
        expected += scores[torch.arange(end - start), ids[start:end]].sum().item()
    assert text_model.whole(text) == pytest.approx(expected, abs=1e-3)


def test_only_the_likeliest_continuation_is_greedy(text_model: TextModel) -> None:
    """Of all pieces that can follow `def` as text, the one that is drawn at temperature 0."""
    tokenizer, model = text_model.tokenizer, text_model.model
    prompt = [tokenizer.end_of_document, *tokenizer.encode("def").tolist()]
    likeliest = int(model.logits(model(torch.tensor([prompt]))[0, -1]).argmax())
    pieces = {id: tokenizer.decode([id]) for id in range(tokenizer.vocab_size)}
    greedy = [
        id
        for id, piece in pieces.items()
        if tokenizer.encode("def" + piece).tolist() == [*prompt[1:], id]
        and text_model.continuation("def", piece)[1]
    ]
    assert greedy == [likeliest]


def test_generation_ends_before_a_stop(text_model: TextModel) -> None:
    """The stop itself is left out; a prompt that is too long is read from its end."""
    sampling = SamplingConfig(max_new_tokens=8, temperature=0)
    whole = text_model.until("a" * 100, [], sampling)
    assert len(whole) > 2
    assert text_model.until("a" * 100, [whole[2:]], sampling) == whole[: whole.find(whole[2:])]


class _Base(ABC):
    """What lm_eval.api.model.LM asks of a model."""

    @abstractmethod
    def loglikelihood(self, requests: Any) -> Any: ...

    @abstractmethod
    def loglikelihood_rolling(self, requests: Any) -> Any: ...

    @abstractmethod
    def generate_until(self, requests: Any) -> Any: ...


def test_requests_of_the_harness_are_answered_in_order(text_model: TextModel) -> None:
    """Of all three kinds."""
    adapter = make_adapter(_Base, text_model)
    pairs = [SimpleNamespace(args=("x =", " 1")), SimpleNamespace(args=("x =", " y"))]
    assert adapter.loglikelihood(pairs) == [text_model.continuation(*pair.args) for pair in pairs]
    texts = [SimpleNamespace(args=("x = 1",))]
    assert adapter.loglikelihood_rolling(texts) == [text_model.whole("x = 1")]
    options = {"until": "\n", "max_gen_toks": 4, "do_sample": False, "temperature": 0.7}
    greedy = SamplingConfig(max_new_tokens=4, temperature=0, top_p=1)
    written = adapter.generate_until([SimpleNamespace(args=("x", options))])
    assert written == [text_model.until("x", ["\n"], greedy)]


def test_a_missing_harness_is_one_message(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names the extra that brings it."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    result = CliRunner().invoke(
        cli, ["harness", "--checkpoint", str(checkpoint), "--tasks", "hellaswag"]
    )
    assert result.exit_code == 1
    assert "pip install 'corpusforge[harness]'" in result.stderr
