"""The shop's own words on shipping, returns, payment, opening hours and whatever else it tells."""

from sqlite_utils import Database

from voice_agent_cli.shop.matching import content_words, matching_names
from voice_agent_cli.shop.values import canonical, plain
from voice_agent_cli.shop.words import root, words

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
            said = set(canonical(topic))
            meant = [name for name, ways in _ASKED_AS.items() if said & set(ways.split())]
            found = tuple(t for t in topics if any(matching_names(name, [t]) for name in meant))
        if not found:
            asked = {root(word) for word in content_words(topic)}
            found = tuple(t for t in topics if asked and asked <= self._roots(t))
        return tuple((t, self._text(t)) for t in found)

    def _roots(self, topic: str) -> set[str]:
        """The roots of the words of a topic and its text."""
        return {root(word) for word in words(f"{plain(topic)} {self._text(topic)}")}

    def _text(self, topic: str) -> str:
        row = self._db.execute("SELECT text FROM policies WHERE topic = ?", [topic]).fetchone()
        return str(row[0])
