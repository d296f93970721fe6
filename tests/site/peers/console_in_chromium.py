"""A person at the console, in a real Chromium: signs in, opens a door, sees how that ended.

usage: console_in_chromium.py URL LOGIN PASSWORD DEVICE EDGE FOLDER

Then goes through every page the navigation names and those of the device and the site, on a desk and on a phone, with
axe-core. Says one line per step; screenshots go to FOLDER. No request may leave the console's own address.
"""

import base64
import json
import subprocess
import sys
import tempfile
import time
import urllib.request

import websocket

from chromium import AXE

URL, LOGIN, PASSWORD, DEVICE, EDGE, FOLDER = sys.argv[1:]
SIZES = [(1366, 768), (360, 740)]
QUIET = [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--window-size=1200,900",
]


class Page:
    """One page of a headless Chromium, over its debugging port."""

    def __init__(self, profile):
        words = ["chromium", "--headless", "--no-sandbox", *QUIET, f"--user-data-dir={profile}"]
        words += ["--remote-debugging-port=0", "--remote-allow-origins=*", "about:blank"]
        self.browser = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in self.browser.stderr:
            if "DevTools listening on" in line:
                port = line.split("127.0.0.1:")[1].split("/")[0]
                break
        pages = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list"))
        target = next(page for page in pages if page["type"] == "page")
        self.socket = websocket.create_connection(target["webSocketDebuggerUrl"], timeout=20)
        self.number = 0
        self.foreign = []
        self.ask("Network.enable")

    def ask(self, method, **params):
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": params}))
        while True:
            said = json.loads(self.socket.recv())
            if said.get("method") == "Network.requestWillBeSent":
                address = said["params"]["request"]["url"]
                if not address.startswith((URL, "data:", "about:")):
                    self.foreign.append(address)
            if said.get("id") == self.number:
                return said.get("result", {})

    def run(self, script):
        return self.ask("Runtime.evaluate", expression=script, userGesture=True)["result"].get("value")

    def until(self, what, script):
        for _ in range(150):
            if self.run(script):
                print(what, flush=True)
                return
            time.sleep(0.1)
        self.keep("stuck")
        raise SystemExit(f"not in time: {what}; the page says {self.run('document.body.innerText')!r}")

    def size(self, width, height):
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500)

    def axe(self):
        """What axe-core finds on the page. Empty: nothing."""
        self.ask("Runtime.evaluate", expression=AXE.read_text() + ";0")
        tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
        script = f"axe.run({{runOnly: {json.dumps(tags)}}}).then(found => JSON.stringify(found.violations.map(one => " \
                 "[one.id, one.nodes.length, one.nodes[0].html.slice(0, 120), one.nodes[0].failureSummary.slice(0, 240)])))"
        found = self.ask("Runtime.evaluate", expression=script, awaitPromise=True)
        return json.loads(found["result"]["value"])

    def keep(self, name):
        with open(f"{FOLDER}/{name}.png", "wb") as picture:
            picture.write(base64.b64decode(self.ask("Page.captureScreenshot")["data"]))


def text(value):
    return json.dumps(value)


# Chromium's children may still write to the profile when Chromium itself has ended.
with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
    page = Page(profile)
    try:
        page.ask("Page.navigate", url=f"{URL}/login")
        page.until("the sign-in page is there", "!!document.querySelector('input[name=login]')")
        page.keep("1-sign-in")
        page.run(f"document.querySelector('input[name=login]').value = {text(LOGIN)}")
        page.run(f"document.querySelector('input[type=password]').value = {text(PASSWORD)}")
        page.run("document.querySelector('form button').click()")
        page.until("signed in", "location.pathname === '/' && /Sign out/.test(document.body.innerText)")
        page.keep("2-sites")
        page.ask("Page.navigate", url=f"{URL}/devices/{DEVICE}")
        page.until("the device's page is live", "document.querySelector('.live')?.hasAttribute('data-on')")
        page.keep("3-device")
        page.run("document.querySelectorAll('summary').forEach(one => /Open door/.test(one.innerText) && one.click())")
        page.keep("4-asked-once")
        page.run("[...document.querySelectorAll('form[data-into] button')].at(-1).click()")
        done = "/\\d+ ms/.test(document.querySelector('.outcome')?.innerText ?? '')"
        page.until("the door is open, and the page says how long that took", done)
        page.keep("5-opened")
        page.ask("Page.navigate", url=f"{URL}/")
        page.until("the sites are there again", "location.pathname === '/' && /Sign out/.test(document.body.innerText)")
        named = page.run("JSON.stringify([...document.querySelectorAll('nav a')].map(one => new URL(one.href).pathname))")
        paths = list(dict.fromkeys([*json.loads(named), "/people", f"/devices/{DEVICE}", f"/edges/{EDGE}"]))
        for number, path in enumerate(paths):
            for width, height in SIZES:
                page.size(width, height)
                page.ask("Page.navigate", url=f"{URL}{path}")
                page.until(f"{path} at {width}", f"location.pathname === {text(path)} && document.readyState === 'complete'"
                                                 f" && innerWidth === {width}")
                page.run("document.querySelectorAll('details').forEach(one => one.open = true)")
                page.keep(f"page-{number}-{width}")
                found = page.axe()
                if found:
                    raise SystemExit(f"axe on {path} at {width}: {json.dumps(found, indent=1)}")
                wide = page.run("document.documentElement.scrollWidth")
                if wide > width:
                    raise SystemExit(f"{path} is {wide} wide on a screen of {width}")
        print(f"every page passes axe-core, on a desk and on a phone: {len(paths)}", flush=True)
        print("requests elsewhere:", page.foreign or "none", flush=True)
    finally:
        page.browser.terminate()
        try:
            page.browser.wait(10)
        except subprocess.TimeoutExpired:
            page.browser.kill()
