"""The page in a real browser: talking, typing, keys, and what goes wrong."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

pytestmark = pytest.mark.slow

SPACE = (" ", "Space", 32, " ")
ENTER = ("Enter", "Enter", 13, "\r")
LAST = "[...document.querySelectorAll('.captions .{who} .said')].at(-1)?.textContent"


async def test_a_spoken_request_puts_the_product_on_the_page_and_is_answered_aloud(
    shop: Any, spoken: Path, open_browser: Any
) -> None:
    browser = await open_browser(shop.url, spoken)
    await browser.press(*SPACE)
    await browser.until("document.querySelector('#talk').getAttribute('aria-pressed') === 'true'")
    heard = await browser.until(LAST.format(who="user"), 60)
    assert "rain jacket" in heard
    title = await browser.until("document.querySelector('.product h3')?.textContent")
    assert title == "Marsh Lane Rain Jacket"
    assert await browser.js("document.querySelector('.product .now').textContent") == "$129.00"
    assert "In stock" in await browser.js("document.querySelector('.product .stock').textContent")
    answer = await browser.until(LAST.format(who="assistant"))
    assert "Marsh Lane Rain Jacket" in answer
    assert await browser.until("document.body.dataset.state === 'speaking'")
    await browser.until("Number(document.body.style.getPropertyValue('--voice')) > 0.05")
    assert {urlsplit(url).netloc for url in browser.requested()} == {urlsplit(shop.url).netloc}
    assert browser.complaints() == []
