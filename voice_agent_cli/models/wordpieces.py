"""The tokenizer of the encoders that come from BERT: lower-case WordPieces (Schuster and Nakajima 2012)."""

from functools import lru_cache
from typing import TYPE_CHECKING

from voice_agent_cli import settings

if TYPE_CHECKING:
    from tokenizers import Tokenizer

FIRST, LAST, UNKNOWN = "[CLS]", "[SEP]", "[UNK]"
"""What stands before and behind every text, and for what the vocabulary cannot spell."""


@lru_cache(maxsize=1)
def tokenizer() -> "Tokenizer":
    """The shipped vocabulary's tokenizer, without truncation and without ``FIRST`` and ``LAST``."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordPiece
    from tokenizers.normalizers import BertNormalizer
    from tokenizers.pre_tokenizers import BertPreTokenizer

    pieces = settings.shipped("models/minilm/vocab.txt").read_text(encoding="utf-8").splitlines()
    ids = {piece: number for number, piece in enumerate(pieces)}
    made = Tokenizer(WordPiece(ids, unk_token=UNKNOWN))
    made.normalizer = BertNormalizer(lowercase=True)
    made.pre_tokenizer = BertPreTokenizer()
    return made


def entry(piece: str) -> int:
    """The number of a piece that the vocabulary holds.

    Raises:
        KeyError: It does not hold it.
    """
    number = tokenizer().token_to_id(piece)
    if number is None:
        raise KeyError(piece)
    return number
