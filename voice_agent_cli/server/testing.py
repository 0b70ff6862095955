"""``POST /api/test/tool-execution``: one of the agent's tools, directly."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal, Union

from pydantic import BaseModel, Field, RootModel, create_model

from voice_agent_cli.server.endpoint import Call, Endpoint
from voice_agent_cli.server.schemas import Body, ErrorShape, ToolOutcomeShape
from voice_agent_cli.shop.shop import Shop
from voice_agent_cli.tools import registry
from voice_agent_cli.tools.registry import ToolOutcome


@lru_cache(maxsize=1)
def tool_execution() -> type[BaseModel]:
    """The request, made of the tools' own schemas: one variant a tool."""
    variants = tuple(_variant(registry.load(name)) for name in registry.names())
    union: Any = Annotated[Union[variants], Field(discriminator="tool")]  # noqa: UP007
    return type("ToolExecution", (RootModel[union],), {"__doc__": "A tool and its arguments."})


def _variant(tool: registry.Tool) -> type[BaseModel]:
    name = "".join(part.capitalize() for part in tool.name.split("_")) + "Execution"
    required = any(field.is_required() for field in tool.arguments.model_fields.values())
    kind: Any = Literal[tool.name]
    parameters: Any = (tool.arguments, ... if required else Field(default_factory=tool.arguments))
    return create_model(
        name,
        __base__=Body,
        __doc__=tool.description,
        tool=(kind, ...),
        parameters=parameters,
    )


async def execute_tool(call: Call) -> ToolOutcomeShape:
    """Run a tool in a visit that belongs to the API key; what the tool refuses is an answer too."""
    wanted = call.body.root
    name, arguments = wanted.tool, wanted.parameters.model_dump(exclude_unset=True)

    def execute(shop: Shop) -> ToolOutcome:
        return registry.execute(shop, name, arguments)

    outcome = await call.services.counter.serve(f"test-{call.holder.ident}", None, execute)
    call.services.metrics.tools.add(tool=name, success=str(outcome.success).lower())
    return _shape(outcome.message())


def _shape(message: Mapping[str, Any]) -> ToolOutcomeShape:
    error = {"error": ErrorShape(**message["error"])} if "error" in message else {}
    return ToolOutcomeShape.model_validate({**message, **error})


def endpoints() -> tuple[Endpoint, ...]:
    """The route; a function, because its schema needs every tool imported."""
    return (
        Endpoint(
            "POST",
            "/api/test/tool-execution",
            "Execute a tool directly for testing.",
            execute_tool,
            ToolOutcomeShape,
            "testing",
            body=tool_execution(),
        ),
    )
