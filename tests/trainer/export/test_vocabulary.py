"""Pieces read from a model's file beside what SentencePiece says of them."""

from pathlib import Path

from sentencepiece import SentencePieceProcessor

from trainer.export.vocabulary import Kind, read_pieces


def test_pieces_are_those_of_the_processor(prepared: Path) -> None:
    """Text, score and kind of every id."""
    model = (prepared / "tokenizer.model").read_bytes()
    processor = SentencePieceProcessor()
    processor.LoadFromSerializedProto(model)
    pieces = read_pieces(model)
    assert len(pieces) == processor.get_piece_size() == 512
    for id, piece in enumerate(pieces):
        assert piece.text == processor.id_to_piece(id)
        assert piece.score == processor.get_score(id)
        assert (piece.kind is Kind.CONTROL) == processor.is_control(id)
        assert (piece.kind is Kind.BYTE) == processor.is_byte(id)
        assert (piece.kind is Kind.UNKNOWN) == processor.is_unknown(id)


def test_runs_of_tabs_were_given_by_the_user(prepared: Path) -> None:
    """The processor cannot tell them from learned pieces."""
    pieces = read_pieces((prepared / "tokenizer.model").read_bytes())
    given = [piece.text for piece in pieces if piece.kind is Kind.USER_DEFINED]
    assert given == ["\t" * length for length in range(2, 9)]
