"""The sound of a turn, kept to be heard again."""

from pathlib import Path

import numpy as np
import soundfile

from voice_agent_cli.events import AudioOutput, SpeechStarted, Transcription
from voice_agent_cli.tui.recordings import Recordings


def recorded() -> Recordings:
    """A shopper who speaks from 1.0 s to 2.0 s of three, and is answered for half a second."""
    recordings = Recordings()
    for n in range(150):
        loud = 8000 if 50 <= n < 100 else 0
        if n == 55:
            recordings.take(SpeechStarted(turn_id="t1", at_ms=1100.0))
        recordings.add_frame(np.full(320, loud, np.int16), n * 0.02)
    recordings.take(Transcription(text="hello", confidence=0.9, is_final=True, turn_id="t1", at_ms=3000.0))
    recordings.take(
        AudioOutput(
            text="Hi.",
            samples=np.full(11_025, 500, np.int16).tobytes(),
            sample_rate=22_050,
            duration_ms=500,
            sequence=0,
            is_last=True,
            turn_id="t1",
        )
    )
    return recordings


def test_a_turn_holds_what_was_said_from_its_first_sound_on() -> None:
    sound = recorded().of("t1")
    assert sound is not None
    assert np.count_nonzero(sound.shopper) == 16_000, "all of the speech, though it was noticed late"
    assert len(sound.shopper) <= 2.4 * 16_000, "and not all that went before"


def test_both_sides_are_heard_one_after_the_other() -> None:
    sound = recorded().of("t1")
    assert sound is not None
    assert abs(len(sound.joined()) - len(sound.shopper) - 4000 - 8000) < 200


def test_a_saved_turn_has_the_shopper_left_and_the_assistant_right(tmp_path: Path) -> None:
    recorded().save("t1", tmp_path / "turn.wav")
    samples, rate = soundfile.read(tmp_path / "turn.wav", dtype="int16")
    assert rate == 16_000
    assert samples[:, 0].max() == 8000
    assert abs(int(samples[-4000:, 1].max()) - 500) < 60


def test_an_unknown_turn_has_no_sound() -> None:
    assert Recordings().of("t1") is None


def test_the_oldest_turns_are_forgotten() -> None:
    recordings = recorded()
    for n in range(60):
        recordings.take(
            AudioOutput(
                text="",
                samples=b"\0\0",
                sample_rate=16_000,
                duration_ms=0,
                sequence=0,
                is_last=True,
                turn_id=f"x{n}",
            )
        )
    assert recordings.of("t1") is None
    assert recordings.of("x59") is not None
