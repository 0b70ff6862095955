"""``GET /health`` and ``GET /metrics``."""

from typing import Literal

from aiohttp import web

from voice_agent_cli import __version__
from voice_agent_cli.errors import VoiceAgentError
from voice_agent_cli.server.endpoint import Call, Endpoint
from voice_agent_cli.server.schemas import Health
from voice_agent_cli.server.services import Services

Check = Literal["healthy", "loading", "unhealthy", "not_configured"]


async def get_health(call: Call) -> Health:
    """200 ``healthy`` or ``degraded``, 503 ``unhealthy``: without its database nothing works."""
    engines = call.services.conversations.health()
    checks: dict[str, Check] = {
        "api": "healthy",
        "shopify": "not_configured",
        "livekit": "not_configured",
        "redis": "not_configured",
        "database": _database(call.services),
        "stt": engines,
        "llm": engines,
        "tts": engines,
    }
    status: Literal["healthy", "degraded", "unhealthy"] = (
        "degraded" if "unhealthy" in checks.values() else "healthy"
    )
    if checks["database"] == "unhealthy":
        status, call.status = "unhealthy", 503
    return Health(status=status, version=__version__, checks=checks)


async def get_metrics(call: Call) -> web.Response:
    """Counters and times for Prometheus, to holders of an API key."""
    text = call.services.metrics.text()
    return web.Response(
        body=text.encode(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
    )


def _database(services: Services) -> Check:
    try:
        services.sessions.recent(1)
        services.keys.all()
    except VoiceAgentError:
        return "unhealthy"
    return "healthy"


ENDPOINTS = (
    Endpoint("GET", "/health", "Whether the service works.", get_health, Health, "health", access="open"),
    Endpoint("GET", "/metrics", "Metrics in the Prometheus text format.", get_metrics, None, "health"),
)
