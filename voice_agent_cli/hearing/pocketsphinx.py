"""PocketSphinx: the English acoustic model in its wheel, words from this shop's catalogue.

Two passes. While the shopper speaks a quick search gives the partial words; when
the utterance is over it is decoded again as a whole, with the cepstral mean of the
whole utterance instead of a running guess, and that is the transcript.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voice_agent_cli.errors import ModelError
from voice_agent_cli.events import Word
from voice_agent_cli.hearing.recognizer import Transcript
from voice_agent_cli.hearing.vocabulary import Vocabulary, build

_FRAMES_PER_SECOND = 100
_LONGEST_WORD_S = 1.5  # what is "heard" for longer is noise that the nearest word was laid over
_IMPLAUSIBLE = 0.05
_LEAST = 1e-4


def packaged(name: str) -> Path:
    """A file of the English model that PocketSphinx's wheel carries. Raises ``ModelError``."""
    import pocketsphinx

    path = Path(pocketsphinx.get_model_path()) / "en-us" / name
    if not path.exists():
        raise ModelError("PocketSphinx's English model is missing; install the pocketsphinx wheel again")
    return path


class PocketSphinxRecognizer:
    """A ``Recognizer``; each pass takes about a thirtieth of the time spoken."""

    engine = "pocketsphinx"
    model = "en-us"

    def __init__(self, vocabulary: Vocabulary, folder: Path) -> None:
        """``folder`` is a cache for the vocabulary's files.

        Raises:
            ModelError: The packaged model is missing or does not load.
        """
        from pocketsphinx import Decoder

        files = build(vocabulary, packaged("cmudict-en-us.dict"), folder)
        common = {
            "hmm": str(packaged("en-us")),
            "lm": str(files.language_model),
            "dict": str(files.dictionary),
            "loglevel": "FATAL",
        }
        try:
            self._quick: Any = Decoder(**common, fwdflat=False, bestpath=False)
            self._careful: Any = Decoder(**common, cmn="batch")
        except RuntimeError as error:
            raise ModelError("PocketSphinx does not load its model; install its wheel again") from error
        self._heard: list[NDArray[np.int16]] = []

    def accept(self, frame: NDArray[np.int16]) -> None:
        if not self._heard:
            self._quick.start_utt()
        self._heard.append(frame)
        self._quick.process_raw(frame.tobytes(), False, False)

    def partial(self) -> str:
        hypothesis = self._quick.hyp() if self._heard else None
        return _plain(hypothesis.hypstr) if hypothesis else ""

    def finish(self) -> Transcript:
        if not self._heard:
            return Transcript("", 0.0)
        whole = np.concatenate(self._heard)
        self.reset()
        decoder = self._careful
        decoder.start_utt()
        decoder.process_raw(whole.tobytes(), False, True)
        decoder.end_utt()
        return _transcript(_words(decoder)) if decoder.hyp() else Transcript("", 0.0)

    def reset(self) -> None:
        if self._heard:
            self._quick.end_utt()
            self._heard = []


def _words(decoder: Any) -> tuple[Word, ...]:
    return tuple(
        Word(
            word=_plain(segment.word),
            start=segment.start_frame / _FRAMES_PER_SECOND,
            end=(segment.end_frame + 1) / _FRAMES_PER_SECOND,
            confidence=_confidence(segment),
        )
        for segment in decoder.seg()
        if segment.word[0] not in "<["
    )


def _confidence(segment: Any) -> float:
    """The word's posterior in the lattice, unless no word lasts so long."""
    if segment.end_frame - segment.start_frame > _LONGEST_WORD_S * _FRAMES_PER_SECOND:
        return _IMPLAUSIBLE
    return min(1.0, float(segment.prob))


def _transcript(words: tuple[Word, ...]) -> Transcript:
    if not words:
        return Transcript("", 0.0)
    # The geometric mean: one word out of place makes the whole doubtful.
    logs = [math.log(max(word.confidence, _LEAST)) for word in words]
    return Transcript(" ".join(word.word for word in words), math.exp(sum(logs) / len(logs)), words)


def _plain(text: str) -> str:
    """Without the numbers of alternative pronunciations: ``read(2)`` -> ``read``."""
    return " ".join(word.partition("(")[0] for word in text.split())
