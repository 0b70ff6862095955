"""The small pieces panels are drawn with: cells of a fixed width, bars, sparklines."""

from collections.abc import Mapping, Sequence

from textual.content import Content

from voice_agent_cli.speaking.phrases import clean

MUTED = "$text-muted"
ACCENT = "$accent"
STRONG = "$foreground bold"
_EIGHTHS = " ▁▂▃▄▅▆▇█"
_PARTS = " ▏▎▍▌▋▊▉█"
_PLAIN_GLYPHS = {"end_point": "░", "recognize": "▒", "understand": "█", "tools": "▚", "speak": "▓"}
STAGE_STYLES = {
    "end_point": "$stage-1",
    "recognize": "$stage-2",
    "understand": "$stage-3",
    "tools": "$stage-4",
    "speak": "$stage-5",
}


def stage_glyphs(is_plain: bool) -> Mapping[str, str]:
    """What each stage's part of a bar is made of: one block in five shades, or five glyphs without colour."""
    return _PLAIN_GLYPHS if is_plain else dict.fromkeys(_PLAIN_GLYPHS, "▄")


def text(words: object, style: str = "", longest: int = 400) -> Content:
    """Somebody's words on one line, never read as mark-up; spaces around them stay."""
    given = str(words)
    cleaned = clean(given, longest)
    before = len(given) - len(given.lstrip(" "))
    after = len(given) - len(given.rstrip(" ")) if cleaned else 0
    return Content.styled(f"{' ' * before}{cleaned}{' ' * after}", style)


def cell(content: Content | str, width: int, right: bool = False) -> Content:
    """Cut or filled to exactly ``width`` cells."""
    made = (Content(content) if isinstance(content, str) else content).truncate(width, ellipsis=True)
    gap = max(width - made.cell_length, 0)
    return made.pad_left(gap) if right else made.pad_right(gap)


def sides(left: Content, right: Content, width: int) -> Content:
    """``left`` and ``right`` at the two ends of a line; the left one gives way."""
    room = max(width - right.cell_length - 1, 0)
    return Content.assemble(cell(left, room), " ", right) if room else right.truncate(width)


def meter(dbfs: float, width: int) -> str:
    """Loudness from -60 to 0 dBFS in eighths of a cell."""
    eighths = round(min(max((dbfs + 60) / 60, 0.0), 1.0) * width * 8)
    full, part = divmod(eighths, 8)
    return ("█" * full + (_PARTS[part] if part else "")).ljust(width)


def sparkline(values: Sequence[float], width: int) -> str:
    """The last ``width`` values, each a block as high as its share of the highest."""
    shown = values[-width:]
    top = max(shown, default=0.0)
    return "".join(_EIGHTHS[max(1, round(value / top * 8))] if top else _EIGHTHS[1] for value in shown)


def stage_bar(stages: Mapping[str, float], width: int, full_ms: float, glyphs: Mapping[str, str]) -> Content:
    """A turn's stages one after the other; ``full_ms`` would fill the width."""
    pieces: list[tuple[str, str]] = []
    drawn, passed = 0, 0.0
    for stage, glyph in glyphs.items():
        passed += stages.get(stage, 0.0)
        ends = min(round(passed / full_ms * width), width) if full_ms else 0
        pieces.append((glyph * max(ends - drawn, 0), STAGE_STYLES[stage]))
        drawn = max(ends, drawn)
    return Content.assemble(*pieces)


def milliseconds(value: float) -> str:
    """ "63 ms", "1.24 s"."""
    return f"{value:.0f} ms" if value < 1000 else f"{value / 1000:.2f} s"


def argument_list(arguments: Mapping[str, object]) -> str:
    """``query="rain jackets" max_price=200``."""
    return " ".join(f"{name}={_shown(value)}" for name, value in arguments.items())


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        value = ", ".join(f"{name}: {inner}" for name, inner in value.items())
    elif isinstance(value, list | tuple):
        value = ", ".join(map(str, value))
    words = clean(str(value), 60)
    return f'"{words}"' if " " in words else words
