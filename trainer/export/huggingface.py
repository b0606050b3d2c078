"""Writer of directories for Hugging Face's transformers: model, fast tokenizer, chat template."""

from pathlib import Path
from typing import Any

from corpusforge.storage.files import atomic_path, atomic_writer, write_json
from corpusforge.tokenizer.chat import end_ids
from corpusforge.tokenizer.model_file import CONTROL, UNKNOWN
from trainer.export.fast_tokenizer import fast_tokenizer
from trainer.export.release import CHAT_TEMPLATE, Release


def write_huggingface(release: Release, directory: Path) -> None:
    """Write a `LlamaForCausalLM` and its tokenizer.

    Raises:
        InputError: the tokenizer cannot be converted to a fast one.
    """
    from safetensors.torch import save_file

    write_json(directory / "tokenizer.json", fast_tokenizer(release))
    write_json(directory / "tokenizer_config.json", _tokenizer_config(release))
    if release.has_chat:
        with atomic_writer(directory / "chat_template.jinja") as handle:
            handle.write(CHAT_TEMPLATE.encode())
    write_json(directory / "config.json", _model_config(release))
    write_json(directory / "generation_config.json", _generation_config(release))
    with atomic_path(directory / "model.safetensors") as temporary:
        weights = {f"model.{name}": tensor for name, tensor in release.weights()}
        save_file(weights, temporary, metadata={"format": "pt"})


def _model_config(release: Release) -> dict[str, Any]:
    model = release.model
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": release.tokenizer.vocab_size,
        "hidden_size": model.dim,
        "intermediate_size": model.hidden,
        "num_hidden_layers": model.layers,
        "num_attention_heads": model.heads,
        "num_key_value_heads": model.num_kv_heads,
        "head_dim": model.head_dim,
        "hidden_act": "silu",
        "attention_bias": False,
        "attention_dropout": 0.0,
        "mlp_bias": False,
        "max_position_embeddings": model.context,
        "rms_norm_eps": model.norm_eps,
        # Under both names: transformers 5 and later read the first one.
        "rope_parameters": {"rope_type": "default", "rope_theta": model.rope_theta},
        "rope_theta": model.rope_theta,
        "initializer_range": model.first_std,
        "tie_word_embeddings": True,
        "dtype": str(release.dtype).removeprefix("torch."),
        "bos_token_id": release.tokenizer.end_of_document,
        "eos_token_id": release.tokenizer.end_of_document,
    }


def _generation_config(release: Release) -> dict[str, Any]:
    end = release.tokenizer.end_of_document
    return {"bos_token_id": end, "eos_token_id": end_ids(release.tokenizer), "pad_token_id": end}


def _tokenizer_config(release: Release) -> dict[str, Any]:
    pieces = release.pieces
    end = pieces[release.tokenizer.end_of_document].text
    control = [piece.text for piece in pieces if piece.kind == CONTROL]
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": end,
        "eos_token": end,
        "pad_token": end,
        "unk_token": next(piece.text for piece in pieces if piece.kind == UNKNOWN),
        "extra_special_tokens": [text for text in control if text != end],
        "model_max_length": release.model.context,
        "clean_up_tokenization_spaces": False,
    }
