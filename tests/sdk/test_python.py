"""The Python SDK against a real server."""

import ast
import asyncio
import io
import os
import subprocess
import sys
import wave
import zipfile
from array import array
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from voice_agent import (
    AsyncVoiceAgentClient,
    ConnectionClosedError,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    UnauthorizedError,
    UnreachableError,
    VoiceAgentClient,
)
from voice_agent.audio import Pace, as_pcm
from voice_agent.messages import parse
from voice_agent.waiting import Waiting

SDK = Path(__file__).parents[2] / "sdk" / "python"


@pytest.fixture
def client(server: Any) -> Any:
    with VoiceAgentClient(server.api_key, server.url) as opened:
        yield opened


async def kinds(voice: Any) -> list[str]:
    """The types of the messages until there are no more."""
    return [message.type async for message in voice]


def test_the_rest_routes_answer_typed(client: VoiceAgentClient) -> None:
    assert client.health().status == "healthy"
    session = client.create_session(user_id="u1", metadata={"source": "test"})
    found = client.search_products("trowel", max_price=Decimal("40"), limit=2)
    assert found.total_count >= len(found.products) > 0
    assert all(product.price.amount <= 40 for product in found.products)
    assert client.execute_tool("search_products", query="trowel").success
    assert client.track_event(session.session_id, "page_view", {"page": "home"}).event_id
    assert client.get_session(session.session_id).status == "active"
    assert client.get_session_analytics(session.session_id).metrics.duration_seconds >= 0
    assert client.end_session(session.session_id).message
    assert client.get_session(session.session_id).status == "ended"


async def test_the_async_client_answers_the_same(server: Any) -> None:
    async with AsyncVoiceAgentClient(server.api_key, server.url) as client:
        session = await client.create_session()
        assert (await client.get_session(session.session_id)).session_id == session.session_id
        assert (await client.search_products("trowel", limit=1)).products[0].title


def test_what_the_server_refuses_is_an_exception_of_its_kind(server: Any, client: VoiceAgentClient) -> None:
    with pytest.raises(NotFoundError):
        client.get_session("no-such-session")
    with pytest.raises(UnauthorizedError):
        VoiceAgentClient("va_wrong", server.url).create_session()
    with pytest.raises(InvalidRequestError) as refused:
        client.search_products("trowel", limit=0)
    assert refused.value.details["field"] == "limit"
    token = client.create_session().token
    with pytest.raises(ForbiddenError):
        VoiceAgentClient(token, server.url).search_products("trowel")
    with pytest.raises(UnreachableError):
        VoiceAgentClient("va_x", "http://127.0.0.1:9").health()


async def test_audio_that_is_sent_is_heard_answered_and_spoken(client: VoiceAgentClient, loud: bytes) -> None:
    async with client.connect_voice(audio_format="wav", idle_timeout=0.3) as voice:
        await voice.send_audio(loud)
        messages = [message async for message in voice]
    heard = next(m.data for m in messages if m.type == "transcription")
    assert heard.text == "find trowel"
    assert heard.words[0].word == "find"
    answer = next(m.data for m in messages if m.type == "agent.response")
    assert answer.intent == "product_search"
    assert isinstance(answer.products[0].price.amount, Decimal)
    sounds = [m.data for m in messages if m.type == "audio.output"]
    assert sounds[-1].is_last
    with wave.open(io.BytesIO(sounds[0].audio)) as file:
        assert file.getnframes() > 0


async def test_a_wav_file_of_another_rate_is_heard_too(client: VoiceAgentClient, loud: bytes) -> None:
    stretched = np.frombuffer(loud, "<i2").repeat(3)
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(2)
        writer.setsampwidth(2)
        writer.setframerate(48_000)
        writer.writeframes(np.column_stack([stretched, stretched]).tobytes())
    async with client.connect_voice(idle_timeout=0.3) as voice:
        await voice.send_audio(file.getvalue())
        assert "agent.response" in await kinds(voice)


async def test_leaving_the_block_waits_for_the_answer_and_ends_the_session(
    client: VoiceAgentClient, loud: bytes
) -> None:
    session = client.create_session()
    async with client.connect_voice(session.token) as voice:
        await voice.send_audio(loud)
    kept = client.get_session(session.session_id)
    assert kept.status == "ended"
    assert [message.role for message in kept.messages] == ["user", "assistant"]
    with pytest.raises(ConnectionClosedError):
        await voice.send_text("find hose")


async def test_leaving_by_an_exception_leaves_the_session_to_be_resumed(client: VoiceAgentClient) -> None:
    session = client.create_session()

    async def give_up() -> None:
        async with client.connect_voice(session.token) as voice:
            await voice.send_text("find trowel")
            await voice.answered()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await give_up()
    async with client.connect_voice(session.token, idle_timeout=0.2) as voice:
        await voice.send_text("add 1")
        messages = [message async for message in voice]
    cart = next(m.data.cart for m in messages if m.type == "agent.response")
    assert cart.count == 1
    assert cart.total == cart.lines[0].line_total


def test_a_program_without_an_event_loop_talks_too(client: VoiceAgentClient) -> None:
    with client.connect_voice(idle_timeout=0.2, details=True) as voice:
        assert voice.session_id
        voice.send_text("find trowel")
        types = [message.type for message in voice]
    assert {"agent.understood", "tool.finished", "agent.response", "turn.metrics"} <= set(types)


async def test_a_connection_that_breaks_comes_back_to_its_session(server: Any) -> None:
    cable = server.cable()
    async with AsyncVoiceAgentClient(server.api_key, f"http://127.0.0.1:{cable.port}") as client:
        async with client.connect_voice(idle_timeout=2) as voice:
            before = voice.session_id
            await voice.send_text("find trowel")
            await voice.answered()
            server.do(cable.cut())
            await asyncio.sleep(0.05)
            await voice.send_text("add 1")
            messages = [message async for message in voice]
        types = [message.type for message in messages]
        assert types.index("connection.lost") < len(types) - 1 - types[::-1].index("session.ready")
        assert voice.session_id == before
        assert [m.data.cart.count for m in messages if m.type == "agent.response" and m.data.cart] == [1]


async def test_a_server_that_stays_away_ends_the_loop_with_an_error(server: Any) -> None:
    cable = server.cable()
    client = AsyncVoiceAgentClient(server.api_key, f"http://127.0.0.1:{cable.port}")
    async with client.connect_voice(reconnect_for=0.4) as voice:
        cable.is_open = False
        server.do(cable.cut())
        with pytest.raises(UnreachableError, match="lost"):
            await kinds(voice)
        with pytest.raises(UnreachableError):
            await voice.send_text("anyone?")


async def test_a_session_ended_elsewhere_ends_the_loop(client: VoiceAgentClient) -> None:
    async with client.connect_voice(idle_timeout=None) as voice:
        client.end_session(voice.session_id)
        assert (await kinds(voice))[-1] == "session.ended"


async def test_a_refused_connection_raises_what_the_server_said(server: Any) -> None:
    with pytest.raises(UnauthorizedError):
        await VoiceAgentClient("va_wrong", server.url).connect_voice().__aenter__()
    with pytest.raises(NotFoundError):
        await VoiceAgentClient(server.api_key, server.url).connect_voice(session_id="nowhere").__aenter__()


def test_samples_of_every_kind_become_pcm16() -> None:
    assert as_pcm(b"\x01\x00\xff\xff", 16_000).samples == b"\x01\x00\xff\xff"
    assert as_pcm(array("h", [1, -1]), 16_000).samples == b"\x01\x00\xff\xff"
    assert as_pcm(np.array([0.0, 2.0, -1.0], np.float32), 16_000).samples == b"\0\0\xff\x7f\x01\x80"
    for wrong in (b"odd", array("q", [1]), np.zeros((2, 2), np.int16), b"RIFF0000WAVEnothing"):
        with pytest.raises(ValueError, match=r"."):
            as_pcm(wrong, 16_000)


def test_a_long_recording_is_sent_no_faster_than_the_server_takes_it() -> None:
    now = 0.0
    pace = Pace(lambda: now)
    budget, last = 10.0, 0.0  # the server's: 1.5 times real time, 10 s at once
    for _ in range(600):
        now += pace.wait_before(0.1)
        budget, last = min(10.0, budget + 1.5 * (now - last)) - 0.1, now
        assert budget >= 0
    assert 30 < now < 60


def test_an_answer_is_owed_until_its_last_sentence() -> None:
    now = 100.0
    waiting = Waiting(lambda: now)
    assert not waiting.is_owed
    waiting.sent_text()
    filler = {"audio": "", "format": "mp3", "duration_ms": 1, "is_last": True, "turn_id": "a"}
    waiting.received(parse({"type": "audio.output", "data": filler}))
    assert waiting.is_owed
    answer = {"text": "…", "intent": "x", "turn_id": "a"}
    waiting.received(parse({"type": "agent.response", "data": answer}))
    assert waiting.is_owed
    waiting.received(parse({"type": "audio.output", "data": filler}))
    assert not waiting.is_owed


def test_a_message_of_a_newer_server_is_handed_on() -> None:
    message = parse({"type": "agent.dances", "data": {"style": "tango"}})
    assert message.type == "unknown"
    assert message.data["type"] == "agent.dances"


@pytest.mark.slow  # its loop ends after ten seconds in which nobody says anything
def test_the_example_of_the_api_documentation_runs_as_printed(server: Any, loud: bytes) -> None:
    source = (SDK / "examples" / "as_printed.py").read_text()
    source = source.replace("your-api-key", server.api_key).replace("https://api.voice-agent.com", server.url)
    code = compile(source, "as_printed.py", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    names: dict[str, Any] = {"audio_data": loud}
    asyncio.run(eval(code, names))
    kept = names["client"].get_session(names["session"].session_id)
    assert kept.status == "ended"
    assert kept.messages[0].content == "find trowel"


def test_the_example_program_prints_the_answer_and_keeps_its_sound(
    server: Any, loud: bytes, tmp_path: Path
) -> None:
    with wave.open(str(tmp_path / "question.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(loud)
    done = subprocess.run(
        [sys.executable, SDK / "examples" / "ask.py", "question.wav", "answer.wav", "--url", server.url],
        cwd=tmp_path,
        env={**os.environ, "VOICE_AGENT_API_KEY": server.api_key, "PYTHONPATH": str(SDK)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "You: find trowel" in done.stdout
    assert "Agent: " in done.stdout
    with wave.open(str(tmp_path / "answer.wav")) as file:
        assert file.getnframes() >= 2205


def test_the_wheel_carries_its_types(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path]
    subprocess.run(command, cwd=SDK, capture_output=True, check=True)
    names = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    assert {"voice_agent/__init__.py", "voice_agent/py.typed"} <= set(names)
