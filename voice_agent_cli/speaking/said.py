"""What one tool's result comes to in words, before several are joined to a reply."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Said:
    """Sentences, and the data behind them for a screen.

    ``changed_cart`` asks for the new total at the end, said once for several changes.
    """

    sentences: tuple[str, ...]
    products: tuple[Mapping[str, Any], ...] | None = None
    cart: Mapping[str, Any] | None = None
    changed_cart: bool = False
