"""What ``voice-agent demo`` plays."""

from voice_agent_cli import settings
from voice_agent_cli.conversation.rehearsal import recordings


def test_every_line_of_the_script_has_its_recording() -> None:
    folder = settings.shipped("config/demo")
    lines = (folder / "shopper.txt").read_text().splitlines()
    said = [line for line in lines if line and not line.startswith("#")]
    assert len(recordings(folder)) == len(said) >= 10
    assert sum(file.stat().st_size for file in recordings(folder)) < 1_500_000
