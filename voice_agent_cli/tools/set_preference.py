"""Remember the shopper's size, color, brand or budget."""

from pydantic import Field

from voice_agent_cli.errors import UsageError
from voice_agent_cli.shop.shapes import Input, Output, Price, Text
from voice_agent_cli.shop.shop import Shop

FORGET = "none"


class Arguments(Input):
    size: Text | None = Field(None, description=f"The size to remember; “{FORGET}” forgets it.")
    budget: Price | None = Field(None, description="The highest price to show from now on; 0 forgets it.")
    brand: Text | None = Field(None, description=f"The brand to remember; “{FORGET}” forgets it.")
    color: Text | None = Field(None, description=f"The color to remember; “{FORGET}” forgets it.")


class Result(Output):
    changed: list[str] = Field(description="The names of what was set or forgotten now.")
    preferences: dict[str, str] = Field(description="All that is remembered.")


def run(shop: Shop, arguments: Arguments) -> Result:
    changes: dict[str, str | None] = {}
    for name in ("size", "color", "brand"):
        if (value := getattr(arguments, name)) is not None:
            changes[name] = None if value.casefold() == FORGET else value
    if arguments.budget is not None:
        changes["budget"] = str(arguments.budget) if arguments.budget else None
    if not changes:
        raise UsageError("size: say what to remember: size, budget, brand or color", {"field": "size"})
    return Result(changed=list(changes), preferences=shop.preferences.change(changes))
