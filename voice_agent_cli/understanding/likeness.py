"""Which of a few products a phrase means that shares no word with any: "the couch" for a sofa.

Cosines of sentence vectors (see shop/meaning.py). The bounds were chosen on forty phrases
of our own over invented products: with them the "necklace" beside earrings and a pendant,
and the "guitar" where there is only a violin, stay open, and are asked about.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from voice_agent_cli.errors import ModelError
from voice_agent_cli.shop.meaning import shipped_model

_LEAST_COSINE = 0.40
_LEAST_LEAD = 0.17


def most_like(phrase: str, texts: Sequence[str]) -> int | None:
    """The index of the text that means what the phrase means, if one clearly does.

    Takes about 10 ms for a phrase, and for each text the first time it is met. None also
    where the meaning model is not on this machine: names and colours still work then.
    """
    if len(texts) < 2:
        return None
    try:
        said = _vector(phrase)
        cosines = np.array([float(said @ _vector(text)) for text in texts])
    except ModelError:
        return None
    second, first = np.argsort(cosines)[-2:]
    clear = cosines[first] >= _LEAST_COSINE and cosines[first] - cosines[second] >= _LEAST_LEAD
    return int(first) if clear else None


@lru_cache(maxsize=2048)
def _vector(text: str) -> npt.NDArray[np.float32]:
    vector: npt.NDArray[np.float32] = shipped_model().embed([text])[0]
    return vector
