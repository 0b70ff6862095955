"""OpenTelemetry and Prometheus: what they are told of requests and turns."""

from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

EXPORTER = InMemorySpanExporter()


@pytest.fixture
def spans() -> InMemorySpanExporter:
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):  # a process has one, for good
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(EXPORTER))
        trace.set_tracer_provider(provider)
    EXPORTER.clear()
    return EXPORTER


async def test_a_request_is_a_span_of_its_senders_trace(scene: Any, spans: InMemorySpanExporter) -> None:
    sender = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    session_id, _ = await scene.new_session()
    await scene.call("GET", f"/api/sessions/{session_id}", headers={"traceparent": sender})
    (span,) = [span for span in spans.get_finished_spans() if span.name.startswith("GET /api")]
    assert span.name == "GET /api/sessions/{session_id}"
    assert span.attributes["http.response.status_code"] == 200
    assert f"{span.context.trace_id:032x}" == "0af7651916cd43dd8448eb211c80319c"


async def test_a_turn_is_a_span_of_its_stages_without_what_was_said(
    scene: Any, spans: InMemorySpanExporter
) -> None:
    voice = await scene.talk(details=True)
    await voice.ask("find trowel")
    metrics = await voice.until("turn.metrics")
    finished = {span.name: span for span in spans.get_finished_spans()}
    turn = finished["turn"]
    assert turn.attributes["turn.id"] == metrics["turn_id"]
    for stage, took_ms in metrics["stages"].items():
        span = finished[stage]
        assert span.parent.span_id == turn.context.span_id
        assert abs((span.end_time - span.start_time) / 1e6 - took_ms) < 0.01
    assert "trowel" not in str([span.to_json() for span in finished.values()])


async def test_metrics_count_what_happened_and_take_an_api_key(scene: Any) -> None:
    session_id, token = await scene.new_session()
    voice = await scene.talk(token, details=True)
    await voice.ask("find trowel")
    await voice.until("turn.metrics")
    await scene.call("GET", "/api/sessions/nobody")
    async with scene.client.get("/metrics") as refused:
        assert refused.status == 401
    async with scene.client.get("/metrics", headers={"Authorization": f"Bearer {scene.api_key}"}) as answer:
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        text = await answer.text()
    lines = text.splitlines()
    found = 'method="GET",route="/api/sessions/{session_id}",status="404"'
    assert f"voice_agent_requests_total{{{found}}} 1" in lines
    assert "voice_agent_voice_connections 1" in lines
    assert "voice_agent_conversations 1" in lines
    assert 'voice_agent_tools_total{tool="search_products",success="true"} 1' in lines
    assert 'voice_agent_stage_seconds_count{stage="understand"} 1' in lines
    assert session_id not in text
    for line in lines:
        assert line.startswith("# ") or float(line.rpartition(" ")[2]) >= 0
