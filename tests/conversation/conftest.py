"""A small shop, stand-ins for what hears and speaks, and an agent that follows a script."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from voice_agent_cli.conversation.conversation import Conversation, Parts
from voice_agent_cli.events import Event
from voice_agent_cli.hearing.recognizer import Transcript
from voice_agent_cli.shop.importers import import_file
from voice_agent_cli.shop.shop import Shop
from voice_agent_cli.speaking.voice import Speech
from voice_agent_cli.storage.sessions import Sessions
from voice_agent_cli.understanding.state import Call, State, Understanding


def product(number: int, title: str, price: str, **more: object) -> dict[str, object]:
    money = {"amount": price, "currency": "USD"}
    return {
        "id": f"prod_{number}",
        "title": title,
        "description": f"{title} for every day.",
        "vendor": "Alder",
        "category": "Clothing",
        "price": money,
        "variants": [
            {"id": f"var_{number}_{size}", "options": {"size": size}, "price": money,
             "available": True, "inventory_quantity": 3}
            for size in ("S", "M")
        ],
        "options": {"size": ["S", "M"]},
        **more,
    }  # fmt: skip


PRODUCTS = [
    product(1, "Harbor Rain Jacket", "129.00"),
    product(2, "Pier Rain Jacket", "49.90"),
    product(3, "Dune Linen Shirt", "69.00"),
]


class ScriptedAgent:
    """A stand-in for the agent: what each sentence means is written down in the test."""

    def __init__(self, script: Mapping[str, Understanding]) -> None:
        self.script = dict(script)
        self.states: list[State] = []
        self.prepared = 0

    def understand(self, text: str, state: State) -> Understanding:
        self.states.append(state)
        answer = self.script.get(text, Understanding(small_talk="none"))
        if text == "yes" and state.pending:
            arguments = {**state.pending.arguments, "confirm": True}
            return Understanding((Call(state.pending.tool, arguments),))
        if state.pending and state.pending.missing == "size" and text in ("small", "medium"):
            return Understanding((Call(state.pending.tool, {**state.pending.arguments, "size": text}),))
        return answer

    def prepare(self, state: State) -> None:
        self.prepared += len(state.shown) > 0


class ScriptedRecognizer:
    """A stand-in for the recognizer: each utterance is the next of its texts."""

    engine, model = "scripted", "none"

    def __init__(self, texts: list[str]) -> None:
        self.texts = list(texts)
        self.samples = 0

    def accept(self, frame: NDArray[np.int16]) -> None:
        self.samples += len(frame)

    def partial(self) -> str:
        return self.texts[0].split()[0] if self.texts and self.texts[0] else ""

    def finish(self) -> Transcript:
        text = self.texts.pop(0) if self.texts else ""
        return Transcript(text, 0.9 if text else 0.0)

    def reset(self) -> None:
        self.samples = 0


class QuickVoice:
    """A stand-in voice: a tenth of a second of silence a word."""

    name = "quick"

    def synthesize(self, text: str) -> Speech:
        return Speech(np.zeros(1600 * len(text.split()), np.int16), 16_000, text)


class Stage:
    """A place to open conversations on one shop and one record."""

    def __init__(self, folder: Path) -> None:
        self.database = folder / "shop.db"
        source = folder / "products.json"
        shop = {"policies": {"returns": "Within 30 days."}, "discounts": []}
        source.write_text(json.dumps({"shop": shop, "products": PRODUCTS}))
        with Shop.open(self.database, "") as shop_:
            import_file(shop_.catalogue, source)
        self.sessions = Sessions(folder)
        self.events: list[Event] = []

    def open(
        self,
        agent: ScriptedAgent,
        session: str = "s1",
        voice: QuickVoice | None = None,
        hears: list[str] | None = None,
        **options: object,
    ) -> Conversation:
        self.sessions.start(session)
        parts = Parts(
            shop=Shop.open(self.database, session),
            sessions=self.sessions,
            agent=agent,
            voice=voice,
            recognizer=ScriptedRecognizer(hears) if hears is not None else None,
        )
        conversation = Conversation(session, parts, **options)  # type: ignore[arg-type]
        conversation.subscribe(self.keep)
        return conversation

    async def keep(self, event: Event) -> None:
        self.events.append(event)

    def of(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]

    def said(self, session: str = "s1") -> list[str]:
        return [message.content for message in self.sessions.messages(session)]


@pytest.fixture
def stage_of(tmp_path: Path) -> Iterator[Callable[[], Stage]]:
    """Makes the stage when a test is ready for it."""
    made: list[Stage] = []

    def make() -> Stage:
        made.append(Stage(tmp_path))
        return made[-1]

    yield make
    for stage in made:
        stage.sessions.close()


@pytest.fixture
def stage(stage_of: Callable[[], Stage]) -> Stage:
    return stage_of()


@pytest.fixture
def shopping() -> ScriptedAgent:
    """An agent that knows the sentences of these tests."""
    return ScriptedAgent(
        {
            "rain jackets": Understanding((Call("search_products", {"query": "rain jacket"}),)),
            "add the first one": Understanding((Call("add_to_cart", {"product": "1"}),)),
            "add the first one and read me my cart": Understanding(
                (Call("add_to_cart", {"product": "1"}), Call("view_cart"))
            ),
            "add the first one in medium": Understanding(
                (Call("add_to_cart", {"product": "1", "size": "M"}),)
            ),
            "no I meant gigantic": Understanding(
                (
                    Call("undo", decided_by="code"),
                    Call("add_to_cart", {"product": "1", "size": "gigantic"}),
                )
            ),
            "my cart": Understanding((Call("view_cart"),)),
            "check out": Understanding((Call("checkout"),)),
            "no": Understanding(small_talk="no"),
            "hello": Understanding(small_talk="hello"),
            "say that again": Understanding(small_talk="repeat"),
        }
    )


@pytest.fixture
def quick() -> QuickVoice:
    return QuickVoice()
