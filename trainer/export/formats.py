"""The formats of an export. A new one is a module with its writer, and an entry here.

Imports nothing heavy, because the command line lists the formats.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Format:
    """A format in which other programs load a model."""

    reader: str  # what loads it
    packages: tuple[str, ...]  # what the writer imports
    writer: str  # module:function, imported when it is needed
    use: str  # how to load it: a section of the model card
    is_llama: bool = True  # whether it holds only models of Llama's architecture
    library: str | None = None  # on the Hugging Face hub


FORMATS = {
    "huggingface": Format(
        reader="transformers",
        packages=("safetensors", "tokenizers"),
        writer="trainer.export.huggingface:write_huggingface",
        library="transformers",
        use="""\
```python
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("DIRECTORY")
model = AutoModelForCausalLM.from_pretrained("DIRECTORY")
inputs = tokenizer(tokenizer.bos_token + "def ", return_tensors="pt", return_token_type_ids=False)
print(tokenizer.decode(model.generate(**inputs, max_new_tokens=64)[0]))
```

In training every document stands behind the end of another one: begin with `bos_token`; the chat
template does. `tokenizer(text, split_special_tokens=True)` reads control tokens in a text as text,
which is what untrusted text needs.""",
    ),
    "safetensors": Format(
        reader="only the weights",
        packages=("safetensors",),
        writer="trainer.export.safetensors:write_safetensors",
        is_llama=False,
        use="""\
Parameters have the names of the trainer's checkpoints, which are those of Hugging Face's
`LlamaModel`; the metadata of the file holds the configuration.""",
    ),
    "gguf": Format(
        reader="llama.cpp",
        packages=("gguf",),
        writer="trainer.export.gguf:write_gguf",
        use="""\
```
llama-cli -m model.gguf -p "def "
```""",
    ),
}
