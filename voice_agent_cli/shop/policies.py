"""The shop's own words on shipping, returns, payment, opening hours and whatever else it tells."""

from sqlite_utils import Database

from voice_agent_cli.shop.matching import matching_names
from voice_agent_cli.shop.values import canonical

_ASKED_AS = {
    "shipping": "shipping ship shipped delivery deliver delivered delivers postage courier arrive dispatch",
    "returns": "return returns refund refunds exchange exchanges money back warranty guarantee",
    "payment": "payment payments pay paying card cards cash credit debit paypal invoice installments",
    "hours": "hours hour open opening opens close closes closing closed times sunday weekend today",
}


class Policies:
    """Topic to text, as the shop wrote them."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def topics(self) -> tuple[str, ...]:
        return tuple(row[0] for row in self._db.execute("SELECT topic FROM policies ORDER BY rowid"))

    def find(self, topic: str) -> tuple[tuple[str, str], ...]:
        """The (topic, text) pairs that ``topic`` or a word for it ("delivery") names; empty when none."""
        topics = self.topics()
        found = matching_names(topic, topics)
        if not found:
            words = set(canonical(topic))
            meant = [name for name, asked in _ASKED_AS.items() if words & set(asked.split())]
            found = tuple(t for t in topics if any(matching_names(name, [t]) for name in meant))
        return tuple((t, self._text(t)) for t in found)

    def _text(self, topic: str) -> str:
        row = self._db.execute("SELECT text FROM policies WHERE topic = ?", [topic]).fetchone()
        return str(row[0])
