"""Counters and times in the text format that Prometheus reads."""

from collections import defaultdict
from collections.abc import Iterator

_BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
Labels = tuple[tuple[str, str], ...]


class Counter:
    """A number that only grows, for each set of labels."""

    kind = "counter"

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._values: defaultdict[Labels, float] = defaultdict(float)

    def add(self, amount: float = 1, **labels: str) -> None:
        self._values[tuple(labels.items())] += amount

    def samples(self) -> Iterator[str]:
        for labels, value in self._values.items():
            yield f"{self.name}{_shown(labels)} {value:g}"


class Gauge(Counter):
    """A number that goes up and down."""

    kind = "gauge"


class Histogram:
    """How long something took, in seconds, for each set of labels."""

    kind = "histogram"

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._counts: dict[Labels, list[int]] = {}
        self._sums: defaultdict[Labels, float] = defaultdict(float)

    def observe(self, seconds: float, **labels: str) -> None:
        key = tuple(labels.items())
        counts = self._counts.setdefault(key, [0] * (len(_BOUNDS_S) + 1))
        counts[sum(seconds > bound for bound in _BOUNDS_S)] += 1
        self._sums[key] += seconds

    def samples(self) -> Iterator[str]:
        for labels, counts in self._counts.items():
            total = 0
            for bound, count in zip((*map(str, _BOUNDS_S), "+Inf"), counts, strict=True):
                total += count
                yield f"{self.name}_bucket{_shown((*labels, ('le', bound)))} {total}"
            yield f"{self.name}_sum{_shown(labels)} {self._sums[labels]:.6f}"
            yield f"{self.name}_count{_shown(labels)} {total}"


class Metrics:
    """What one server process has done since it started."""

    def __init__(self) -> None:
        self.requests = Counter("voice_agent_requests_total", "HTTP requests by route and status.")
        self.request_time = Histogram("voice_agent_request_seconds", "Time to answer a request, by route.")
        self.refused = Counter("voice_agent_rate_limited_total", "What a rate limit refused, by limit.")
        self.connections = Gauge("voice_agent_voice_connections", "Open voice connections.")
        self.conversations = Gauge("voice_agent_conversations", "Conversations going on.")
        self.messages = Counter("voice_agent_messages_total", "WebSocket messages by direction and type.")
        self.stage_time = Histogram("voice_agent_stage_seconds", "Time of each stage of a turn.")
        self.tools = Counter("voice_agent_tools_total", "Tools that ran, by name and success.")

    def text(self) -> str:
        """Everything, in the exposition format 0.0.4."""
        lines: list[str] = []
        for metric in vars(self).values():
            lines += [f"# HELP {metric.name} {metric.text}", f"# TYPE {metric.name} {metric.kind}"]
            lines += metric.samples()
        return "\n".join(lines) + "\n"


def _shown(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
