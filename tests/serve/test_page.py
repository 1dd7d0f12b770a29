"""The page, in a browser without a window: a real upload, by mouse and by keyboard, on a desk and on a phone."""

import json
import shutil
import socket
import threading
import time

import pytest
from serve_client import TOKEN, document, settings

from docclf.serve.app import made

pytest.importorskip("selenium")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="no chromium and chromedriver here")


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    import uvicorn

    app = made(settings(tmp_path_factory.mktemp("page"), hosts=("127.0.0.1",)))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", access_log=False))
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def browser():
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for word in (
        "headless=new",
        "no-sandbox",
        "disable-gpu",
        "disable-dev-shm-usage",
        "window-size=1000,1400",
        "lang=en",
    ):
        options.add_argument(f"--{word}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options, Service(DRIVER))
    yield driver
    driver.quit()


def until(browser, script, seconds=20):
    end = time.time() + seconds
    while not (found := browser.execute_script(f"return {script}")):
        assert time.time() < end, f"{script}: {browser.execute_script('return document.body.innerText')[:800]}"
        time.sleep(0.05)
    return found


def upload(browser, path):
    from selenium.webdriver.common.by import By

    browser.execute_script("document.getElementById('verdict').textContent = ''")
    browser.find_element(By.ID, "file").send_keys(str(path))
    return until(browser, "document.getElementById('verdict').textContent")


def test_a_document_is_dropped_registered_found_and_removed(address, browser, tmp_path):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(document(number))
    browser.get(f"{address}#token={TOKEN}")
    until(browser, "document.getElementById('totals').textContent === '0 names, 0 images'")
    assert browser.execute_script("return location.href") == address  # the token is not in the history
    assert "nothing to compare" in upload(browser, tmp_path / "0.png")
    for number, name in enumerate(("invoice", "<img src=x onerror=alert(1)>", "健保卡/前")):
        upload(browser, tmp_path / f"{number}.png")
        browser.find_element(By.ID, "label").send_keys(name, Keys.ENTER)  # by keyboard alone
        until(browser, f"document.getElementById('totals').textContent.startsWith('{number + 1} names')")
    assert upload(browser, tmp_path / "0.png") == "invoice"
    until(
        browser,
        "document.getElementById('registered').naturalWidth > 0 && document.getElementById('crop').naturalWidth > 0",
    )
    facts = browser.find_element(By.ID, "facts").text
    assert "Similarity\n1.000" in facts and "Probability that this is right\n9" in facts and "yes, " in facts
    assert len(browser.find_elements(By.CSS_SELECTOR, "#runners li")) == 2
    assert browser.switch_to.active_element.get_attribute("id") == "verdict"  # a reader hears the answer
    rows = browser.find_elements(By.CSS_SELECTOR, "#rows th")
    assert [row.text for row in rows] == sorted(("invoice", "<img src=x onerror=alert(1)>", "健保卡/前"))
    until(browser, "[...document.querySelectorAll('#rows img')].every(image => image.naturalWidth > 0)")
    browser.find_element(By.CSS_SELECTOR, "[aria-label='Remove 健保卡/前']").click()
    browser.switch_to.alert.accept()
    until(browser, "document.getElementById('totals').textContent === '2 names, 2 images'")
    assert not [line for line in browser.get_log("browser") if line["level"] == "SEVERE"]
    asked = [json.loads(line["message"])["message"] for line in browser.get_log("performance")]
    asked = [one["params"]["request"]["url"] for one in asked if one["method"] == "Network.requestWillBeSent"]
    assert asked and all(url.startswith((address, "blob:" + address, "data:")) for url in asked)


@pytest.mark.parametrize(
    "language, title", [("zh", "這是哪一種文件？"), ("de", "Welches Dokument ist das?"), ("en", "Which")]
)
def test_languages_a_phone_and_a_screen_reader(address, browser, language, title):
    from selenium.webdriver.common.by import By

    browser.set_window_size(390, 844)
    browser.get(f"{address}#token={TOKEN}")
    browser.execute_script(f"speak('{language}')")
    until(browser, f"document.getElementById('match-title').textContent.startsWith('{title}')")
    assert browser.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")
    assert browser.execute_script("return document.documentElement.lang") == {"zh": "zh-Hant"}.get(language, language)
    nodes = browser.find_elements(By.CSS_SELECTOR, "input, select, button, img")
    unnamed = [node.get_attribute("outerHTML") for node in nodes if node.is_displayed() and not node.accessible_name]
    assert not [html for html in unnamed if not html.startswith("<img")], unnamed
    small = [node for node in nodes if node.tag_name == "button" and node.is_displayed() and node.size["height"] < 44]
    assert not small
    keys = browser.execute_script("return Object.values(TEXTS).map(texts => Object.keys(texts).sort().join())")
    assert len(set(keys)) == 1
    browser.set_window_size(1000, 1400)


def test_without_a_token_the_page_reads_and_says_what_is_missing(address, browser, tmp_path):
    from selenium.webdriver.common.by import By

    (tmp_path / "9.png").write_bytes(document(9))
    browser.get("data:,")
    browser.get(address)
    browser.execute_script("sessionStorage.clear(); localStorage.clear()")
    browser.get(address)
    until(browser, "document.getElementById('totals').textContent.length")
    upload(browser, tmp_path / "9.png")
    browser.find_element(By.ID, "label").send_keys("x")
    browser.find_element(By.CSS_SELECTOR, "#register button").click()
    assert "token" in until(browser, "document.getElementById('message').textContent")
    (tmp_path / "broken.png").write_bytes(document(9)[:500])
    browser.find_element(By.ID, "file").send_keys(str(tmp_path / "broken.png"))
    until(browser, "document.getElementById('message').textContent.includes('the image')")
