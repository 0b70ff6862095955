"""What this shop's customers may say: a language model and a dictionary from its catalogue.

Sentences are made from the patterns of ``requests.txt`` and from how people talk to shops
(``talk.txt.gz``, made by scripts/build-talk), filled with one product's words at a time,
and counted into a trigram model.
"""

import gzip
import hashlib
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from random import Random

from voice_agent_cli.hearing import language_model, pronunciation, spoken
from voice_agent_cli.hearing.patterns import Patterns
from voice_agent_cli.shop.products import Product

_SENTENCES = 40_000
_AT_THE_COUNTER = 0.75  # of what is said of a thing that is made to order
_TALK = 0.6  # of what is said else, in a shop that is no counter
_SEED = 1
_FORMAT = "4"  # changes whenever the same phrases would give other files
_COLORS = (
    "black", "white", "blue", "navy", "navy blue",
    "light blue", "dark blue", "red", "green", "dark green", "grey",
    "gray", "brown", "beige", "pink", "purple", "yellow", "orange", "silver", "gold", "black and white",
)  # fmt: skip
_AMOUNTS = frozenset(("a", "an", "some", "lots", "plenty", "extra", "no", "half", "less", "without", "with"))
_NAMES = {"color": "color", "colour": "color", "size": "size"}


@dataclass(frozen=True)
class ProductPhrases:
    """The words around one product, as they are said.

    ``values`` holds, for each option or modifier, the ways to say each of its
    values; ``leading`` how many of them, from the first, make variants and so are
    usually said before the product ("a large latte"), not after ("with soy milk").
    """

    names: Mapping[str, tuple[str, ...]]
    values: tuple[tuple[str, ...], ...] = ()
    leading: int = 0

    @property
    def is_made_to_order(self) -> bool:
        """Whether it is mostly asked for at once with its modifiers, as at a coffee bar."""
        return len(self.values) > self.leading


@dataclass(frozen=True)
class Vocabulary:
    """Everything of a catalogue that is said; ``extra`` are phrases given by hand."""

    products: tuple[ProductPhrases, ...] = ()
    extra: tuple[str, ...] = ()

    @classmethod
    def of(cls, products: Iterable[Product], extra: Iterable[str] = ()) -> "Vocabulary":
        """The vocabulary of a catalogue; ``extra`` are further phrases, such as discount codes."""
        said = tuple(phrase for phrase in map(spoken.say, extra) if phrase)
        return cls(tuple(map(_phrases_of, products)), said)

    @property
    def is_of_a_counter(self) -> bool:
        """Whether most of what is sold is made to order."""
        return 2 * sum(product.is_made_to_order for product in self.products) > len(self.products)

    def phrases(self) -> tuple[str, ...]:
        """Every phrase once, sorted: what a grammar or a list of hot words is made of."""
        found = set(self.extra)
        for product in self.products:
            found.update(phrase for phrases in product.names.values() for phrase in phrases)
            found.update(way for ways in product.values for way in ways)
        return tuple(sorted(found))


@dataclass(frozen=True)
class VocabularyFiles:
    """Where the language model (PocketSphinx's own format) and the dictionary (CMU's) are."""

    language_model: Path
    dictionary: Path


def _phrases_of(product: Product) -> ProductPhrases:
    title = spoken.say(product.title)
    brand = spoken.say(product.vendor)
    words = title.removeprefix(f"{brand} ").split()
    kinds = {spoken.say(product.category.split("/")[-1].split(">")[-1])}
    kinds |= {" ".join(words[-length:]) for length in (1, 2, 3) if len(words) >= length}
    kinds |= {spoken.say(tag) for tag in product.tags if len(tag.split()) <= 2}
    kinds.discard("")
    groups = [(name, values) for name, values in product.options.items()]
    groups += [(modifier.name, tuple(v.value for v in modifier.values)) for modifier in product.modifiers]
    said = {name: _ways(name, values) for name, values in groups}
    named: dict[str, tuple[str, ...]] = {
        "title": (title,),
        "called": tuple(" ".join(words[at:]) for at in range(len(words))),
        "thing": tuple(sorted(map(spoken.singular, kinds))),
        "things": tuple(sorted(map(spoken.plural, kinds))),
        "brand": (brand,) if brand else (),
        "category": (spoken.say(product.category),) if product.category else (),
        "option": tuple(way for ways in said.values() for way in ways),
    }
    for name, ways in said.items():
        key = _NAMES.get(spoken.plain(name), "")
        if key:
            named[key] = ways
    return ProductPhrases(
        {name: phrases for name, phrases in named.items() if phrases},
        tuple(said.values()),
        len(product.options),
    )


def _ways(name: str, values: Sequence[str]) -> tuple[str, ...]:
    """The ways to say every value of one option or modifier."""
    noun = spoken.singular(spoken.say(name))
    # "light" of Roast is also "light roast"; but where one is "soy milk", "cream" is not "cream milk".
    is_added = noun not in _NAMES and not any(noun in spoken.say(value).split() for value in values)
    return tuple(way for value in values for way in spoken.ways_to_say(value, noun if is_added else ""))


def build(vocabulary: Vocabulary, dictionary: Path, folder: Path) -> VocabularyFiles:
    """Make the files of a vocabulary under ``folder``, or find them there.

    Args:
        vocabulary: What is said in this shop.
        dictionary: The pronunciations the acoustic model was made for, CMU's format.
        folder: A cache; each vocabulary has its own files, named by their content.

    Raises:
        ModelError: The dictionary cannot be read.
    """
    name = _fingerprint(vocabulary)
    files = VocabularyFiles(folder / f"{name}.lm.bin", folder / f"{name}.dict")
    if files.language_model.exists() and files.dictionary.exists():
        return files
    texts = sentences(vocabulary)
    words = {word for text in texts for word in text.split()}
    said = pronunciation.pronounce(sorted(words), pronunciation.dictionary(dictionary))
    kept = [text for text in texts if all(word in said for word in text.split())]
    folder.mkdir(parents=True, exist_ok=True)
    _write(files.dictionary, _dictionary_text(said))
    _write_model(files.language_model, language_model.arpa(kept))
    return files


def _dictionary_text(said: pronunciation.Pronunciations) -> str:
    lines = [
        f"{word}{'' if number == 1 else f'({number})'} {phones}"
        for word, ways in sorted(said.items())
        for number, phones in enumerate(ways, 1)
    ]
    return "\n".join(lines) + "\n"


def _write(path: Path, text: str) -> None:
    """Whole or not at all: another process may be making the same file."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
        file.write(text)
    os.replace(file.name, path)


def _write_model(path: Path, arpa: str) -> None:
    """In the form that loads ten times as fast; whole or not at all, too."""
    from pocketsphinx import NGramModel

    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        text, binary = Path(folder) / "model.arpa", Path(folder) / "model.bin"
        text.write_text(arpa, encoding="utf-8")
        NGramModel.readfile(str(text)).write(str(binary), NGramModel.str_to_type("bin"))
        os.replace(binary, path)


def _fingerprint(vocabulary: Vocabulary) -> str:
    content = hashlib.sha256(repr((_FORMAT, vocabulary)).encode())
    content.update(_shipped("requests.txt"))
    content.update(_shipped("talk.txt.gz"))
    return content.hexdigest()[:24]


def sentences(vocabulary: Vocabulary, count: int = _SENTENCES) -> list[str]:
    """About ``count`` things a customer may say, the same ones for the same vocabulary."""
    chance = Random(_SEED)
    products = vocabulary.products or (ProductPhrases({}),)
    asking = Patterns(_shipped("requests.txt").decode())
    talk = gzip.decompress(_shipped("talk.txt.gz")).decode().splitlines()
    # At a counter whatever else might be said is too often heard in place of an order.
    share = 0.0 if vocabulary.is_of_a_counter else _TALK
    made: list[str | None] = []
    for _ in range(count):
        product = chance.choice(products)
        teller = _Teller(product)
        if product.is_made_to_order and chance.random() < _AT_THE_COUNTER:
            made.append(asking.sentence(teller.fill, chance, "counter"))
        elif chance.random() < share:
            made.append(_told(chance.choice(talk), teller, chance))
        else:
            made.append(asking.sentence(teller.fill, chance))
    # Whatever chance left out can still be said alone.
    return [*filter(None, made), *vocabulary.phrases(), *sorted(asking.words())]


@cache
def _shipped(name: str) -> bytes:
    return resources.files(__package__).joinpath(name).read_bytes()


class _Teller:
    """Fills the names of a pattern with the words of one product, or with anybody's."""

    def __init__(self, product: ProductPhrases) -> None:
        self._product = product

    def fill(self, name: str, chance: Random) -> str:
        """Raises ``KeyError`` where this product has no such words."""
        if name == "order":
            return self._order(chance)
        if name == "number":
            return spoken.number(str(chance.randint(1, 12)))
        if name == "price":
            return _price(chance)
        if name == "code":
            return " ".join(spoken.number(str(chance.randint(0, 9))) for _ in range(chance.randint(2, 6)))
        phrases: Sequence[str] = self._product.names.get(name, ())
        if name == "color" and chance.random() < 0.5:
            phrases = _COLORS
        if not phrases:
            raise KeyError(name)
        return chance.choice(phrases)

    def _order(self, chance: Random) -> str:
        """As at a counter: ``a large dark roast latte with soy milk and brown sugar``."""
        before: list[str] = []
        after: list[str] = []
        for at, ways in enumerate(self._product.values):
            if ways and chance.random() < 0.5:
                way = chance.choice(ways)
                often = 0.8 if at < self._product.leading else 0.5
                leads = way.split()[0] not in _AMOUNTS and chance.random() < often
                (before if leads else after).append(way)
        chance.shuffle(before)
        chance.shuffle(after)
        words = ["a"] if chance.random() < 0.6 else []
        words += [*before, self.fill("called", chance)]
        for number, phrase in enumerate(after):
            words += [
                chance.choice(("with", "with", "and", ""))
                if number == 0
                else chance.choice(("and", "and", "with", ""))
            ]
            words += [phrase]
        return " ".join(word for word in words if word)


def _told(line: str, teller: _Teller, chance: Random) -> str | None:
    """A line of talk about one product; nothing where that has no words for it."""
    try:
        words = (teller.fill(word[1:-1], chance) if word[0] == "{" else word for word in line.split())
        return " ".join(words)
    except KeyError:
        return None


def _price(chance: Random) -> str:
    amount = chance.choice((chance.randint(1, 30), 5 * chance.randint(1, 40), 50 * chance.randint(1, 20)))
    cents = chance.choice(("", "", "", "", "ninety nine", "fifty"))
    return f"{spoken.number(str(amount))} {cents}".strip()
