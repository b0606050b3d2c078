"""Pieces read from a model file, compared with SentencePiece's."""

from pathlib import Path

from sentencepiece import SentencePieceProcessor

from corpusforge.tokenizer.model_file import BYTE, CONTROL, UNKNOWN, USER_DEFINED, read_model


def test_pieces_are_those_of_the_processor(trained: Path) -> None:
    """Text, score and kind of every id."""
    model = (trained / "tokenizer.model").read_bytes()
    processor = SentencePieceProcessor()
    processor.LoadFromSerializedProto(model)
    pieces = read_model(model).pieces
    assert len(pieces) == processor.get_piece_size()
    for id, piece in enumerate(pieces):
        assert piece.text == processor.id_to_piece(id)
        assert piece.score == processor.get_score(id)
        assert (piece.kind == CONTROL) == processor.is_control(id)
        assert (piece.kind == BYTE) == processor.is_byte(id)
        assert (piece.kind == UNKNOWN) == processor.is_unknown(id)


def test_runs_of_tabs_were_given_by_the_user(trained: Path) -> None:
    """The processor cannot tell them from learned pieces."""
    pieces = read_model((trained / "tokenizer.model").read_bytes()).pieces
    given = [piece.text for piece in pieces if piece.kind == USER_DEFINED]
    assert given == ["\t" * length for length in range(2, 9)]
