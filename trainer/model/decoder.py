"""A decoder of the Llama architecture (arxiv.org/abs/2302.13971), with tied embeddings.

Shapes: B sequences, T tokens, D width, H query heads, K key-value heads, E width of a head,
F width of the feed-forward layer, V vocabulary.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.attention.flex_attention import BlockMask, create_block_mask, flex_attention
from torch.utils.checkpoint import checkpoint

from trainer.model.config import ModelConfig


def rotary_tables(config: ModelConfig) -> tuple[Tensor, Tensor]:
    """Cosines and sines of the rotary position embedding, float32 [context, E].

    Component i of a head is paired with component i + E/2, as in Hugging Face's checkpoints; the
    paper (arxiv.org/abs/2104.09864) pairs neighbours instead.
    """
    width = config.head_dim
    # In float32, as in Hugging Face: otherwise far positions differ in the last bits.
    frequencies = 1.0 / config.rope_theta ** (
        torch.arange(0, width, 2, dtype=torch.float32) / width
    )
    angles = torch.outer(torch.arange(config.context, dtype=torch.float32), frequencies)
    angles = torch.cat([angles, angles], dim=-1)
    return angles.cos(), angles.sin()


def rotate(x_BHTE: Tensor, cosines_TE: Tensor, sines_TE: Tensor) -> Tensor:
    """Rotate queries or keys by their positions."""
    first, second = x_BHTE.chunk(2, dim=-1)
    return x_BHTE * cosines_TE + torch.cat([-second, first], dim=-1) * sines_TE


def within_documents(
    tokens_BT: Tensor, end_of_document: int, *, blocks: bool
) -> Tensor | BlockMask:
    """The attention mask of tokens that attend only to their own document, up to themselves.

    The end of a document belongs to the next one, as generation begins with it. Positions are not
    reset, because the rotary embedding only depends on distances.
    bool [B, 1, T, T]; or its blocks, for FlexAttention (arxiv.org/abs/2412.05496).
    """
    documents_BT = (tokens_BT == end_of_document).cumsum(1)
    if not blocks:
        same_BTT = documents_BT[:, :, None] == documents_BT[:, None, :]
        return same_BTT.tril()[:, None]

    def sees(row: Tensor, head: Tensor, query: Tensor, key: Tensor) -> Tensor:
        return (query >= key) & (documents_BT[row, query] == documents_BT[row, key])

    rows, length = tokens_BT.shape
    return create_block_mask(sees, rows, None, length, length, device=tokens_BT.device)


class LayerCache:
    """Keys and values of one layer, [B, K, context, E] each, `length` tokens of them filled."""

    def __init__(self, config: ModelConfig, batch_size: int, device: torch.device) -> None:
        shape = (batch_size, config.num_kv_heads, config.context, config.head_dim)
        self.length = 0
        self._keys = torch.zeros(shape, device=device)
        self._values = torch.zeros(shape, device=device)

    def extend(self, keys_BKTE: Tensor, values_BKTE: Tensor) -> tuple[Tensor, Tensor]:
        """Append new keys and values, and return all of them so far."""
        start, self.length = self.length, self.length + keys_BKTE.shape[2]
        self._keys[:, :, start : self.length] = keys_BKTE
        self._values[:, :, start : self.length] = values_BKTE
        return self._keys[:, :, : self.length], self._values[:, :, : self.length]


class Cache:
    """Keys and values of the tokens read so far, so that each goes through the model only once."""

    def __init__(self, config: ModelConfig, *, batch_size: int = 1, device: torch.device) -> None:
        self.layers = [LayerCache(config, batch_size, device) for _ in range(config.layers)]

    @property
    def length(self) -> int:
        """Tokens read so far."""
        return self.layers[0].length


class Attention(nn.Module):
    """Causal self-attention; each key-value head serves H / K query heads."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.head_dim = config.head_dim
        key_value_dim = config.num_kv_heads * config.head_dim
        self.q_proj = nn.Linear(config.dim, config.dim, bias=False)
        self.k_proj = nn.Linear(config.dim, key_value_dim, bias=False)
        self.v_proj = nn.Linear(config.dim, key_value_dim, bias=False)
        self.o_proj = nn.Linear(config.dim, config.dim, bias=False)
        self.q_norm: nn.Module = nn.Identity()
        self.k_norm: nn.Module = nn.Identity()
        if config.qk_norm:
            self.q_norm = nn.RMSNorm(config.head_dim, eps=config.norm_eps)
            self.k_norm = nn.RMSNorm(config.head_dim, eps=config.norm_eps)

    def forward(
        self,
        x_BTD: Tensor,
        cosines_TE: Tensor,
        sines_TE: Tensor,
        mask: Tensor | BlockMask | None,
        cache: LayerCache | None,
    ) -> Tensor:
        """Attend causally: without a mask and a cache, a token attends to all up to itself."""

        def heads(y_BTD: Tensor) -> Tensor:
            return y_BTD.view(*y_BTD.shape[:2], -1, self.head_dim).transpose(1, 2)

        q_BHTE = rotate(self.q_norm(heads(self.q_proj(x_BTD))), cosines_TE, sines_TE)
        k_BKTE = rotate(self.k_norm(heads(self.k_proj(x_BTD))), cosines_TE, sines_TE)
        v_BKTE = heads(self.v_proj(x_BTD))
        grouped = q_BHTE.shape[1] != k_BKTE.shape[1]
        if cache is not None:
            before = cache.length
            k_BKTE, v_BKTE = cache.extend(k_BKTE, v_BKTE)
            # `is_causal` assumes that the queries are the first tokens; here they are the last.
            shape = (q_BHTE.shape[2], k_BKTE.shape[2])
            mask = torch.ones(shape, dtype=torch.bool, device=x_BTD.device).tril(before)
        if isinstance(mask, BlockMask):
            y_BHTE = flex_attention(q_BHTE, k_BKTE, v_BKTE, block_mask=mask, enable_gqa=grouped)
        else:
            y_BHTE = F.scaled_dot_product_attention(
                q_BHTE, k_BKTE, v_BKTE, mask, is_causal=mask is None, enable_gqa=grouped
            )
        out_BTD: Tensor = self.o_proj(y_BHTE.transpose(1, 2).flatten(2))
        return out_BTD


class FeedForward(nn.Module):
    """SwiGLU (arxiv.org/abs/2002.05202)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(config.dim, config.hidden, bias=False)
        self.up_proj = nn.Linear(config.dim, config.hidden, bias=False)
        self.down_proj = nn.Linear(config.hidden, config.dim, bias=False)

    def forward(self, x_BTD: Tensor) -> Tensor:
        out_BTD: Tensor = self.down_proj(F.silu(self.gate_proj(x_BTD)) * self.up_proj(x_BTD))
        return out_BTD


class Layer(nn.Module):
    """Attention, then feed-forward, each on a normalised copy of the residual stream."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.input_layernorm = nn.RMSNorm(config.dim, eps=config.norm_eps)
        self.self_attn = Attention(config)
        self.post_attention_layernorm = nn.RMSNorm(config.dim, eps=config.norm_eps)
        self.mlp = FeedForward(config)

    def forward(
        self,
        x_BTD: Tensor,
        cosines_TE: Tensor,
        sines_TE: Tensor,
        mask: Tensor | BlockMask | None,
        cache: LayerCache | None,
    ) -> Tensor:
        normalised_BTD = self.input_layernorm(x_BTD)
        x_BTD = x_BTD + self.self_attn(normalised_BTD, cosines_TE, sines_TE, mask, cache)
        out_BTD: Tensor = x_BTD + self.mlp(self.post_attention_layernorm(x_BTD))
        return out_BTD


class Decoder(nn.Module):
    """Maps tokens to hidden states, and hidden states to logits.

    Parameters have the names of Hugging Face's `LlamaModel`, so that weights can be exchanged
    unchanged.
    """

    cosines: Tensor
    sines: Tensor

    def __init__(self, config: ModelConfig, vocab_size: int) -> None:
        super().__init__()
        self.config = config
        self.embed_tokens = nn.Embedding(vocab_size, config.dim)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.layers))
        self.norm = nn.RMSNorm(config.dim, eps=config.norm_eps)
        cosines, sines = rotary_tables(config)
        self.register_buffer("cosines", cosines, persistent=False)
        self.register_buffer("sines", sines, persistent=False)
        # Whether the backward pass recomputes the activations of a layer from its input.
        self.recompute = False
        self._end_of_document: int | None = None
        self._in_blocks = False

    def separate_documents(self, end_of_document: int, *, blocks: bool) -> None:
        """Make tokens attend only to their own document, unless a cache is used.

        `blocks`: by FlexAttention, which is fast if it is compiled for a GPU, and which a CPU
        cannot train with.
        """
        self._end_of_document = end_of_document
        self._in_blocks = blocks

    def forward(self, tokens_BT: Tensor, cache: Cache | None = None) -> Tensor:
        """Hidden states [B, T, D] of tokens, which follow those in the cache, if any."""
        mask: Tensor | BlockMask | None = None
        if self._end_of_document is not None and cache is None:
            mask = within_documents(tokens_BT, self._end_of_document, blocks=self._in_blocks)
        start = 0 if cache is None else cache.length
        end = start + tokens_BT.shape[1]
        cosines_TE, sines_TE = self.cosines[start:end], self.sines[start:end]
        x_BTD = self.embed_tokens(tokens_BT)
        caches = [None] * len(self.layers) if cache is None else cache.layers
        for layer, layer_cache in zip(self.layers, caches, strict=True):
            arguments = (x_BTD, cosines_TE, sines_TE, mask, layer_cache)
            if self.recompute and layer_cache is None:
                # Nothing in a layer is random, so no generator state has to be preserved.
                x_BTD = checkpoint(layer, *arguments, use_reentrant=False, preserve_rng_state=False)
            else:
                x_BTD = layer(*arguments)
        hidden_BTD: Tensor = self.norm(x_BTD)
        return hidden_BTD

    @property
    def head(self) -> Tensor:
        """The output matrix [V, D], which is that of the embedding."""
        return self.embed_tokens.weight

    def logits(self, hidden_BTD: Tensor) -> Tensor:
        """Scores of every token as the next one: [..., V]."""
        return soft_capped(F.linear(hidden_BTD, self.head), self.config.logit_soft_cap)


def soft_capped(logits: Tensor, cap: float | None) -> Tensor:
    """Cap logits smoothly to (-cap, cap); None: return them unchanged."""
    return logits if cap is None else cap * torch.tanh(logits / cap)


def initialize(model: Decoder, seed: int) -> None:
    """Draw the first weights of a model; they are the same on every device."""
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in model.named_parameters():
        if parameter.ndim == 1:
            nn.init.ones_(parameter)
        else:
            std = model.config.first_std_of(name)
            values = torch.empty(parameter.shape).normal_(0.0, std, generator=generator)
            with torch.no_grad():
                parameter.copy_(values)
