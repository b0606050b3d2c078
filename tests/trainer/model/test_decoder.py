"""The decoder, compared with Hugging Face's Llama with the same weights."""

import pytest
import torch
from transformers import LlamaForCausalLM, Qwen3Config, Qwen3ForCausalLM

from benchmarks.model_peers import hugging_face_llama
from trainer.model.config import ModelConfig, num_parameters
from trainer.model.decoder import Cache, Decoder, initialize, soft_capped

VOCAB_SIZE = 300
TINY = ModelConfig(dim=64, layers=3, heads=4, hidden=96, context=48, rope_theta=5000.0)


def _model(config: ModelConfig, seed: int = 0) -> Decoder:
    model = Decoder(config, VOCAB_SIZE)
    initialize(model, seed)
    for parameter in model.parameters():
        # Norms start at one; anything else shows a norm that is applied in the wrong place.
        torch.nn.init.normal_(parameter, std=0.3, generator=torch.Generator().manual_seed(seed))
    return model


def _tokens(length: int) -> torch.Tensor:
    return torch.randint(VOCAB_SIZE, (2, length), generator=torch.Generator().manual_seed(1))


def _assert_logits_of(judge: LlamaForCausalLM | Qwen3ForCausalLM, model: Decoder) -> None:
    judge.model.load_state_dict(model.state_dict())
    tokens = _tokens(model.config.context)
    with torch.no_grad():
        expected = judge(tokens).logits
        logits = model.logits(model(tokens))
    assert expected.std() > 0.5
    torch.testing.assert_close(logits, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kv_heads", [None, 2, 1])
def test_logits_are_those_of_hugging_face(kv_heads: int | None) -> None:
    """The same weights give the same logits, with and without grouped queries."""
    config = TINY.model_copy(update={"kv_heads": kv_heads})
    model = _model(config)
    judge = hugging_face_llama(config, VOCAB_SIZE, attention="eager")
    _assert_logits_of(judge, model)


def test_a_cache_gives_the_logits_of_the_whole_text() -> None:
    """Reading a text in pieces of any length equals reading it in one call."""
    model = _model(TINY.model_copy(update={"kv_heads": 2}))
    tokens = _tokens(40)
    cache = Cache(model.config, batch_size=2, device=torch.device("cpu"))
    with torch.no_grad():
        whole = model.logits(model(tokens))
        pieces = [model.logits(model(piece, cache)) for piece in tokens.split([17, 1, 1, 15, 6], 1)]
    torch.testing.assert_close(torch.cat(pieces, 1), whole, rtol=1e-4, atol=1e-4)
    assert cache.length == 40


def test_no_token_sees_a_later_one() -> None:
    """Changing the last token changes no logits before it."""
    model = _model(TINY)
    tokens = _tokens(20)
    other = tokens.clone()
    other[:, -1] = (other[:, -1] + 1) % VOCAB_SIZE
    with torch.no_grad():
        first, second = model(tokens), model(other)
    assert torch.equal(first[:, :-1], second[:, :-1])
    assert not torch.equal(first[:, -1], second[:, -1])


def test_normalised_queries_and_keys_are_those_of_qwen() -> None:
    """Hugging Face's Qwen 3 gives the same logits; the weights of the norms are not one."""
    config = TINY.model_copy(update={"qk_norm": True, "kv_heads": 2})
    model = _model(config)
    judge = Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=VOCAB_SIZE,
            hidden_size=config.dim,
            intermediate_size=config.hidden,
            num_hidden_layers=config.layers,
            num_attention_heads=config.heads,
            num_key_value_heads=config.num_kv_heads,
            head_dim=config.head_dim,
            max_position_embeddings=config.context,
            rms_norm_eps=config.norm_eps,
            rope_parameters={"rope_type": "default", "rope_theta": config.rope_theta},
            tie_word_embeddings=True,
            attn_implementation="eager",
        )
    )
    _assert_logits_of(judge, model)
    assert num_parameters(config, VOCAB_SIZE) == sum(p.numel() for p in model.parameters())


def test_capped_logits_stay_below_the_cap() -> None:
    """Small logits hardly change."""
    capped = soft_capped(torch.tensor([0.3, -3.0, 30.0, 3000.0]), 30.0)
    expected = torch.tensor([0.29999, -2.99003, 22.84783, 30.0])
    torch.testing.assert_close(capped, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kv_heads", [None, 2])
def test_the_count_of_parameters_is_the_models(kv_heads: int | None) -> None:
    """The formula counts what is allocated."""
    config = TINY.model_copy(update={"kv_heads": kv_heads})
    allocated = sum(parameter.numel() for parameter in Decoder(config, VOCAB_SIZE).parameters())
    assert num_parameters(config, VOCAB_SIZE) == allocated


def test_first_weights_depend_on_the_seed_alone() -> None:
    """Equal seeds give equal weights; matrices that write to the residual stream start smaller."""
    models = [Decoder(TINY, VOCAB_SIZE) for _ in range(3)]
    for model, seed in zip(models, (5, 5, 6), strict=True):
        initialize(model, seed)
    first, same, other = (model.state_dict() for model in models)
    assert all(torch.equal(first[name], same[name]) for name in first)
    assert not torch.equal(first["embed_tokens.weight"], other["embed_tokens.weight"])
    assert first["layers.0.mlp.up_proj.weight"].std().item() == pytest.approx(0.125, rel=0.05)
    assert first["layers.0.mlp.down_proj.weight"].std().item() == pytest.approx(
        0.125 / 6**0.5, rel=0.05
    )


DOCUMENT_END = 7


def _packed() -> tuple[torch.Tensor, list[torch.Tensor]]:
    """A window of documents followed by padding, and each document by itself, all after an end."""
    lengths = (5, 1, 20, 9)
    documents = [
        _tokens(48)[0, start : start + n] for start, n in zip((0, 5, 6, 26), lengths, strict=True)
    ]
    for document in documents:
        document[document == DOCUMENT_END] += 1
    end = torch.tensor([DOCUMENT_END])
    window = torch.cat([*(torch.cat([end, document]) for document in documents), end.expand(4)])
    return window[None], [torch.cat([end, document])[None] for document in documents]


def test_documents_in_a_window_do_not_see_one_another() -> None:
    """Logits and gradients of a packed window are those of its documents by themselves."""
    model = _model(TINY.model_copy(update={"kv_heads": 2}))
    window, documents = _packed()
    alone = torch.cat([model.logits(model(document)) for document in documents], 1)
    crossing = model.logits(model(window))[:, : alone.shape[1]]
    assert (crossing - alone).abs().max() > 0.1

    model.separate_documents(DOCUMENT_END, blocks=False)
    packed = model.logits(model(window))[:, : alone.shape[1]]
    torch.testing.assert_close(packed, alone, rtol=1e-4, atol=1e-4)
    weights = list(model.parameters())
    of_packed = torch.autograd.grad(packed.square().sum(), weights)
    of_alone = torch.autograd.grad(alone.square().sum(), weights)
    for mine, theirs in zip(of_packed, of_alone, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-3, atol=1e-3 * float(theirs.abs().max()))


@pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile")
@torch.no_grad()
def test_blocks_are_the_same_mask() -> None:
    """FlexAttention, which a GPU trains with; here its reference, and only the forward pass."""
    model = _model(TINY.model_copy(update={"kv_heads": 2}))
    window, _ = _packed()
    model.separate_documents(DOCUMENT_END, blocks=False)
    expected = model.logits(model(window))
    model.separate_documents(DOCUMENT_END, blocks=True)
    torch.testing.assert_close(model.logits(model(window)), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.filterwarnings("ignore")  # what torch says while it compiles is its own affair
def test_separated_documents_are_the_same_compiled() -> None:
    """With a compiled layer, as in training, and its gradient."""
    model = _model(TINY.model_copy(update={"layers": 1}))
    window, _ = _packed()
    model.separate_documents(DOCUMENT_END, blocks=False)

    def logits_and_gradient() -> tuple[torch.Tensor, torch.Tensor]:
        logits = model.logits(model(window))
        return logits, torch.autograd.grad(logits.square().sum(), model.head)[0]

    expected, gradient = logits_and_gradient()
    model.layers[0].compile(dynamic=False)
    logits, compiled_gradient = logits_and_gradient()
    torch.testing.assert_close(logits, expected, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(compiled_gradient, gradient, rtol=1e-3, atol=1e-2)


def test_first_weights_have_the_deviation_of_their_group() -> None:
    """Groups that are not set have the default; the same random numbers are drawn."""
    grouped = {"embedding_init_std": 1.0, "writing_init_std": 0.0}
    models = [Decoder(TINY.model_copy(update=update), VOCAB_SIZE) for update in ({}, grouped)]
    for model in models:
        initialize(model, 5)
    usual, first = (model.state_dict() for model in models)
    assert first["embed_tokens.weight"].std().item() == pytest.approx(1.0, rel=0.05)
    for name, tensor in first.items():
        if name.endswith(("o_proj.weight", "down_proj.weight")):
            assert not tensor.any()
        elif name != "embed_tokens.weight":
            assert torch.equal(tensor, usual[name])
    reading = Decoder(TINY.model_copy(update={"reading_init_std": 0.5}), VOCAB_SIZE)
    initialize(reading, 5)
    for name in ("self_attn.v_proj.weight", "mlp.gate_proj.weight"):
        deviation = reading.state_dict()[f"layers.1.{name}"].std().item()
        assert deviation == pytest.approx(0.5, rel=0.05)
