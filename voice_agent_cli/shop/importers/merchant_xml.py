"""A Google Merchant feed as RSS 2.0 or Atom, read as a stream; entities are refused."""

from collections import Counter, deque
from collections.abc import Iterator
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from voice_agent_cli.errors import UsageError
from voice_agent_cli.shop.importers import merchant
from voice_agent_cli.shop.importers.feed import Feed
from voice_agent_cli.shop.importers.groups import count_groups
from voice_agent_cli.shop.importers.source import Source
from voice_agent_cli.shop.importers.table import Row

NAME = "Google Merchant XML"

_CHUNK = 64 * 1024
_MOST_CHARACTERS_AN_ITEM = 4 * 1024**2
_ITEMS = frozenset({"item", "entry"})
_SEVERAL = frozenset({"additional_image_link", "product_type"})


def recognises(source: Source) -> bool:
    return source.start.lstrip().startswith("<") and any(
        mark in source.start for mark in ("<rss", "<feed", "base.google.com", "<!DOCTYPE", "<?xml")
    )


def survey(source: Source) -> Counter[str]:
    return count_groups(_items(source), merchant.product_key)


def read(source: Source, survey: Counter[str], currency: str) -> Feed:
    first = next(_items(source), None)
    unused = tuple(name for name in first.fields if name not in merchant.COLUMNS) if first else ()
    return Feed(merchant.products(_items(source), survey, currency), unused_columns=unused)


def _items(source: Source) -> Iterator[Row]:
    """Each item's fields by their local names.

    Raises:
        UsageError: it is no well-formed XML, or declares entities; names the line.
    """
    target = _Target()
    parser = DefusedXMLParser(target=target, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    target.parser = parser
    with source.bytes() as stream:
        try:
            while chunk := stream.read(_CHUNK):
                parser.feed(chunk)
                while target.done:
                    yield target.done.popleft()
            parser.close()
        except DefusedXmlException as error:
            raise UsageError(
                "the feed declares XML entities, which are refused; write it without a DOCTYPE",
                {"field": "file", "reason": str(error)},
            ) from error
        except ParseError as error:
            raise UsageError(f"the feed is not well-formed XML: {error}", {"field": "file"}) from error
    yield from target.done


class _Target:
    """Collects the children of each item as they close; keeps nothing of what is around them."""

    def __init__(self) -> None:
        self.done: deque[Row] = deque()
        self.parser: object = None
        self._fields: dict[str, str] | None = None
        self._line = 0
        self._depth = 0
        self._text: list[str] = []
        self._size = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = _local(tag)
        if self._fields is None:
            if name in _ITEMS:
                self._fields, self._depth, self._size = {}, 0, 0
                self._line = self.parser.parser.CurrentLineNumber  # type: ignore[attr-defined]
            return
        self._depth += 1
        if self._depth == 1:
            self._text = [attributes.get("href", "")] if name == "link" else []

    def data(self, text: str) -> None:
        if self._fields is not None and self._depth:
            self._size += len(text)
            if self._size > _MOST_CHARACTERS_AN_ITEM:
                raise UsageError(
                    f"line {self._line}: an item of more than {_MOST_CHARACTERS_AN_ITEM} characters",
                    {"field": "file", "line": self._line},
                )
            self._text.append(text)

    def end(self, tag: str) -> None:
        if self._fields is None:
            return
        name = _local(tag)
        if self._depth == 0:
            self.done.append(Row(self._line, self._fields))
            self._fields = None
            return
        if self._depth == 1:
            value = "".join(self._text).strip()
            before = self._fields.get(name)
            # Nested values (shipping) and repeated ones are not read, pictures apart.
            if before is None:
                self._fields[name] = value
            elif name in _SEVERAL:
                self._fields[name] = f"{before},{value}"
        self._depth -= 1

    def close(self) -> None:
        return None


def _local(tag: str) -> str:
    return tag.rpartition("}")[2].lower()
