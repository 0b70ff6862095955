"""The WebSocket: what is refused while the connection stays, and sound in both directions."""

import asyncio
import base64
import contextlib
import io
import json
from typing import Any

import aiohttp
import numpy as np
import pytest
import soundfile


def decoded(sound: dict[str, Any]) -> tuple[Any, int]:
    """The samples of one ``audio.output`` and their rate, with nothing but that message."""
    raw = base64.b64decode(sound["audio"], validate=True)
    if sound["format"] == "pcm16":
        return np.frombuffer(raw, "<i2"), sound["sample_rate"]
    samples, rate = soundfile.read(io.BytesIO(raw), dtype="int16")
    return samples, rate


async def sounds(voice: Any) -> list[dict[str, Any]]:
    got = [await voice.until("audio.output")]
    while not got[-1]["is_last"]:
        got.append(await voice.until("audio.output"))
    return got


@pytest.mark.parametrize("audio_format", ["mp3", "pcm16", "wav", "opus"])
async def test_every_sentence_is_decodable_alone_and_as_long_as_it_says(
    scene: Any, audio_format: str
) -> None:
    voice = await scene.talk((await scene.new_session())[1], audio={"format": audio_format})
    await voice.send("text.input", {"text": "find hose"})
    answer = await voice.until("agent.response")
    said = await sounds(voice)
    assert len(said) > 1
    assert [sound["sequence"] for sound in said] == list(range(len(said)))
    assert [sound["is_last"] for sound in said] == [False] * (len(said) - 1) + [True]
    for sound in said:
        assert sound["format"] == audio_format
        assert sound["turn_id"] == answer["turn_id"]
        samples, rate = decoded(sound)
        assert rate == sound["sample_rate"]
        assert abs(1000 * len(samples) / rate - sound["duration_ms"]) <= 1
        spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
        assert abs(np.argmax(spectrum) * rate / len(samples) - 440) < 8  # the very tone, not noise


@pytest.mark.parametrize(
    ("kind", "data", "code"),
    [
        ("session.start", {}, "VALIDATION_ERROR"),
        ("fly", {}, "VALIDATION_ERROR"),
        ("audio.input", None, "VALIDATION_ERROR"),
        ("audio.input", {"audio": 7}, "VALIDATION_ERROR"),
        ("audio.input", {"audio": "AAA=", "volume": 3}, "VALIDATION_ERROR"),
        ("audio.input", {"audio": "not base64!"}, "AUDIO_PROCESSING_ERROR"),
        ("audio.input", {"audio": "AAA"}, "AUDIO_PROCESSING_ERROR"),
        ("audio.input", {"audio": base64.b64encode(b"odd").decode()}, "AUDIO_PROCESSING_ERROR"),
        ("audio.input", {"audio": "AAA=", "sample_rate": 12345}, "AUDIO_PROCESSING_ERROR"),
        ("audio.input", {"audio": "AAA=", "sample_rate": 0}, "AUDIO_PROCESSING_ERROR"),
        ("audio.input", {"audio": "AAA=", "format": "flac"}, "AUDIO_PROCESSING_ERROR"),
        ("text.input", {"text": ""}, "VALIDATION_ERROR"),
        ("text.input", {"text": "x" * 1001}, "VALIDATION_ERROR"),
    ],
)
async def test_a_wrong_message_is_told_and_the_session_goes_on(
    scene: Any, kind: str, data: object, code: str
) -> None:
    voice = await scene.talk((await scene.new_session())[1])
    await voice.send(kind, data)
    error = await voice.until("error")
    assert error["code"] == code
    assert error["message"]
    assert (await voice.ask("find trowel"))["intent"] == "product_search"


@pytest.mark.parametrize(
    "raw", ["", "null", "[]", "7", '"text"', "{", "{}", '{"type": 7}', '{"type": "audio.input"}', "[" * 9999]
)
async def test_what_is_no_message_is_told_and_the_connection_stays(scene: Any, raw: str) -> None:
    voice = await scene.connect()
    await voice.socket.send_str(raw)
    assert (await voice.until("error"))["code"] == "VALIDATION_ERROR"
    await voice.send("session.start")
    assert await voice.until("session.ready")


@pytest.mark.parametrize("kind", ["audio.input", "text.input", "session.end", "binary"])
async def test_nothing_is_heard_before_the_start(scene: Any, kind: str) -> None:
    voice = await scene.connect()
    data = {"audio.input": {"audio": "AAA="}, "text.input": {"text": "find trowel"}}.get(kind)
    await (voice.socket.send_bytes(b"\0" * 640) if kind == "binary" else voice.send(kind, data))
    error = await voice.until("error")
    assert (error["code"], error["details"]["field"]) == ("VALIDATION_ERROR", "type")
    await voice.send("session.start")
    assert await voice.until("session.ready")


async def test_over_an_api_key_a_start_opens_a_new_session(scene: Any) -> None:
    first, second = await scene.talk(), await scene.talk(user_id="ann", context={"store_id": "s1"})
    ids = [voice.seen[-1]["data"]["session_id"] for voice in (first, second)]
    assert ids[0] != ids[1]
    assert (await scene.call("GET", f"/api/sessions/{ids[1]}"))[1]["status"] == "active"
    unknown = await scene.connect()
    await unknown.send("session.start", {"session_id": "nobody"})
    assert (await unknown.until("error"))["code"] == "NOT_FOUND"


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
async def test_binary_frames_are_heard_at_their_rate(scene: Any, loud: str, rate: int) -> None:
    samples = np.frombuffer(base64.b64decode(loud), "<i2").astype(float)
    at = np.arange(int(len(samples) * rate / 16_000)) * 16_000 / rate
    raw = np.interp(at, np.arange(len(samples)), samples).astype("<i2").tobytes()
    voice = await scene.talk((await scene.new_session())[1], audio={"input_sample_rate": rate})
    size = 2 * (rate // 50)
    for start in range(0, len(raw), size):
        await voice.socket.send_bytes(raw[start : start + size])
    assert await voice.until("speech.started")
    heard = await voice.until("transcription")
    assert (heard["text"], heard["is_final"]) == ("find trowel", True)
    assert (await voice.until("agent.response"))["tools_used"] == ["search_products"]


async def test_audio_may_be_cut_anywhere(scene: Any, loud: str) -> None:
    voice = await scene.talk((await scene.new_session())[1])
    raw = base64.b64decode(loud)
    for start in range(0, len(raw), 778):  # no whole number of frames
        await voice.socket.send_bytes(raw[start : start + 778])
    assert (await voice.until("transcription"))["text"] == "find trowel"


async def test_a_client_that_falls_silent_by_sending_nothing_has_ended_its_turn(
    scene: Any, loud: str
) -> None:
    voice = await scene.talk((await scene.new_session())[1])
    await voice.send("audio.input", {"audio": base64.b64encode(base64.b64decode(loud)[: 2 * 9600]).decode()})
    assert (await voice.until("transcription"))["is_final"] is True


async def test_a_shopper_who_speaks_stops_the_answer(scene: Any, loud: str) -> None:
    session_id, token = await scene.new_session()
    voice = await scene.talk(token)
    await voice.send("text.input", {"text": "find hose"})
    await voice.until("agent.response")
    await voice.until("audio.output")
    await voice.send("audio.input", {"audio": loud})
    interrupted = await voice.until("agent.interrupted")
    await voice.until("agent.response")
    messages = (await scene.call("GET", f"/api/sessions/{session_id}"))[1]["messages"]
    assert messages[1]["content"] == interrupted["heard"]


async def test_more_is_told_on_request_and_only_then(scene: Any) -> None:
    plain = await scene.talk()
    await plain.ask("find trowel")
    kinds = {message["type"] for message in plain.seen}
    assert kinds == {"session.ready", "agent.response", "audio.output"}
    curious = await scene.talk(details=True)
    await curious.ask("find trowel")
    metrics = await curious.until("turn.metrics")
    assert {"first_audio_ms", "understood_ms", "stages"} <= set(metrics)
    assert {"agent.understood", "tool.started", "tool.finished"} <= {m["type"] for m in curious.seen}


async def test_preferences_of_the_start_are_kept(scene: Any) -> None:
    voice = await scene.talk(context={"preferences": {"size": "10", "budget": 50}})
    await voice.ask("find trowel")
    refused = await scene.connect()
    await refused.send("session.start", {"context": {"preferences": {"shoe": 3}}})
    error = await refused.until("error")
    assert error["details"]["field"] == "data.context.preferences.shoe"


async def test_a_stage_that_fails_is_told_and_the_next_turn_works(scene: Any) -> None:
    voice = await scene.talk()
    await voice.send("text.input", {"text": "fail"})
    assert (await voice.until("error"))["code"] == "INTERNAL_ERROR"
    while not (await voice.until("audio.output"))["is_last"]:
        pass
    assert (await voice.ask("find trowel"))["tools_used"] == ["search_products"]


async def test_a_message_too_large_closes_that_connection_alone(scene: Any) -> None:
    good, bad = await scene.talk(), await scene.talk()
    with contextlib.suppress(ConnectionError):  # it need not take the whole of it
        await bad.socket.send_str("x" * (8 * 1024 * 1024))
    assert await bad.closed() in (aiohttp.WSCloseCode.MESSAGE_TOO_BIG, aiohttp.WSCloseCode.ABNORMAL_CLOSURE)
    assert await good.ask("find trowel")


async def test_many_talk_at_once_and_each_gets_its_own_answers(scene: Any) -> None:
    async def shop(number: int) -> None:
        session_id, token = await scene.new_session()
        voice = await scene.talk(token)
        await voice.ask("find trowel")
        for _ in range(number):
            await voice.ask("add 1")
        session = (await scene.call("GET", f"/api/sessions/{session_id}"))[1]
        assert sum(line["quantity"] for line in session["context"]["cart_items"]) == number
        assert len(session["messages"]) == 2 * (number + 1)

    await asyncio.gather(*(shop(number) for number in range(1, 6)))


async def test_messages_go_out_as_plain_json(scene: Any) -> None:
    voice = await scene.talk()
    answer = await voice.ask("find trowel")
    assert json.loads(json.dumps(answer)) == answer
    assert {"text", "intent", "tools_used", "products", "turn_id", "timings_ms"} <= set(answer)


async def test_a_client_that_leaves_while_connecting_is_no_error(scene: Any, log: io.StringIO) -> None:
    for _ in range(20):
        _, writer = await asyncio.open_connection("127.0.0.1", int(scene.url.rpartition(":")[2]))
        writer.write(
            f"GET /ws/voice/session?token={scene.api_key} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        await asyncio.sleep(0)
        writer.close()
    assert (await scene.talk()).seen
    assert '"level": "error"' not in log.getvalue()
