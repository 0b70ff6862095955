"""The page in a real browser: talking, typing, keys, and what goes wrong."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

pytestmark = pytest.mark.slow

SPACE = (" ", "Space", 32, " ")
ENTER = ("Enter", "Enter", 13, "\r")
NOTICE = "!document.querySelector('#notice').hidden && document.querySelector('#notice').innerText"
REFUSED = "--deny-permission-prompts"
SESSION = """(async () => {
  const { session_id, token } = JSON.parse(Object.values(sessionStorage)[0]);
  const headers = { Authorization: `Bearer ${token}` };
  return (await fetch(`api/sessions/${session_id}`, { headers })).json();
})()"""
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


async def test_speaking_over_the_answer_silences_it(shop: Any, spoken: Path, open_browser: Any) -> None:
    browser = await open_browser(shop.url, spoken)
    await browser.js("document.querySelector('[data-say]').click()")
    answer = await browser.until(LAST.format(who="assistant"), 60)
    await browser.until("Number(document.body.style.getPropertyValue('--voice')) > 0.05")
    await browser.press(*SPACE)  # the microphone opens, and a second later somebody speaks
    await browser.until("document.body.dataset.state === 'hearing'", 8)
    await browser.until("document.body.style.getPropertyValue('--voice') === '0.000'", 2)
    first = f"{SESSION}.then((kept) => kept.messages.find((one) => one.role === 'assistant').content)"
    await browser.until(f"{first}.then((text) => text.length < {len(answer)})")
    assert answer.startswith(await browser.js(first))  # the record holds what was heard, no more


async def test_typing_fills_the_cart_and_a_reload_keeps_it(shop: Any, open_browser: Any) -> None:
    browser = await open_browser(shop.url)
    await browser.js("document.querySelector('#typed').focus()")
    await browser.write("show me rain jackets")
    await browser.press(*ENTER)
    await browser.until("document.querySelectorAll('.product').length > 1", 60)
    assert await browser.state() != "listening"  # nobody gave it the microphone
    await browser.write("add the first one in navy size large")
    await browser.press(*ENTER)
    await browser.until("document.querySelector('.line')", 60)
    assert "L, Navy" in await browser.js("document.querySelector('.line').innerText")
    assert await browser.js("document.querySelector('.sums').innerText.split('\\n').at(-1)") == "$129.00"
    await browser.call("Page.reload")
    await browser.until("document.querySelector('.line')")
    assert await browser.js("document.querySelectorAll('.captions .user').length") == 2
    await browser.js("document.querySelector('.line .remove').click()")
    await browser.until("!document.querySelector('.line')", 60)
    assert browser.complaints() == []


async def test_space_mutes_and_the_rest_of_the_page_is_reached_by_keys(
    shop: Any, spoken: Path, open_browser: Any
) -> None:
    browser = await open_browser(shop.url, spoken)
    pressed = "document.querySelector('#talk').getAttribute('aria-pressed')"
    label = "document.querySelector('#talk').innerText"
    assert await browser.js(label) == "Start talking"
    await browser.press(*SPACE)
    await browser.until(f"{pressed} === 'true'", 60)
    await browser.press(*SPACE)
    assert await browser.js(pressed) == "false"
    assert await browser.js(label) == "Unmute the microphone"
    assert await browser.state() in ("muted", "hearing", "thinking", "speaking")
    reached = []
    for _ in range(10):
        await browser.press("Tab", "Tab", 9)
        reached.append(await browser.js("document.activeElement.id || document.activeElement.dataset.say"))
    assert {"talk", "typed", "Show me rain jackets"} <= set(reached)
    outline = "getComputedStyle(document.querySelector('#talk:focus-visible')).outlineStyle"
    while await browser.js("document.activeElement.id") != "talk":
        await browser.press("Tab", "Tab", 9)
    assert await browser.js(outline) == "solid"


async def test_every_control_has_a_name_and_captions_are_read_out(shop: Any, open_browser: Any) -> None:
    browser = await open_browser(shop.url)
    tree = (await browser.call("Accessibility.getFullAXTree"))["nodes"]
    controls = [one for one in tree if one.get("role", {}).get("value") in ("button", "textbox", "link")]
    assert len(controls) >= 6
    assert all(one["name"]["value"] for one in controls)
    log = await browser.js("document.querySelector('[role=log]').getAttribute('aria-live')")
    assert log == "polite"


async def test_a_refused_microphone_is_said_and_typing_goes_on(shop: Any, open_browser: Any) -> None:
    browser = await open_browser(shop.url, None, REFUSED)
    await browser.press(*SPACE)
    told = await browser.until(NOTICE, 60)
    assert "does not let this page use the microphone" in told
    await browser.write("what is your return policy")  # the text field has the focus now
    await browser.press(*ENTER)
    answer = await browser.until(LAST.format(who="assistant"), 60)
    assert "30 days" in answer


async def test_a_server_that_goes_and_comes_back_is_said_and_the_talk_goes_on(
    shop: Any, open_browser: Any
) -> None:
    browser = await open_browser(shop.url)
    await browser.js("document.querySelector('#typed').focus()")
    await browser.write("what is in my cart")
    await browser.press(*ENTER)
    await browser.until(LAST.format(who="assistant"), 60)
    shop.stop()
    await browser.until("document.body.dataset.state === 'reconnecting'")
    shop.start_again()
    await browser.until("document.body.dataset.state === 'typing'", 60)
    await browser.write("show me rain jackets")
    await browser.press(*ENTER)
    await browser.until("document.querySelector('.product')", 60)
    kept = await browser.js(SESSION)
    said = [message["content"] for message in kept["messages"] if message["role"] == "user"]
    assert said == ["what is in my cart", "show me rain jackets"]


async def test_a_page_from_elsewhere_asks_for_a_key(shop: Any, open_browser: Any) -> None:
    # Under another name the same server cannot know that the browser runs beside it.
    browser = await open_browser(
        f"http://shop.example:{shop.port}", None, "--host-resolver-rules=MAP shop.example 127.0.0.1"
    )
    await browser.js("document.querySelector('[data-say]').click()")
    await browser.until("document.querySelector('dialog[open]')")
    await browser.write("va_wrong")
    await browser.press(*ENTER)
    assert "unknown or revoked" in await browser.until("document.querySelector('#key-error').textContent")
    await browser.js("document.querySelector('#key').value = ''")
    await browser.write(shop.api_key)
    await browser.press(*ENTER)
    await browser.until("document.querySelector('.product')", 60)
    assert not await browser.js("document.querySelector('dialog[open]')")


async def test_no_window_is_too_narrow(shop: Any, open_browser: Any) -> None:
    browser = await open_browser(shop.url)
    for width in (320, 390, 768, 1024, 1920):
        await browser.size(width, 800)
        assert await browser.js("document.documentElement.scrollWidth") <= width
