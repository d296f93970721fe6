"""A real Chromium under a test's hand: pages that are touched, measured and photographed like a person would.

Nothing of the product is bent for a test: time is made fast by scaling the page's timers from outside.
"""

import base64
import contextlib
import json
import pathlib
import subprocess
import tempfile
import time
import urllib.request

import websocket

QUIET = [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--incognito",
    "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required",
    "--disable-background-timer-throttling", "--disable-renderer-backgrounding", "--disable-backgrounding-occluded-windows",
]
AXE = pathlib.Path(__file__).parents[3] / ".cache/npm-peers/node_modules/axe-core/axe.min.js"

# Timers and clocks of a page run FACTOR times as fast; the page cannot tell.
FAST = """
(() => {
  const factor = FACTOR, begun = Date.now(), RealDate = Date;
  for (const name of ['setTimeout', 'setInterval']) {
    const real = window[name];
    window[name] = (what, after, ...more) => real(what, (after || 0) / factor, ...more);
  }
  RealDate.now = (now => () => begun + (now() - begun) * factor)(RealDate.now.bind(RealDate));
  performance.now = (now => () => now() * factor)(performance.now.bind(performance));
})();
"""

# Boxes of what a finger is meant for.
TARGETS = """
[...document.querySelectorAll('button, a[href], input, select, [role=button]')]
  .filter(one => one.checkVisibility({visibilityProperty: true}) && !one.closest('[inert]'))
  .map(one => [one.getBoundingClientRect(), one])
  .filter(([box]) => box.width && box.height)
  .map(([box, one]) => ({name: (one.getAttribute('aria-label') || one.innerText || one.name || '').trim().replace(/\\s+/g, ' '),
    left: box.left, top: box.top, width: box.width, height: box.height}))
"""

# The smallest text anybody is to read, pixels.
SMALLEST = """
(() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let least = [1e9, ''];
  while (walker.nextNode()) {
    const text = walker.currentNode.data.trim(), around = walker.currentNode.parentElement;
    if (!text || !around.checkVisibility({visibilityProperty: true}) || around.closest('script, style, svg, .unseen, noscript')) continue;
    const size = parseFloat(getComputedStyle(around).fontSize);
    if (size < least[0]) least = [size, text];
  }
  return least;
})()
"""

# Text or targets that stick out of the window, by more than a picture is moved aside against burning in, or out of a
# box that hides what sticks out of it.
OUTSIDE = """
(() => {
  const out = [], wide = innerWidth + 5, high = innerHeight + 5;
  for (const one of document.querySelectorAll('body *')) {
    if (!one.checkVisibility({visibilityProperty: true}) || one.closest('svg, .unseen')) continue;
    const box = one.getBoundingClientRect();
    if (box.width && (box.right > wide || box.bottom > high || box.left < -5 || box.top < -5))
      out.push((one.className || one.tagName) + ' ' + (one.innerText || '').slice(0, 30));
    if (one.matches('button, h1, p') && (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 3)
        && getComputedStyle(one).display !== 'inline')
      out.push('cut: ' + (one.innerText || '').slice(0, 40));
  }
  const root = document.scrollingElement;
  if (root.scrollHeight > innerHeight + 1 || root.scrollWidth > innerWidth + 1) out.push('the page scrolls');
  return out;
})()
"""


class Stuck(Exception):
    """The page did not come to what was waited for."""


class Page:
    """One page, over the browser's debugging port."""

    def __init__(self, address, home, folder):
        self.socket = websocket.create_connection(address, timeout=30)
        self.home, self.folder = home, pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.number, self.foreign, self.complaints, self.weights = 0, [], [], {}
        for area in ("Network", "Page", "Runtime", "Log"):
            self.ask(f"{area}.enable")

    def ask(self, method, **params):
        """Asks the browser for something and gives its result; notes what it tells meanwhile."""
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": params}))
        while True:
            said = json.loads(self.socket.recv())
            self.note(said)
            if said.get("id") == self.number:
                if "error" in said:
                    raise Stuck(f"{method}: {said['error']}")
                return said["result"]

    def note(self, said):
        params = said.get("params", {})
        if said.get("method") == "Network.requestWillBeSent":
            address = params["request"]["url"]
            if not address.startswith((self.home, "data:", "about:", "blob:")):
                self.foreign.append(address)
        elif said.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(params["exceptionDetails"].get("exception", {}).get("description", "exception"))
        elif said.get("method") == "Log.entryAdded" and "Content Security Policy" in params["entry"]["text"]:
            self.complaints.append(params["entry"]["text"])
        elif said.get("method") == "Network.loadingFinished":
            self.weights[params["requestId"]] = params["encodedDataLength"]

    def size(self, width, height):
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def fast(self, factor):
        """Every page opened from now on lives `factor` times as fast."""
        source = FAST.replace("FACTOR", str(factor))
        return self.ask("Page.addScriptToEvaluateOnNewDocument", source=source)["identifier"]

    def slow(self, identifier):
        self.ask("Page.removeScriptToEvaluateOnNewDocument", identifier=identifier)

    def open(self, path):
        """Goes there, and waits until the page is read and its scripts have run once."""
        self.ask("Page.navigate", url=path if "://" in path else self.home + path)
        self.until(f"{path} is read", "document.readyState === 'complete'")

    def run(self, script):
        result = self.ask("Runtime.evaluate", expression=script, userGesture=True, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            raise Stuck(f"{script[:80]}: {result['exceptionDetails'].get('exception', {}).get('description')}")
        return result["result"].get("value")

    def until(self, what, script, seconds=20):
        """Waits until a script says something true, and gives what it says."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            with contextlib.suppress(Stuck):  # A page under way to the next one has no answer.
                if found := self.run(script):
                    return found
            time.sleep(0.03)
        self.keep("stuck")
        raise Stuck(f"not in time: {what}; the page says {self.run('document.body.innerText')!r}")

    def sees(self, text, seconds=20):
        """Waits until a text stands on the page where people can read it."""
        return self.until(f"{text!r} is shown", f"document.body.innerText.includes({json.dumps(text)})", seconds)

    def is_there(self, selector, seconds=20):
        script = f"[...document.querySelectorAll({json.dumps(selector)})].some(one => one.checkVisibility())"
        return self.until(f"{selector} is there", script, seconds)

    def tap(self, selector, at=0):
        """Touches the middle of what is visible of it, once it is there and stands still."""
        find = f"[...document.querySelectorAll({json.dumps(selector)})].filter(one => one.checkVisibility()).at({at})"
        box = f"(one => {{ if (!one) return null; one.scrollIntoView({{block: 'nearest'}}); const b = one.getBoundingClientRect(); return b.width ? [b.left + b.width / 2, b.top + b.height / 2] : null; }})({find})"
        x, y = self.until(f"{selector} can be touched", box)
        for kind in ("mousePressed", "mouseReleased"):
            self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def press(self, key, code=None, number=0, text=""):
        for kind in ("keyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, key=key, code=code or key, windowsVirtualKeyCode=number,
                     **({"text": text} if text and kind == "keyDown" else {}))

    def type(self, selector, text):
        self.until(f"{selector} can be typed into", f"!!document.querySelector({json.dumps(selector)})")
        self.run(f"(one => {{ one.focus(); one.value = ''; }})(document.querySelector({json.dumps(selector)}))")
        self.ask("Input.insertText", text=text)

    def offline(self, is_offline):
        self.ask("Network.emulateNetworkConditions", offline=is_offline, latency=0, downloadThroughput=-1, uploadThroughput=-1)

    def keep(self, name):
        """A photograph, for people."""
        self.ask("Page.bringToFront")  # What is behind is not drawn.
        (self.folder / f"{name}.png").write_bytes(base64.b64decode(self.ask("Page.captureScreenshot")["data"]))

    def targets(self):
        return self.run(TARGETS)

    def smallest_text(self):
        return self.run(SMALLEST)

    def outside(self):
        return self.run(OUTSIDE)

    def too_small(self, least):
        """Targets narrower or lower than `least` pixels."""
        return [f"{one['name']} {one['width']:.0f}x{one['height']:.0f}" for one in self.targets()
                if min(one["width"], one["height"]) < least - 0.5]

    def too_close(self, gap):
        """Pairs of targets with less than `gap` pixels between them."""
        found, targets = [], self.targets()
        for at, one in enumerate(targets):
            for other in targets[at + 1:]:
                beside = max(one["left"], other["left"]) - min(one["left"] + one["width"], other["left"] + other["width"])
                above = max(one["top"], other["top"]) - min(one["top"] + one["height"], other["top"] + other["height"])
                if max(beside, above) < gap - 0.5:
                    found.append(f"{one['name']} | {other['name']}: {max(beside, above):.0f}")
        return found

    def axe(self, contrast=7):
        """What axe-core finds, with the enhanced contrast for text of every size. Empty: nothing."""
        if self.run("typeof axe") != "object":
            self.run(AXE.read_text() + ";0")
        options = {"rules": [{"id": "color-contrast-enhanced", "enabled": True}]}
        if contrast >= 7:
            ratios = {"normal": {"expected": contrast}, "large": {"expected": contrast}}
            options["checks"] = [{"id": "color-contrast-enhanced", "options": {"contrastRatio": ratios}}]
        self.run(f"axe.reset(); axe.configure({json.dumps(options)})")
        tags = ["wcag2a", "wcag2aa", "wcag2aaa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
        found = self.run(f"axe.run({{runOnly: {json.dumps(tags)}}}).then(found => found.violations.map(one => "
                         "[one.id, one.nodes.length, one.nodes[0].html.slice(0, 120), one.nodes[0].failureSummary.slice(0, 240)]))")
        return found

    def left_behind(self):
        """What the page's own scripts could find of whoever was here before: nothing, where all is well."""
        return self.run("""(async () => ({
            cookies: document.cookie, local: localStorage.length, session: sessionStorage.length,
            caches: 'caches' in self ? (await caches.keys()).length : 0, databases: 'databases' in indexedDB ? (await indexedDB.databases()).length : 0,
            workers: navigator.serviceWorker ? (await navigator.serviceWorker.getRegistrations()).length : 0,
            address: location.search + location.hash, name: window.name}))()""")

    def history(self):
        return [entry["url"] for entry in self.ask("Page.getNavigationHistory")["entries"]]

    def weight(self):
        """Bytes that came over the network so far."""
        return sum(self.weights.values())


class Browser:
    """A headless Chromium with a profile of its own, gone afterwards. `with Browser(home, folder) as browser`."""

    def __init__(self, home, folder):
        self.home, self.folder = home, folder

    def __enter__(self):
        # Chromium's children may still write to the profile when Chromium itself has ended.
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        words = ["chromium", "--headless", "--no-sandbox", *QUIET, f"--user-data-dir={self.profile.name}"]
        words += ["--remote-debugging-port=0", "--remote-allow-origins=*", "about:blank"]
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if "DevTools listening on" in line:
                self.port = line.split("127.0.0.1:")[1].split("/")[0]
                break
        return self

    def page(self, width=1080, height=1920):
        """A new page of this size."""
        ask = urllib.request.Request(f"http://127.0.0.1:{self.port}/json/new?about:blank", method="PUT")
        page = Page(json.load(urllib.request.urlopen(ask))["webSocketDebuggerUrl"], self.home, self.folder)
        page.size(width, height)
        return page

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.profile.cleanup()
