"""A whole recording -> one transcript: utterance by utterance, as in a conversation."""

from collections.abc import Iterable
from dataclasses import replace

from voice_agent_cli.audio.frames import SAMPLE_RATE, Framer, Samples
from voice_agent_cli.audio.vad import EndPointer
from voice_agent_cli.hearing.recognizer import Recognizer, Transcript


def transcribe(blocks: Iterable[Samples], recognizer: Recognizer) -> Transcript:
    """What is said in mono 16 kHz samples that come in pieces of any length.

    Word times count from the start of the recording; the confidence is the mean of
    the utterances', weighted by their words.
    """
    end_pointer, framer = EndPointer(), Framer()
    heard: list[Transcript] = []
    begins_at = position = 0

    def finish() -> None:
        transcript = recognizer.finish()
        if transcript.text:
            heard.append(_shifted(transcript, begins_at / SAMPLE_RATE))

    for block in blocks:
        for frame in framer.add(block):
            position += len(frame)
            step = end_pointer.accept(frame)
            if step.state == "started":
                begins_at = position - len(step.audio)
            if len(step.audio):
                recognizer.accept(step.audio)
            if step.state == "ended":
                finish()
    if end_pointer.finish():
        finish()
    return _joined(heard)


def _shifted(transcript: Transcript, seconds: float) -> Transcript:
    words = (replace(word, start=word.start + seconds, end=word.end + seconds) for word in transcript.words)
    return replace(transcript, words=tuple(words))


def _joined(heard: list[Transcript]) -> Transcript:
    words = tuple(word for transcript in heard for word in transcript.words)
    text = " ".join(transcript.text for transcript in heard)
    weights = [len(transcript.text.split()) for transcript in heard]
    total = sum(transcript.confidence * weight for transcript, weight in zip(heard, weights, strict=True))
    return Transcript(text, total / sum(weights) if heard else 0.0, words)
