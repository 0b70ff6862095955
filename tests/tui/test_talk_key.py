"""The talk key: a terminal tells of presses only."""

from voice_agent_cli.tui.talk_key import TalkKey


def pressed(*times: float) -> TalkKey:
    """A key that saw these presses, with a tick between any two and none after the last."""
    key = TalkKey()
    for at in times:
        key.tick(at)
        key.press(at)
    return key


def test_a_tap_opens_the_microphone_and_leaves_it_open() -> None:
    key = pressed(0.0)
    assert key.tick(60.0)


def test_a_second_tap_closes_it_once_no_repeat_has_followed() -> None:
    key = pressed(0.0, 2.0)
    assert key.is_open
    assert not key.tick(2.2)


def test_a_held_key_keeps_it_open_until_its_repeats_stop() -> None:
    key = pressed(0.0, 0.5, *(0.5 + n * 0.033 for n in range(1, 60)))
    assert key.state == "held"
    assert key.tick(2.5)
    assert not key.tick(2.9)


def test_the_late_first_repeat_of_a_held_key_is_no_second_tap() -> None:
    for delay in (0.25, 0.5, 0.66):
        key = pressed(0.0, delay, delay + 0.04, delay + 0.08)
        assert key.tick(delay + 0.1)
        assert key.state == "held"


def test_it_can_be_opened_again_after_it_was_let_go() -> None:
    key = pressed(0.0, 0.5, 0.53)
    key.tick(1.0)
    assert key.press(1.5)
    assert key.state == "tapped"
