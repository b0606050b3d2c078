"""Models to compare with: GPT-2's architecture as in nanoGPT, and Hugging Face's Llama.

The first is written from the papers (GPT-2; Language Models are Few-Shot Learners,
arxiv.org/abs/2005.14165) and follows nanoGPT's choices: no biases, a fused product for queries,
keys and values, the output matrix tied to the embedding, the loss over all logits in one call.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import LlamaConfig, LlamaForCausalLM

from trainer.data.targets import NOT_COUNTED
from trainer.model.config import ModelConfig


class Gpt2(nn.Module):
    """GPT-2: learned positions, LayerNorm, GELU. Maps tokens [B, T] to the mean loss."""

    def __init__(self, vocab_size: int, context: int, dim: int, layers: int, heads: int) -> None:
        super().__init__()
        self.tokens = nn.Embedding(vocab_size, dim)
        self.positions = nn.Embedding(context, dim)
        self.blocks = nn.ModuleList(_Block(dim, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(dim, bias=False)
        for name, parameter in self.named_parameters():
            if parameter.ndim > 1:
                # Matrices that write to the residual stream start smaller in deeper models.
                to_residual = name.endswith(("attention_out.weight", "mlp_out.weight"))
                std = 0.02 / math.sqrt(2 * layers) if to_residual else 0.02
                nn.init.normal_(parameter, std=std)

    def forward(self, tokens_BT: Tensor, targets_BT: Tensor) -> Tensor:
        places_T = torch.arange(tokens_BT.shape[1], device=tokens_BT.device)
        x_BTD = self.tokens(tokens_BT) + self.positions(places_T)
        for block in self.blocks:
            x_BTD = block(x_BTD)
        logits_BTV = F.linear(self.norm(x_BTD), self.tokens.weight)
        return F.cross_entropy(
            logits_BTV.flatten(0, 1), targets_BT.flatten(), ignore_index=NOT_COUNTED
        )


class _Block(nn.Module):
    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.attention_norm = nn.LayerNorm(dim, bias=False)
        self.attention_in = nn.Linear(dim, 3 * dim, bias=False)
        self.attention_out = nn.Linear(dim, dim, bias=False)
        self.mlp_norm = nn.LayerNorm(dim, bias=False)
        self.mlp_in = nn.Linear(dim, 4 * dim, bias=False)
        self.mlp_out = nn.Linear(4 * dim, dim, bias=False)

    def forward(self, x_BTD: Tensor) -> Tensor:
        batch, length, dim = x_BTD.shape
        q_k_v = self.attention_in(self.attention_norm(x_BTD)).split(dim, dim=2)
        q_BHTE, k_BHTE, v_BHTE = (
            y.view(batch, length, self.heads, -1).transpose(1, 2) for y in q_k_v
        )
        y_BHTE = F.scaled_dot_product_attention(q_BHTE, k_BHTE, v_BHTE, is_causal=True)
        x_BTD = x_BTD + self.attention_out(y_BHTE.transpose(1, 2).flatten(2))
        hidden = F.gelu(self.mlp_in(self.mlp_norm(x_BTD)))
        out_BTD: Tensor = x_BTD + self.mlp_out(hidden)
        return out_BTD


def hugging_face_llama(
    config: ModelConfig, vocab_size: int, *, attention: str = "sdpa"
) -> LlamaForCausalLM:
    """Return the model of transformers with the same shape."""
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=vocab_size,
            hidden_size=config.dim,
            intermediate_size=config.hidden,
            num_hidden_layers=config.layers,
            num_attention_heads=config.heads,
            num_key_value_heads=config.num_kv_heads,
            max_position_embeddings=config.context,
            rms_norm_eps=config.norm_eps,
            rope_parameters={"rope_type": "default", "rope_theta": config.rope_theta},
            tie_word_embeddings=True,
            use_cache=False,
            attn_implementation=attention,  # type: ignore[call-arg]
        )
    )


class Llama(nn.Module):
    """LlamaForCausalLM of transformers with its own loss. Maps tokens [B, T] to the mean loss."""

    def __init__(self, config: ModelConfig, vocab_size: int) -> None:
        super().__init__()
        self.model = hugging_face_llama(config, vocab_size)

    def forward(self, tokens_BT: Tensor, targets_BT: Tensor) -> Tensor:
        # With only `labels`, targets would be shifted once more. -100 marks targets not counted.
        targets_BT = targets_BT.masked_fill(targets_BT == NOT_COUNTED, -100)
        answer = self.model(input_ids=tokens_BT, labels=tokens_BT, shift_labels=targets_BT)
        loss: Tensor = answer.loss
        return loss


def adamw(
    model: nn.Module, learning_rate: float, *, weight_decay: float = 0.1, beta2: float = 0.95
) -> torch.optim.AdamW:
    """Return AdamW in one kernel, with nanoGPT's settings by default. Only matrices decay."""
    matrices = [p for p in model.parameters() if p.ndim > 1]
    vectors = [p for p in model.parameters() if p.ndim == 1]
    return torch.optim.AdamW(
        [
            {"params": matrices, "weight_decay": weight_decay},
            {"params": vectors, "weight_decay": 0.0},
        ],
        lr=learning_rate,
        betas=(0.9, beta2),
        fused=True,
    )
