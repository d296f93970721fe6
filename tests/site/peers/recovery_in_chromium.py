"""A branch's screens in a real Chromium while the edge is killed and comes back: each goes on by itself.

usage: recovery_in_chromium.py URL CODE FOLDER

Says "watching" when everything is set up; whoever hears that kills the edge and starts it again at the same address.
Says how long each screen took from the edge's first answer on.
"""

import http.client
import sys
import time
import urllib.parse

from chromium import Browser
from hall_in_chromium import Administrator, sign_in

URL, CODE, FOLDER = sys.argv[1:4]
ADDRESS = urllib.parse.urlparse(URL).netloc
STATES = {
    "kiosk": "document.querySelector('#moment').hidden && !!document.querySelector('.tongues')",
    "display": "document.body.innerText.includes('Kassa')",
    "desk": "document.body.innerText.includes('K-001')",
}


def say(what):
    print(what, flush=True)


def answers():
    try:
        line = http.client.HTTPConnection(ADDRESS, timeout=1)
        line.request("GET", "/health")
        return line.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False


def until_it(answers_or_not):
    while answers() != answers_or_not:
        time.sleep(0.01)


def main():
    administrator = Administrator()
    pins = administrator.open_branch()
    with Browser(URL, FOLDER) as hall, Browser(URL, FOLDER) as window:
        kiosk, display, desk = hall.page(), hall.page(1920, 1080), window.page(1366, 768)
        administrator.pair(kiosk, "kiosk")
        administrator.pair(display, "display")
        administrator.pair(desk, "desk", "w1")
        sign_in(desk, "Nargiza", pins["Nargiza"])
        began = time.monotonic()
        kiosk.open("/kiosk")
        kiosk.until("the kiosk can be used", "!!document.querySelector('.tongues button')")
        say(f"kiosk is usable {time.monotonic() - began:.2f} s after its page was asked for")
        say("watching")

        until_it(False)
        until_it(True)
        back = time.monotonic()
        # Something new, which only a screen that hears the edge again can show.
        administrator.ask("/q?lang=en", {"service": service(administrator)})
        waiting = {"kiosk": kiosk, "display": display, "desk": desk}
        while waiting:
            for name, page in list(waiting.items()):
                if page.run(STATES[name]):
                    say(f"{name} is back {time.monotonic() - back:.2f} s after the edge")
                    del waiting[name]
            assert time.monotonic() < back + 60, f"not back: {list(waiting)}"
            time.sleep(0.02)
        kiosk.tap("button[data-value=en]")
        kiosk.is_there("[data-do=ticket]")
        say("kiosk works")


def service(administrator):
    page = administrator.ask("/q?lang=en")
    return page.split('name="service" value="', 1)[1].split('"', 1)[0]


if __name__ == "__main__":
    main()
