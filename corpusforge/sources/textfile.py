"""Turn a file of code or prose into the text of a document, or refuse it."""

from corpusforge.sources.decoding import decode
from corpusforge.sources.languages import PROSE, language_by_name, language_by_shebang
from corpusforge.sources.refusal import Refused

# The Stack's limits for minified or generated code, arxiv.org/abs/2211.15533. Only files above both
# are refused: code with one long line is still code.
_LONGEST_LINE = 1000
_MEAN_LINE = 100


def read_text(name: str, data: bytes) -> tuple[str, str]:
    """Return the text and the language of a file.

    Raises:
        Refused: "empty", "unknown-type", "binary", "undecodable" or "minified".
    """
    if not data:
        raise Refused("empty")
    language = language_by_name(name) or language_by_shebang(data)
    if language is None:
        raise Refused("unknown-type")
    text = decode(data, python=language == "python")
    if not text or text.isspace():
        raise Refused("empty")
    if language not in PROSE and _is_minified(text):
        raise Refused("minified")
    return text, language


def _is_minified(text: str) -> bool:
    # Nearly all code has a small mean, so its lines need not be split.
    if len(text) <= _MEAN_LINE * (text.count("\n") + 1):
        return False
    return max(map(len, text.split("\n"))) > _LONGEST_LINE
