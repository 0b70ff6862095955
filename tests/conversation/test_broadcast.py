"""Subscribers know nothing of each other and cannot slow or break the one who publishes."""

import asyncio
import time

from voice_agent_cli.conversation.broadcast import Broadcast
from voice_agent_cli.events import AudioLevel, Event, SpeechStarted


def started(number: int) -> SpeechStarted:
    return SpeechStarted(turn_id=str(number))


async def test_every_subscriber_sees_every_event_in_order() -> None:
    broadcast = Broadcast()
    called: list[Event] = []
    awaited: list[Event] = []

    async def remember(event: Event) -> None:
        awaited.append(event)

    broadcast.subscribe(called.append)
    broadcast.subscribe(remember)
    reader = broadcast.subscribe()
    for number in range(20):
        broadcast.publish(started(number))
    await broadcast.close()
    read = [event async for event in reader]
    assert called == awaited == read == [started(number) for number in range(20)]


async def test_a_subscriber_that_raises_hurts_nobody() -> None:
    broadcast = Broadcast()
    seen: list[Event] = []

    def fail(_: Event) -> None:
        raise RuntimeError("broken screen")

    broadcast.subscribe(fail)
    broadcast.subscribe(seen.append)
    for number in range(3):
        broadcast.publish(started(number))
    await broadcast.close()
    assert len(seen) == 3


async def test_a_subscriber_that_sleeps_delays_neither_the_engine_nor_the_others() -> None:
    broadcast = Broadcast()
    seen: list[float] = []
    broadcast.subscribe(lambda _: time.sleep(0.3))
    broadcast.subscribe(lambda _: seen.append(time.perf_counter()))
    began = time.perf_counter()
    broadcast.publish(started(1))
    assert time.perf_counter() - began < 0.05
    while not seen:
        await asyncio.sleep(0.005)
    assert seen[0] - began < 0.25
    await broadcast.close()


async def test_a_subscriber_that_never_returns_does_not_keep_the_session_from_ending() -> None:
    broadcast = Broadcast()

    async def hang(_: Event) -> None:
        await asyncio.sleep(60)

    broadcast.subscribe(hang)
    broadcast.publish(started(1))
    await asyncio.sleep(0)
    began = time.perf_counter()
    await broadcast.close()
    assert time.perf_counter() - began < 4


async def test_a_slow_reader_loses_levels_before_it_loses_words() -> None:
    broadcast = Broadcast()
    reader = broadcast.subscribe()
    for number in range(500):
        broadcast.publish(AudioLevel(dbfs=-30, is_speech=False))
        if number % 50 == 0:
            broadcast.publish(started(number))
    await broadcast.close()
    events = [event async for event in reader]
    assert sum(isinstance(event, SpeechStarted) for event in events) == 10
    assert len(events) < 100


async def test_what_is_unsubscribed_sees_no_more() -> None:
    broadcast = Broadcast()
    reader = broadcast.subscribe()
    broadcast.publish(started(1))
    broadcast.unsubscribe(reader)
    broadcast.publish(started(2))
    assert [event async for event in reader] == [started(1)]
