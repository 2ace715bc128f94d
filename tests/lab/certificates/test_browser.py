"""The page of the repository in a browser: no messages, no requests, no wider than a phone."""

import pytest
from playwright.sync_api import sync_playwright

from tests.conftest import ROOT

PAGE = ROOT / "reports" / "certificates" / "index.html"


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_logs_nothing_loads_nothing_and_fits_a_phone(scheme, chromium):
    messages, requests = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 360, "height": 900}, color_scheme=scheme)
        page.on("console", lambda message: messages.append(message.text))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(PAGE.as_uri())
        width = page.evaluate("document.documentElement.scrollWidth")
        browser.close()
    assert (messages, width) == ([], 360)
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
