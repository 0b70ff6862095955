"""The trips that judge: what one shopper says, written by hand, and the cart it is to end with.

What depends on the assistant's answers is part of it: which position a product was shown
at, what to say when asked for a size, what to do when something was not found.
"""

import re
import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from voice_agent_cli.errors import UsageError

WHEN = re.compile(r"(not )?(shown|in cart) (.+)")
_TRIPS = Path(__file__).parent / "cases" / "trips"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Step(_Part):
    """Something the shopper says.

    ``{nth ID}`` and ``{no ID}`` in a sentence stand for where the product is shown: "second", "2".

    Attributes:
        when: ``shown ID``, ``not shown ID``, ``in cart ID`` or ``not in cart ID``: else it is left unsaid.
        again: The other words used when the assistant did not understand, or could not do it.
    """

    say: str
    when: Annotated[str, Field(pattern=WHEN.pattern)] | None = None
    again: str | None = None


class Wanted(_Part):
    """A line that the cart is to hold; options of which there is but one value may be left out."""

    product: str
    quantity: int = 1
    options: dict[str, str] = Field(default_factory=dict)
    modifiers: dict[str, str] = Field(default_factory=dict)


def _as_step(value: object) -> object:
    return {"say": value} if isinstance(value, str) else value


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


class Trip(_Part):
    """One shopper's visit.

    Attributes:
        answers: By what is asked (``size``, ``color``, ``confirm``, ``product``, an option's name) what
            the shopper answers; of several, the ones that were offered, one after another.
        cart: What the cart shall hold in the end; with ``ordered``, what shall have been ordered.
    """

    name: str
    kind: str
    shopper: str
    says: list[Annotated[Step, BeforeValidator(_as_step)]] = Field(min_length=1)
    answers: dict[str, Annotated[list[str], BeforeValidator(_as_list)]] = Field(default_factory=dict)
    cart: list[Wanted]
    code: str | None = None
    ordered: bool = False


class _File(_Part):
    shop: str
    trip: list[Trip]


def own_trips() -> tuple[Path, ...]:
    """The trips that ship with the package, written apart from the training sentences."""
    return tuple(sorted(_TRIPS.glob("*.toml")))


def read_trips(path: Path) -> tuple[str, tuple[Trip, ...]]:
    """The shop of a file of trips, and its trips.

    Raises:
        UsageError: It is no TOML, or a part of it has another shape; the place is named.
    """
    try:
        read = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{path}: {place}: {first['msg'].lower()}") from error
    return read.shop, tuple(read.trip)
