"""Vosk (Kaldi): any published Vosk model, streaming."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voice_agent_cli.errors import ModelError
from voice_agent_cli.events import Word
from voice_agent_cli.hearing.recognizer import SAMPLE_RATE, Transcript

# libvosk ends the whole process when one of these is missing, so they are looked for first.
_LAYOUTS = (
    ("am/final.mdl", "conf/mfcc.conf", "graph/HCLG.fst", "graph/words.txt"),
    ("am/final.mdl", "conf/mfcc.conf", "graph/HCLr.fst", "graph/Gr.fst", "graph/disambig_tid.int"),
    ("final.mdl", "mfcc.conf", "HCLG.fst", "words.txt"),
    ("final.mdl", "mfcc.conf", "HCLr.fst", "Gr.fst", "disambig_tid.int"),
)
_IVECTOR = ("final.ie", "final.dubm", "final.mat", "global_cmvn.stats", "online_cmvn.conf", "splice.conf")


def check_model(folder: Path) -> None:
    """Whether libvosk can open ``folder`` at all.

    Raises:
        ModelError: It is no Vosk model, or files of it are missing or empty.
    """
    if not folder.is_dir():
        raise ModelError(f"{folder}: no such Vosk model folder; type: voice-agent models pull vosk-en")
    missing = min(
        ([name for name in layout if not _is_filled(folder / name)] for layout in _LAYOUTS), key=len
    )
    if (folder / "ivector").is_dir():
        missing = missing + [
            f"ivector/{name}" for name in _IVECTOR if not _is_filled(folder / "ivector" / name)
        ]
    if missing:
        raise ModelError(f"{folder}: is no whole Vosk model ({', '.join(missing)} missing); pull it again")
    with (next(folder.glob("**/final.mdl"))).open("rb") as file:
        if file.read(2) != b"\0B":  # Kaldi's mark of a binary file
            raise ModelError(f"{folder}: its final.mdl is damaged; pull the model again")


def _is_filled(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


@cache
def _load(folder: Path) -> Any:
    """Read once: conversations share the model, which is read-only."""
    import vosk

    vosk.SetLogLevel(-1)
    try:
        return vosk.Model(str(folder))
    except Exception as error:  # vosk raises a bare Exception
        raise ModelError(f"{folder}: Vosk cannot load this model; pull it again") from error


class VoskRecognizer:
    """A ``Recognizer`` on a Vosk model folder."""

    engine = "vosk"

    def __init__(self, folder: Path, phrases: Sequence[str] = ()) -> None:
        """``phrases`` limit it to these, and to saying that it heard something else.

        Only models with a dynamic graph (``Gr.fst``) take phrases; others ignore them.

        Raises:
            ModelError: The folder is no whole Vosk model.
        """
        import vosk

        check_model(folder)
        self.model = folder.name
        model = _load(folder.resolve())
        grammar = [json.dumps([*phrases, "[unk]"], ensure_ascii=False)] if phrases else []
        self._recognizer: Any = vosk.KaldiRecognizer(model, SAMPLE_RATE, *grammar)
        self._recognizer.SetWords(True)
        self._finished: list[Transcript] = []

    def accept(self, frame: NDArray[np.int16]) -> None:
        # Vosk has end-points of its own; what it ends is kept until ours comes.
        if self._recognizer.AcceptWaveform(frame.tobytes()):
            self._finished.append(_transcript(self._recognizer.Result()))

    def partial(self) -> str:
        going_on = json.loads(self._recognizer.PartialResult())["partial"]
        return " ".join(filter(None, [*(part.text for part in self._finished), going_on]))

    def finish(self) -> Transcript:
        parts = [*self._finished, _transcript(self._recognizer.FinalResult())]
        self.reset()
        words = tuple(word for part in parts for word in part.words)
        confidence = sum(word.confidence for word in words) / len(words) if words else 0.0
        return Transcript(" ".join(part.text for part in parts if part.text), confidence, words)

    def reset(self) -> None:
        self._recognizer.Reset()
        self._finished = []


def _transcript(result: str) -> Transcript:
    found = json.loads(result)
    words = tuple(
        Word(word=word["word"], start=word["start"], end=word["end"], confidence=min(1.0, word["conf"]))
        for word in found.get("result", ())
        if word["word"] != "[unk]"
    )
    return Transcript(" ".join(word.word for word in words), 0.0, words)
