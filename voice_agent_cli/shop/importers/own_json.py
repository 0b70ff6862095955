"""Our own JSON: an array of products, one product a line, or a shop with its products."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from voice_agent_cli.errors import UsageError
from voice_agent_cli.shop.codec import from_json
from voice_agent_cli.shop.importers.feed import Feed, Problem
from voice_agent_cli.shop.importers.source import Source
from voice_agent_cli.shop.products import Product

NAME = "JSON"

_CHUNK = 64 * 1024
_MOST_CHARACTERS_A_PRODUCT = 64 * 1024**2
_SPACE = " \t\r\n,"


@dataclass
class Survey:
    """How many products there are, and what the shop says of itself."""

    count: int = 0
    shop: dict[str, Any] = field(default_factory=dict)


def recognises(source: Source) -> bool:
    return source.start.lstrip()[:1] in ("[", "{")


def survey(source: Source) -> Survey:
    found = Survey()
    for _line, value in _entries(source, found):
        found.count += 1
        del value
    return found


def read(source: Source, survey: Survey, currency: str) -> Feed:
    return Feed(_items(source, survey.shop.get("currency") or currency), shop=survey.shop)


def _items(source: Source, currency: str) -> Iterator[Product | Problem]:
    for line, value in _entries(source, Survey()):
        if isinstance(value, _Broken):
            yield Problem(line, value.column, value.reason)
            continue
        try:
            yield from_json({"currency": currency, **value} if _names_no_currency(value) else value)
        except UsageError as error:
            identifier = str(value.get("id") or value.get("handle") or "") if isinstance(value, dict) else ""
            yield Problem(line, str(error.details.get("field", "product")), error.message, identifier)


def _names_no_currency(value: object) -> bool:
    if not isinstance(value, dict) or value.get("currency"):
        return False
    price = value.get("price")
    return not (isinstance(price, dict) and price.get("currency"))


@dataclass(frozen=True)
class _Broken:
    """A line that is no JSON."""

    column: str
    reason: str


def _entries(source: Source, found: Survey) -> Iterator[tuple[int, Any]]:
    """Each product as parsed JSON with its line; the shop's own facts go into ``found``."""
    start = source.start.lstrip()
    with source.text() as text:
        if start.startswith("["):
            reader = _Reader(text)
            reader.take("[")
            yield from reader.elements()
        elif _is_shop(start):
            yield from _shop_entries(_Reader(text), found)
        else:
            yield from _lines(text)


def _is_shop(start: str) -> bool:
    """Whether the first object holds a list of products rather than being one."""
    try:
        first = json.loads(start.partition("\n")[0])
    except ValueError:
        return True  # it goes on over several lines, as no product of JSON lines does
    return isinstance(first, dict) and "products" in first


def _shop_entries(reader: "_Reader", found: Survey) -> Iterator[tuple[int, Any]]:
    reader.take("{")
    while reader.peek() != "}":
        line, key = reader.value()
        reader.take(":")
        if key == "products" and reader.peek() == "[":
            reader.take("[")
            yield from reader.elements()
        else:
            _, value = reader.value()
            if key == "shop" and isinstance(value, dict):
                found.shop.update(value)
            elif key in ("id", "title"):
                raise reader.error("one product over several lines; put it in an array", line)


def _lines(text: Iterable[str]) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text, start=1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except ValueError as error:
                yield number, _Broken("line", f"not JSON: {error}")


class _Reader:
    """JSON values one after another out of a stream, without reading all of it."""

    def __init__(self, text: IO[str]) -> None:
        self._text = text
        self._decoder = json.JSONDecoder()
        self._buffer = ""
        self._line = 1

    def peek(self) -> str:
        """The next character that means something; empty at the end."""
        while True:
            kept = self._buffer.lstrip(_SPACE)
            self._line += self._buffer.count("\n", 0, len(self._buffer) - len(kept))
            self._buffer = kept
            if kept or not self._more():
                return kept[:1]

    def take(self, mark: str) -> None:
        if self.peek() != mark:
            raise self.error(f"expected {mark!r}", self._line)
        self._buffer = self._buffer[1:]

    def value(self) -> tuple[int, Any]:
        """The next value with the line it begins on."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._buffer)
                # A number at the buffer's end may go on; other values are closed.
                if end < len(self._buffer) or not self._more():
                    break
            except ValueError as error:
                if len(self._buffer) > _MOST_CHARACTERS_A_PRODUCT or not self._more():
                    raise self.error(str(error), self._line) from error
        line = self._line
        self._line += self._buffer.count("\n", 0, end)
        self._buffer = self._buffer[end:]
        return line, value

    def elements(self) -> Iterator[tuple[int, Any]]:
        """The elements of an array whose opening bracket was taken, and its end."""
        while (mark := self.peek()) != "]":
            if not mark:
                raise self.error("the list of products is not closed", self._line)
            yield self.value()
        self.take("]")

    def error(self, reason: str, line: int) -> UsageError:
        return UsageError(
            f"line {line}: not the JSON of a catalogue: {reason}", {"field": "file", "line": line}
        )

    def _more(self) -> bool:
        chunk = self._text.read(max(_CHUNK, len(self._buffer)))
        self._buffer += chunk
        return bool(chunk)
