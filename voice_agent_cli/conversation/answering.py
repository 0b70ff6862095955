"""From an utterance to what is said back: understand, run the calls, compose the reply."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from voice_agent_cli.conversation.memory import Memory
from voice_agent_cli.conversation.metrics import Stamps
from voice_agent_cli.errors import ChoiceNeeded, VoiceAgentError
from voice_agent_cli.events import Event, ToolFinished, ToolStarted, Understood
from voice_agent_cli.shop.contents import Contents
from voice_agent_cli.shop.shop import Shop
from voice_agent_cli.speaking.reply import Reply, compose
from voice_agent_cli.tools import registry
from voice_agent_cli.tools.registry import ToolOutcome
from voice_agent_cli.understanding.state import Call, State, Understanding


class Agent(Protocol):
    """Who decides what is meant. Both methods are called in a thread."""

    def understand(self, text: str, state: State) -> Understanding: ...

    def prepare(self, state: State) -> None: ...


@dataclass(frozen=True)
class Answer:
    """A reply and what it was made from."""

    reply: Reply
    outcomes: tuple[ToolOutcome, ...]

    @property
    def tools_used(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(outcome.tool for outcome in self.outcomes))

    @property
    def tool_records(self) -> tuple[dict[str, Any], ...]:
        """The calls as the session's record keeps them; ``products`` are the ids that a call showed."""
        return tuple(
            {
                "tool": outcome.tool,
                "arguments": outcome.arguments,
                "success": outcome.success,
                "duration_ms": round(outcome.duration_ms, 1),
                "products": products_in(outcome.result or {}),
            }
            for outcome in self.outcomes
        )


@dataclass(frozen=True)
class _Ran:
    """What came of a turn's calls.

    Attributes:
        outcomes: What is to be told.
        last: The call that a correction would be about; None leaves the one before.
        refused: Whether it changed nothing, so that there is nothing to take back.
        waiting: What was not run because a question is open.
    """

    outcomes: tuple[ToolOutcome, ...]
    last: Call | None = None
    refused: bool = False
    waiting: tuple[Call, ...] = ()


class Answerer:
    """One conversation's answers. The shop is touched by one thread only, its own."""

    def __init__(
        self,
        shop: Shop,
        memory: Memory,
        agent: Agent,
        publish: Callable[[Event], None],
        clock: Callable[[], float],
    ) -> None:
        self._shop = shop
        self._memory = memory
        self._agent = agent
        self._publish = publish
        self._clock = clock
        self._previous: Reply | None = None
        self._shop_thread = ThreadPoolExecutor(1, thread_name_prefix="shop")

    async def answer(self, turn_id: str, text: str, stamps: Stamps) -> Answer:
        """Do what ``text`` asks.

        Raises:
            VoiceAgentError: the agent or the database failed; a tool's refusal is part of the answer.
        """
        state = await self._in_shop(self._memory.state)
        understanding = await asyncio.to_thread(self._agent.understand, text, state)
        calls = self._memory.calls_of(understanding)
        stamps.understood = self._clock()
        self._publish(
            Understood(
                turn_id=turn_id,
                calls=tuple({**asdict(call), "arguments": dict(call.arguments)} for call in calls),
                question=understanding.question,
                latency_ms=understanding.latency_ms,
            )
        )
        ran = await self._run(turn_id, calls)
        stamps.tools_done = self._clock()
        reply = compose(ran.outcomes, understanding, self._previous)
        pending = reply.pending or (state.pending if _says_nothing(understanding) else None)
        await self._in_shop(self._memory.keep, pending, ran.last, ran.refused, ran.waiting)
        self._previous = reply
        return Answer(reply, ran.outcomes)

    async def prepare(self) -> None:
        """Let the agent read the new state before the shopper speaks again."""
        state = await self._in_shop(self._memory.state)
        await asyncio.to_thread(self._agent.prepare, state)

    def close(self) -> None:
        self._shop_thread.shutdown(wait=True)

    async def _run(self, turn_id: str, calls: tuple[Call, ...]) -> "_Ran":
        """Run the calls in order, as far as the first that has a question to ask.

        What a correction took back is put into the cart again where the correction is refused.
        """
        outcomes: list[ToolOutcome] = []
        before: Contents | None = None
        for position, call in enumerate(calls, 1):
            if call.tool == "undo" and call.decided_by == "code":
                before = await self._in_shop(lambda: self._shop.cart.contents)
            outcome = await self._execute(turn_id, call)
            if before and outcome.error and not isinstance(outcome.error, ChoiceNeeded):
                await self._in_shop(self._shop.cart.put_back, before)
                return _Ran((*outcomes[:-1], outcome))
            outcomes.append(outcome)
            if isinstance(outcome.error, ChoiceNeeded):
                return _Ran(tuple(outcomes), call, refused=True, waiting=calls[position:])
        last = calls[-1] if calls else None
        return _Ran(tuple(outcomes), last, refused=bool(outcomes and outcomes[-1].error))

    async def _execute(self, turn_id: str, call: Call) -> ToolOutcome:
        self._publish(ToolStarted(turn_id=turn_id, tool=call.tool, arguments=call.arguments))
        outcome: ToolOutcome = await self._in_shop(registry.execute, self._shop, call.tool, call.arguments)
        self._publish(finished(turn_id, outcome))
        return outcome

    async def _in_shop(self, function: Callable[..., Any], *arguments: object) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._shop_thread, function, *arguments)


def _says_nothing(understanding: Understanding) -> bool:
    """Whether an open question stays open: noise and thanks are no answer, and no new request."""
    return not understanding.calls and not understanding.question and understanding.small_talk != "no"


def finished(turn_id: str, outcome: ToolOutcome) -> ToolFinished:
    """The event of a tool's answer."""
    return ToolFinished(
        turn_id=turn_id,
        tool=outcome.tool,
        arguments=outcome.arguments,
        success=outcome.success,
        duration_ms=round(outcome.duration_ms, 1),
        result=outcome.result,
        error=as_error(outcome.error) if outcome.error else None,
    )


def products_in(result: Mapping[str, Any]) -> list[str]:
    """The ids of the products in a tool's result."""
    named = (result.get("product"), result.get("line"), *(result.get("products") or ()))
    shown = (entry for entry in named if isinstance(entry, Mapping))
    ids = (entry.get("product_id") or entry.get("id") for entry in shown)
    return list(dict.fromkeys(str(one) for one in ids if one))


def as_error(error: VoiceAgentError) -> dict[str, Any]:
    """An error in the API's form."""
    return {"code": error.code, "message": error.message, "details": error.details}
