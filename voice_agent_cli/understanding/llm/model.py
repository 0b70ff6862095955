"""What the agent needs of a language model."""

from dataclasses import dataclass
from typing import Protocol

from voice_agent_cli.understanding.grammar import Grammar


@dataclass(frozen=True)
class Choice:
    """A place in the text where the model had a choice.

    Attributes:
        at: Characters written before it.
        probability: Of what it chose, among what the grammar allowed there.
    """

    at: int
    probability: float


@dataclass(frozen=True)
class Written:
    """What a model wrote, and how sure it was where it had a choice."""

    text: str
    choices: tuple[Choice, ...] = ()


class LanguageModel(Protocol):
    """A model that writes calls in the short form under a grammar. Safe to share between threads."""

    name: str

    def prepare(self, prefix: str) -> None:
        """Read the part of a prompt that is known before the shopper speaks."""

    def write(self, prefix: str, rest: str, grammar: Grammar) -> Written:
        """The most likely output that the grammar admits after ``prefix + rest``.

        Raises:
            ModelError: The model cannot be reached or its answer makes no sense.
        """
