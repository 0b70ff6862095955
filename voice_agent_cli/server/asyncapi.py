"""The AsyncAPI 3.0 document of the WebSocket, made from the messages themselves."""

import inspect
from dataclasses import fields
from typing import Any, Literal, get_args, get_type_hints

from pydantic import BaseModel, create_model
from pydantic.json_schema import models_json_schema

from voice_agent_cli import __version__
from voice_agent_cli.events import AudioOutput, ErrorEvent, Event
from voice_agent_cli.server.messages import SENT, SENT_ON_REQUEST, ClientMessage
from voice_agent_cli.server.voice import PATH

_REF = "#/components/schemas/{model}"
_DESCRIPTION = (
    "Connect with ?token= or an Authorization header; a bad token is refused with 401 before the upgrade. "
    "A dropped connection leaves the session open: session.start with its id resumes its cart, its last "
    "results and the question that was asked. Errors are messages; the connection stays. Raw mono PCM16 may "
    "be sent as binary frames, at most 1.5 times real time. Fields that are absent do not apply."
)


def document() -> dict[str, Any]:
    """The whole document."""
    received = get_args(get_args(ClientMessage)[0])
    sent = {event: _model(event) for event in (*SENT, *SENT_ON_REQUEST)}
    models = sorted((*received, *sent.values()), key=lambda model: model.__name__)
    _, schemas = models_json_schema([(model, "validation") for model in models], ref_template=_REF)
    messages = {_type_of(model): _message(model) for model in received}
    messages |= {event.type: _message(model) for event, model in sent.items()}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "voice-agent WebSocket", "version": __version__, "description": _DESCRIPTION},
        "channels": {
            "voice": {
                "address": PATH,
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
            }
        },
        "operations": {
            "receive": _operation("receive", [_type_of(model) for model in received]),
            "send": _operation("send", [event.type for event in sent]),
        },
        "components": {"messages": messages, "schemas": schemas["$defs"]},
    }


def _operation(action: str, names: list[str]) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": "#/channels/voice"},
        "messages": [{"$ref": f"#/channels/voice/messages/{name}"} for name in names],
    }


def _message(model: type[BaseModel]) -> dict[str, Any]:
    return {
        "name": _type_of(model),
        "summary": inspect.getdoc(model),
        "payload": {"$ref": _REF.format(model=model.__name__)},
    }


def _type_of(model: type[BaseModel]) -> str:
    return str(get_args(model.model_fields["type"].annotation)[0])


def _model(event: type[Event]) -> type[BaseModel]:
    """An event's JSON form as a model; this is where the fields that differ inside are named."""
    hints = get_type_hints(event)
    shape: dict[str, Any] = {}
    for field in fields(event):
        hint = hints[field.name]
        optional = type(None) in get_args(hint)
        shape[field.name] = (hint, None) if optional else (hint, ...)
    del shape["at_ms"]
    if event is AudioOutput:
        del shape["samples"]
        shape["audio"] = (str, ...)
    if event is ErrorEvent:
        shape["message"] = shape.pop("message_")
    data = create_model(f"{event.__name__}Data", **shape)
    kind: Any = Literal[event.type]
    summary = (inspect.getdoc(event) or event.type).partition("\n")[0]
    return create_model(event.__name__, __doc__=summary, type=(kind, ...), data=(data, ...))
