"""A branch's day in a real Chromium: two desks worked by keyboard alone, the hall's display, visitors' phones.

usage: hall_in_chromium.py URL CODE FOLDER

URL is a fresh edge's LAN port, CODE the box's own. Says one line per thing seen; photographs of each screen in each
language go to FOLDER.
"""

import http.cookiejar
import json
import re
import sys
import time
import urllib.parse
import urllib.request

from chromium import Browser

URL, CODE, FOLDER = sys.argv[1:4]
LANGS = ["uz-Latn", "uz-Cyrl", "ru", "en"]
PASSWORD = "correct horse battery"
KEYS = {f"F{number}": 111 + number for number in range(1, 10)} | {"Enter": 13, "Escape": 27, "Tab": 9}


def say(what):
    print(what, flush=True)


class Administrator:
    """Sets the branch up over HTTP: how that looks is another script's subject."""

    def __init__(self):
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(jar)
        self.opener.addheaders = [("Origin", URL)]
        self.send("/setup", code=CODE, password=PASSWORD, again=PASSWORD, lang="en")

    def ask(self, path, fields=None):
        body = urllib.parse.urlencode(fields, doseq=True).encode() if fields else None
        return self.opener.open(URL + path, body).read().decode()

    def send(self, path, **fields):
        return self.ask(path, fields)

    def form(self, path, **fields):
        token = re.search(r'name="form" value="([^"]+)"', self.ask(path)).group(1)
        return self.send(path, form=token, **fields)

    def open_branch(self):
        """Gives the PINs by name."""
        page = self.form("/admin/quick", name="Chilonzor filiali", languages=LANGS, first="uz-Latn", windows=2,
                         services="Kassa, Kartalar, Valyuta ayirboshlash", operators="Nargiza, Timur", printer="")
        return dict(re.findall(r"(Nargiza|Timur).*?(\d{4,8})", page, re.S))

    def pair(self, page, kind, window=""):
        page.open(f"/{kind}")
        code = page.until(f"a code for the {kind}", "document.querySelector('.code')?.getAttribute('aria-label')")
        self.form("/admin/screens", code=code, name="", window=window)
        page.until(f"the {kind} is paired", f"location.pathname === '/{kind}'")


def key(page, name, text=""):
    page.press(name, number=KEYS.get(name, ord(name.upper()) if len(name) == 1 else 0), text=text)


def sign_in(page, name, pin, lang="uz-Latn"):
    """By keyboard alone: the name's first letters, Tab, the PIN, Enter."""
    page.ask("Emulation.setFocusEmulationEnabled", enabled=True)
    page.open(f"/desk?lang={lang}")
    page.until("the sign-in page", "document.activeElement?.id === 'operator'")
    for letter in name[:3]:
        key(page, letter, letter)
    key(page, "Tab")
    page.until("the PIN is next", "document.activeElement.id === 'pin'")
    for digit in pin:
        key(page, digit, digit)
    key(page, "Enter", "\r")
    page.until(f"{name} is signed in", "!!document.querySelector('#state .state')")


def press(page, name, said):
    """Presses a key as soon as it may be pressed, and waits for what the desk says."""
    page.until(f"{name} may be pressed", f"document.querySelector('[data-key={name}]').getAttribute('aria-disabled') === 'false'")
    key(page, name)
    page.until(said, f"document.querySelector('#said').innerText.includes({said!r})")


def take(page, service):
    """A ticket on a phone; the address of its page."""
    page.open("/q?lang=en")
    page.until("the services", "location.pathname === '/q' && document.readyState === 'complete'")
    page.tap(f"button.choice:nth-of-type({service})")
    page.until("a ticket", "location.pathname.startsWith('/t/')")
    return page.run("location.pathname")


def examined(page, name, contrast=7, least=44):
    # A ticked box is touched by its label.
    labels = "[...document.querySelectorAll('label:has(input)')].filter(one => one.checkVisibility())"
    low = page.run(f"{labels}.filter(one => one.getBoundingClientRect().height < {least}).length")
    small = [one for one in page.too_small(least) if not one.startswith(("place ", "back "))] + ["a label"] * low
    found = page.axe(contrast)
    assert not small, f"{name}: targets too small: {small}"
    assert not found, f"{name}: {found}"
    assert not page.complaints, f"{name}: {page.complaints}"


def number_height(page):
    """Height of the capital letters of the first number, as a part of the screen's."""
    return page.run("""(() => {
        const one = document.querySelector('.call .number'), pen = document.createElement('canvas').getContext('2d');
        pen.font = getComputedStyle(one).font;
        return pen.measureText('K').actualBoundingBoxAscent / innerHeight;
    })()""")


def main():
    office = Administrator()
    pins = office.open_branch()
    assert len(pins) == 2, pins
    # Each screen has a browser of its own: one lets six connections through at once, whoever asks.
    with Browser(URL, FOLDER) as one, Browser(URL, FOLDER) as two, Browser(URL, FOLDER) as three:
        desk, display, phone = one.page(1366, 768), two.page(1920, 1080), three.page(390, 780)
        office.pair(display, "display")
        office.pair(desk, "desk", "w1")
        desk.keep("desk-sign-in")
        examined(desk, "sign-in")
        sign_in(desk, "Nargiza", pins["Nargiza"])
        say("signed in by keyboard alone")

        tickets = [take(phone, service) for service in (1, 2, 1, 3, 1, 1, 1)]
        phone.open(tickets[0])
        phone.sees("You are next")
        display.sees("Kassa")
        say("a ticket from a phone waits on the display and at the desk")

        began = time.monotonic()
        press(desk, "F1", "chaqirildi")
        display.until("the call", "!!document.querySelector('.call.new')", 1)
        say("a call flashes on the display within a second")
        assert time.monotonic() - began < 2
        number = display.run("document.querySelector('.call .number').innerText")
        phone.sees("You are called: window 1", 2)
        say("the phone says so, too")
        assert number_height(display) >= 0.12, number_height(display)
        phone.keep("phone-called")
        display.keep("display-called")

        desk.until("the keys are locked", "document.querySelector('[data-key=F3]').getAttribute('aria-disabled') === 'true'")
        press(desk, "F3", "Bajarildi")
        desk.keep("desk-serving-uz-Latn")
        examined(desk, "desk")
        press(desk, "F5", "Bajarildi")
        phone.sees("All done", 2)
        phone.tap(".scores button", 4)
        phone.sees("Thank you for your answer")
        phone.keep("phone-done")
        say("a visit was called, served, finished and praised")

        key_work(desk)
        phones(phone, tickets, desk)
        languages(desk, display, phone, tickets)
        notice(office, display)
        emergency(office, display)
        assert not display.foreign + desk.foreign + phone.foreign, "a request left the box"
        say("nothing was asked of anybody else")


def key_work(desk):
    """Hold, transfer and no-show, with the menus' own keys."""
    press(desk, "F1", "chaqirildi")
    press(desk, "F3", "Bajarildi")
    for name, menu in (("F6", "hold"), ("F7", "transfer")):
        desk.until(f"{name} may be pressed", f"document.querySelector('[data-key={name}]').getAttribute('aria-disabled') === 'false'")
        key(desk, name)
        desk.until(f"the menu {menu}", f"document.querySelector('#menu-{menu}').open")
        assert desk.run(f"document.querySelector('#menu-{menu}').contains(document.activeElement)")
        desk.keep(f"desk-{menu}")
        examined(desk, menu)
        if name == "F6":
            key(desk, "Escape")
            desk.until("the menu is gone", "!document.querySelector('dialog[open]')")
    key(desk, "2", "2")
    desk.until("it was sent on", "document.querySelector('#said').innerText.includes('tkazildi')")
    press(desk, "F1", "chaqirildi")
    press(desk, "F4", "Bajarildi")
    where = desk.run("document.activeElement.dataset.key")
    assert where == "F4", f"the keyboard's place was lost: {where}"
    say("held, sent on and missed, by keyboard alone, and the focus stayed")


def phones(phone, tickets, desk):
    phone.open(tickets[-1])
    phone.sees("Ahead of you")
    phone.keep("phone-waiting")
    examined(phone, "phone")
    phone.tap("form button")
    phone.sees("Nobody is behind you")
    phone.until("the whole page", "document.readyState === 'complete'")
    phone.tap("summary")
    phone.tap("details button")
    phone.sees("The ticket was cancelled")
    phone.keep("phone-cancelled")
    phone.open("/t/00000000000000000000000000000000")
    phone.sees("no such ticket")
    say("a holder gave a ticket up; a wrong address says nothing")


def languages(desk, display, phone, tickets):
    for lang in LANGS:
        display.open(f"/display?lang={lang}")
        display.until("calls", "document.querySelectorAll('.call').length > 0")
        display.keep(f"display-{lang}")
        assert not display.outside(), display.outside()
        desk.open(f"/desk?lang={lang}")
        desk.until("the desk", "!!document.querySelector('#list table')")
        desk.keep(f"desk-{lang}")
        examined(desk, f"desk {lang}")
        phone.open(f"/q?lang={lang}")
        phone.until("services", "document.querySelectorAll('.choice').length === 3")
        phone.keep(f"phone-take-{lang}")
        examined(phone, f"take {lang}")
    examined(display, "display", least=0)
    say("every screen in every language is photographed and passes axe-core")


NOTICE = {
    "uz-Latn": "Kassa bugun soat 17:00 gacha ishlaydi",
    "uz-Cyrl": "Касса бугун соат 17:00 гача ишлайди",
    "ru": "Касса сегодня работает до 17:00; по вопросам крупных переводов обращайтесь к окну номер 2 или приходите завтра с девяти утра, "
          "когда откроются все окна и будет работать консультант",
    "en": "The cash desk closes at 17:00 today",
}

# What of the calls lies below the upper edge of the notice, and whether the notice is cut, or the branch's name runs into the date.
COVERED = """
(() => {
  const notice = document.querySelector('#notice'), top = notice.getBoundingClientRect().top, out = [];
  for (const one of document.querySelectorAll('.call span, #waiting li'))
    if (one.checkVisibility() && one.innerText && one.getBoundingClientRect().bottom > top + 1 + parseFloat(getComputedStyle(one).fontSize) * .4)
      out.push(one.innerText);
  if (notice.scrollHeight > notice.clientHeight + 1) out.push('cut: ' + notice.innerText);
  const [place, date] = ['#place', '#date'].map(one => document.querySelector(one));
  if (place.checkVisibility() && place.getBoundingClientRect().right > date.getBoundingClientRect().left) out.push('name and date');
  return out;
})()
"""


def notice(office, display):
    """A calm text at the foot: in every language by turns, on every size a display has, and gone when it is taken down."""
    refused = office.form("/admin/signage", act="notice", minutes="60")
    assert "Fill in" in refused or "note bad" in refused, refused[:400]
    office.form("/admin/signage", act="notice", minutes="60", **{f"text.{lang}": text for lang, text in NOTICE.items()})
    hurry = display.fast(10)  # Its languages take turns, eight seconds each.
    for width, height in ((1920, 1080), (1080, 1920), (3840, 2160), (2160, 3840), (1366, 768)):
        display.size(width, height)
        display.open("/display")
        for lang, text in NOTICE.items():
            shown = f"document.querySelector('#notice').checkVisibility() && document.querySelector('#notice').innerText === {json.dumps(text)}"
            display.until(f"the notice in {lang}", shown, 8)
            covered = display.run(COVERED)
            assert not covered, (lang, width, height, covered)
            display.keep(f"display-notice-{lang}-{width}x{height}")
    display.ask("Page.removeScriptToEvaluateOnNewDocument", identifier=hurry)
    display.size(1920, 1080)
    display.open("/display")
    display.until("the notice", "document.querySelector('#notice').checkVisibility()")
    examined(display, "display with a notice", least=0)
    office.form("/admin/signage", act="notice_end")
    display.until("the notice is gone", "!document.querySelector('#notice').checkVisibility()", 8)
    say("a notice stands below the calls in every language and size, and is taken down")


def emergency(office, display):
    began = time.monotonic()
    office.form("/admin/signage", act="evacuate")
    display.until("the emergency", "document.querySelector('#emergency').checkVisibility()", 1)
    assert time.monotonic() - began < 1.5
    assert display.run("document.querySelectorAll('#emergency p').length") == 4
    display.keep("display-emergency")
    office.form("/admin/signage", act="all_clear")
    display.until("all is clear", "!document.querySelector('#emergency').checkVisibility()", 2)
    say("an emergency covers everything within a second, in four languages")


if __name__ == "__main__":
    main()
