"""Writer of GGUF files for llama.cpp, with tokenizer and chat template.

https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from corpusforge.errors import InputError
from corpusforge.storage.files import atomic_path
from trainer.export.release import CHAT_TEMPLATE, Release
from trainer.model.config import ModelConfig


def write_gguf(release: Release, directory: Path) -> None:
    """Write `model.gguf`. Without an output matrix in the file, llama.cpp uses the embedding.

    Raises:
        InputError: llama.cpp has no tokenizer of this type.
    """
    import gguf

    if release.tokenizer.type != "sentencepiece":
        raise InputError(
            "llama.cpp has no tokenizer of this type",
            where=str(release.layout.tokenizer),
            got=f"a {release.tokenizer.type} tokenizer",
            expected="a sentencepiece tokenizer",
            do="export only the weights, with --format safetensors",
        )
    with atomic_path(directory / "model.gguf") as temporary:
        writer = gguf.GGUFWriter(temporary, "llama")
        _add_model(writer, release)
        _add_tokenizer(writer, release)
        names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, release.model.layers)
        for name, tensor in release.weights():
            gguf_name = names[f"model.{name.removesuffix('.weight')}"] + ".weight"
            _add_tensor(writer, gguf_name, _interleaved(name, tensor, release.model))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()


def _add_model(writer: Any, release: Release) -> None:
    import gguf

    file_types = {
        torch.float32: gguf.LlamaFileType.ALL_F32,
        torch.float16: gguf.LlamaFileType.MOSTLY_F16,
        torch.bfloat16: gguf.LlamaFileType.MOSTLY_BF16,
    }
    model = release.model
    writer.add_name(release.layout.root.resolve().name)
    writer.add_file_type(file_types[release.dtype])
    writer.add_vocab_size(release.tokenizer.vocab_size)
    writer.add_context_length(model.context)
    writer.add_embedding_length(model.dim)
    writer.add_block_count(model.layers)
    writer.add_feed_forward_length(model.hidden)
    writer.add_head_count(model.heads)
    writer.add_head_count_kv(model.num_kv_heads)
    writer.add_rope_dimension_count(model.head_dim)
    writer.add_rope_freq_base(model.rope_theta)
    writer.add_layer_norm_rms_eps(model.norm_eps)


def _add_tokenizer(writer: Any, release: Release) -> None:
    pieces = release.pieces
    writer.add_tokenizer_model("llama")  # llama.cpp's name of SentencePiece BPE
    writer.add_token_list([piece.text for piece in pieces])
    writer.add_token_scores([piece.score for piece in pieces])
    writer.add_token_types([piece.kind for piece in pieces])  # the same numbers as SentencePiece's
    writer.add_add_space_prefix(False)
    # In training, an end of document precedes every document.
    writer.add_bos_token_id(release.tokenizer.end_of_document)
    writer.add_add_bos_token(True)
    writer.add_eos_token_id(release.tokenizer.end_of_document)
    if release.has_chat:
        writer.add_eot_token_id(release.tokenizer.control["end"])
        writer.add_chat_template(CHAT_TEMPLATE)


def _add_tensor(writer: Any, name: str, tensor: Tensor) -> None:
    import gguf

    if tensor.dtype == torch.bfloat16:  # NumPy has no such type
        kind = gguf.GGMLQuantizationType.BF16
        writer.add_tensor(name, gguf.quantize(tensor.float().numpy(), kind), raw_dtype=kind)
    else:
        writer.add_tensor(name, tensor.numpy())


def _interleaved(name: str, tensor: Tensor, model: ModelConfig) -> Tensor:
    """Reorder the rows of query and key matrices for llama.cpp.

    Its rotary embedding pairs neighbours within a head; ours pairs the head's two halves.
    """
    if not name.endswith(("q_proj.weight", "k_proj.weight")):
        return tensor
    halves = tensor.view(-1, 2, model.head_dim // 2, tensor.shape[1])
    return halves.transpose(1, 2).reshape(tensor.shape)
