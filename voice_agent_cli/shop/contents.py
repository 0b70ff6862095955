"""What a cart holds, as values: lines are never changed, only replaced."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal

from voice_agent_cli.shop.options import ChosenModifier, Selection


@dataclass(frozen=True)
class Line:
    """A line of a cart. ``unit_price`` is what a piece cost, surcharges included, when it was put in."""

    id: str
    product_id: str
    variant_id: str
    title: str
    quantity: int
    unit_price: Decimal
    currency: str
    options: Mapping[str, str] = field(default_factory=dict)
    modifiers: tuple[ChosenModifier, ...] = ()


@dataclass(frozen=True)
class Contents:
    """All that a cart holds. ``last_line`` is the line changed last, if it is still there."""

    lines: tuple[Line, ...] = ()
    code: str | None = None
    last_line: str | None = None
    next_number: int = 1

    def line(self, line_id: str) -> Line | None:
        return next((line for line in self.lines if line.id == line_id), None)

    def quantity_of(self, product_id: str, variant_id: str) -> int:
        """How many pieces of a variant there are, over all lines."""
        wanted = (product_id, variant_id)
        return sum(line.quantity for line in self.lines if (line.product_id, line.variant_id) == wanted)


def same_line(contents: Contents, product_id: str, selection: Selection) -> Line | None:
    """The line that already holds just this variant with just these modifiers."""
    chosen = {(m.name, m.value) for m in selection.modifiers}
    for line in contents.lines:
        same_modifiers = {(m.name, m.value) for m in line.modifiers} == chosen
        same_variant = (line.product_id, line.variant_id) == (product_id, selection.variant.id)
        if same_variant and same_modifiers:
            return line
    return None


def without(contents: Contents, line_id: str) -> Contents:
    """``contents`` less one line."""
    lines = tuple(line for line in contents.lines if line.id != line_id)
    last = contents.last_line if contents.last_line != line_id else None
    # A code belongs to the order being put together; with nothing left there is none.
    return replace(contents, lines=lines, last_line=last, code=contents.code if lines else None)


def encode(contents: Contents) -> str:
    """As JSON, for the database."""
    return json.dumps(asdict(contents), default=str, ensure_ascii=False)


def decode(text: str) -> Contents:
    """What ``encode`` wrote."""
    shape = json.loads(text)
    lines = tuple(
        Line(
            **{
                **line,
                "unit_price": Decimal(line["unit_price"]),
                "modifiers": tuple(
                    ChosenModifier(m["name"], m["value"], Decimal(m["surcharge"])) for m in line["modifiers"]
                ),
            }
        )
        for line in shape["lines"]
    )
    return Contents(**{**shape, "lines": lines})
