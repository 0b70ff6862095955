"""Between the engine's thread and the screen: nobody waits, and no more than 30 batches a second."""

import asyncio
import threading
import time

from voice_agent_cli.events import AudioLevel, SpeechStarted
from voice_agent_cli.tui.mailbox import REDRAWS_A_SECOND, Mailbox
from voice_agent_cli.tui.notices import Notice


async def test_everything_arrives_in_order_in_at_most_thirty_batches_a_second() -> None:
    batches: list[list[Notice]] = []
    mailbox = Mailbox(lambda batch: batches.append(list(batch)))

    def post() -> None:
        for number in range(300):
            mailbox.post(SpeechStarted(turn_id=str(number)))
            time.sleep(0.001)

    began = time.monotonic()
    await asyncio.to_thread(post)
    await asyncio.sleep(0.1)
    took = time.monotonic() - began
    assert [event.turn_id for batch in batches for event in batch] == [str(n) for n in range(300)]  # type: ignore[union-attr]
    assert len(batches) <= took * REDRAWS_A_SECOND + 1


async def test_of_the_meters_levels_only_the_newest_is_drawn() -> None:
    batches: list[list[Notice]] = []
    mailbox = Mailbox(lambda batch: batches.append(list(batch)))
    for level in range(-50, 0):
        mailbox.post(AudioLevel(dbfs=level, is_speech=False))
    await asyncio.sleep(0.1)
    assert batches == [[AudioLevel(dbfs=-1, is_speech=False)]]


async def test_posting_does_not_wait_for_a_screen_that_is_busy() -> None:
    took: list[float] = []
    mailbox = Mailbox(lambda _: None)

    def post() -> None:
        began = time.perf_counter()
        for number in range(2000):
            mailbox.post(SpeechStarted(turn_id=str(number)))
        took.append(time.perf_counter() - began)

    thread = threading.Thread(target=post)
    thread.start()
    time.sleep(0.4)  # the loop is not running meanwhile: the screen is frozen
    assert took, "the posts were done although nobody took them"
    thread.join()
    await asyncio.sleep(0)
