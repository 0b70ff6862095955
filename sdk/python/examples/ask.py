"""Say a recording (or type a text) to a shop, print what is answered, and keep the answer's sound.

Usage: VOICE_AGENT_API_KEY=va_… python ask.py QUESTION.wav|"TEXT" [ANSWER.wav] [--url http://localhost:8000]
"""

import argparse
import asyncio
import wave
from pathlib import Path

from voice_agent import AsyncVoiceAgentClient


async def ask(url: str, question: str, output: Path | None) -> None:
    pieces: list[bytes] = []
    rate = 0
    async with (
        AsyncVoiceAgentClient(base_url=url) as client,
        client.connect_voice(audio_format="pcm16", idle_timeout=1.0) as voice,
    ):
        if question.endswith(".wav"):
            await voice.send_audio(Path(question).read_bytes())
        else:
            await voice.send_text(question)
        async for message in voice:
            if message.type == "transcription" and message.data.is_final:
                print(f"You: {message.data.text}")
            elif message.type == "agent.response":
                print(f"Agent: {message.data.text}")
                for product in message.data.products or ():
                    print(f"  {product.title}, {product.price.amount} {product.price.currency}")
            elif message.type == "audio.output":
                pieces.append(message.data.audio)
                rate = message.data.sample_rate
    if output is not None and pieces:
        with wave.open(str(output), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes(b"".join(pieces))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("question", help="a WAV file, or a text")
    parser.add_argument("output", nargs="?", type=Path, help="write the spoken answer here")
    parser.add_argument("--url", default="http://localhost:8000")
    given = parser.parse_args()
    asyncio.run(ask(given.url, given.question, given.output))


if __name__ == "__main__":
    main()
