"""Tell what the shop itself says on shipping, returns, payment, opening hours and more."""

from pydantic import Field

from voice_agent_cli.errors import ToolError
from voice_agent_cli.shop.shapes import Input, Output, Text
from voice_agent_cli.shop.shop import Shop


class Arguments(Input):
    topic: Text = Field(description="What is asked: “shipping”, “returns”, “payment”, “opening hours” …")


class Policy(Output):
    topic: str
    text: str = Field(description="The shop's own words.")


class Result(Output):
    policies: list[Policy] = Field(description="Those that the topic names, the nearest first.")


def run(shop: Shop, arguments: Arguments) -> Result:
    found = shop.policies.find(arguments.topic)
    if not found:
        topics = shop.policies.topics()
        told = f"it tells about {', '.join(topics)}" if topics else "it tells of no policies"
        raise ToolError(
            f"The shop says nothing about “{arguments.topic[:60]}”; {told}",
            {"field": "topic", "reason": "unknown", "choices": list(topics)},
        )
    return Result(policies=[Policy(topic=topic, text=text) for topic, text in found])
