"""What a session came to, counted from its record."""

from pathlib import Path

from voice_agent_cli.storage.analytics import Analytics, summarize
from voice_agent_cli.storage.sessions import Sessions, TurnRecord


def test_a_summary_counts_what_ran_what_was_seen_and_how_long_it_took(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path)
    session = sessions.start()
    search = {"tool": "search_products", "products": ["a", "b"]}
    details = {"tool": "get_product_details", "products": ["b"]}
    timings = {"stages": {"understand": 200.0, "tools": 4.0}}
    sessions.add_turn(session.session_id, TurnRecord("1", "product_search", (search,), timings))
    slower = {"stages": {"understand": 400.0}}
    sessions.add_turn(session.session_id, TurnRecord("2", "price_inquiry", (search, details), slower))
    sessions.add_turn(session.session_id, TurnRecord("3", "product_search", ()))
    summary = summarize(sessions.end(session.session_id), sessions.turns(session.session_id))
    assert summary.tool_usage == {"search_products": 2, "get_product_details": 1}
    assert summary.products == ("a", "b")
    assert summary.intents == ("product_search", "price_inquiry")
    assert summary.latency["understand"].median == 300
    assert summary.latency["understand"].longest == 400
    assert summary.latency["tools"].turns == 1
    assert summary.duration_seconds == 0


def test_reported_tool_executions_count_and_other_events_do_not(tmp_path: Path) -> None:
    session = Sessions(tmp_path).start()
    analytics = Analytics(tmp_path)
    first = analytics.track(session.session_id, "tool_execution", {"tool_name": "search_products"})
    analytics.track(session.session_id, "tool_execution", {"tool_name": ["nonsense"]})
    analytics.track(session.session_id, "click", {"tool_name": "undo"})
    assert first.event_id == "evt_1"
    events = analytics.events(session.session_id)
    assert [event.event_type for event in events] == ["tool_execution", "tool_execution", "click"]
    reported = analytics.tools_reported(session.session_id)
    assert summarize(session, (), reported).tool_usage == {"search_products": 1}


def test_a_deleted_session_takes_its_events_with_it(tmp_path: Path) -> None:
    sessions, analytics = Sessions(tmp_path), Analytics(tmp_path)
    session = sessions.start()
    analytics.track(session.session_id, "click", {})
    sessions.delete(session.session_id)
    assert analytics.events(session.session_id) == ()
