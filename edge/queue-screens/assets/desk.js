// The desk: keys F1 to F8, menus, and what the box says, shown without taking the keyboard's place away.
(function () {
  'use strict';
  const LOCK = 3000;
  const AWAY = 10 * 60 * 1000;
  const parts = {};
  const toasts = new Set();
  const byId = (id) => document.getElementById(id);
  const desk = byId('desk');
  const inLang = '?lang=' + desk.dataset.lang;
  let ahead = 0;
  let lockedUntil = 0;
  let busy = false;
  let moved = Date.now();
  let state = { can: [], ready: false };
  let first = true;

  const isLocked = () => busy || Date.now() < lockedUntil;

  function arm() {
    for (const button of document.querySelectorAll('[data-act],[data-menu]')) {
      const name = button.dataset.needs || button.dataset.act || button.dataset.menu;
      const off = !state.can.includes(name) || (isLocked() && button.dataset.act !== 'ready');
      // Not `disabled`: the keyboard keeps its place while the box answers.
      button.setAttribute('aria-disabled', String(off));
    }
  }

  function tell(text, isBad) {
    const line = byId('said');
    line.textContent = text;
    line.className = isBad ? 'bad' : '';
  }

  async function act(fields) {
    if (isLocked()) return;
    busy = true;
    arm();
    const called = ['call_next', 'call', 'recall'].includes(fields.get('act'));
    const before = byId('now').innerHTML;
    if (called) byId('now').classList.add('coming');
    tell(desk.dataset.doing, false);
    try {
      const patience = AbortSignal.timeout(8000);
      const answer = await fetch('/desk/act' + inLang, { method: 'POST', body: new URLSearchParams(fields), signal: patience });
      if (answer.status === 401) return location.reload();
      const said = await answer.json();
      tell(said.said, !said.done);
      if (said.done && called) lockedUntil = Date.now() + LOCK;
      if (said.done && fields.get('act') === 'sign_out') location.reload();
      if (!said.done && parts.now === undefined) byId('now').innerHTML = before;
    } catch (error) {
      tell(desk.dataset.unanswered, true);
    } finally {
      busy = false;
      byId('now').classList.remove('coming');
      arm();
      setTimeout(arm, Math.max(0, lockedUntil - Date.now()) + 20);
    }
  }

  function press(button) {
    if (button.getAttribute('aria-disabled') === 'true') return;
    // A service that is closed with a code asks for it first.
    const name = button.dataset.menu || (button.dataset.act === 'finish' && state.codes ? 'finish' : '');
    if (name) {
      const menu = byId('menu-' + name);
      for (const field of menu.querySelectorAll('[data-from]')) field.value = button.dataset[field.dataset.from] || '';
      menu.showModal();
      const start = menu.querySelector('[autofocus],button');
      if (start) start.focus();
      return;
    }
    const fields = new FormData();
    fields.set('act', button.dataset.act);
    if (button.dataset.ticket) fields.set('ticket', button.dataset.ticket);
    act(fields);
  }

  // Replaces a part only where it changed, and gives the keyboard's place back.
  function put(name, html) {
    if (parts[name] === html) return;
    parts[name] = html;
    const at = document.activeElement && document.activeElement.id;
    const part = byId(name);
    part.innerHTML = html;
    if (at && !byId(at)) part.closest('[tabindex="-1"]')?.focus();
    else if (at && document.activeElement !== byId(at)) byId(at).focus();
  }

  function ring() {
    try {
      const audio = new AudioContext();
      [0, 0.22].forEach((from, index) => {
        const tone = audio.createOscillator();
        const volume = audio.createGain();
        tone.frequency.value = index ? 660 : 880;
        volume.gain.setValueAtTime(0.2, audio.currentTime + from);
        volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + from + 0.2);
        tone.connect(volume).connect(audio.destination);
        tone.start(audio.currentTime + from);
        tone.stop(audio.currentTime + from + 0.2);
        if (index) tone.onended = () => audio.close();
      });
    } catch (error) {
      // A desk without sound shows it all the same.
    }
  }

  function tick() {
    const now = Date.now() + ahead;
    for (const timer of document.querySelectorAll('[data-since]')) {
      const seconds = Math.max(0, Math.floor((now - Number(timer.dataset.since)) / 1000));
      const text = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
      if (timer.textContent !== text) timer.textContent = text;
    }
    if (state.ready && !state.busy && Date.now() - moved > AWAY && !isLocked()) {
      moved = Date.now();
      const fields = new FormData();
      fields.set('act', 'away');
      act(fields);
    }
  }

  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-act],[data-menu],[data-close]');
    if (!button) return;
    if (button.dataset.close !== undefined) button.closest('dialog').close();
    else press(button);
  });

  document.addEventListener('submit', (event) => {
    event.preventDefault();
    const fields = new FormData(event.target, event.submitter);
    event.target.closest('dialog')?.close();
    event.target.reset();
    act(fields);
  });

  document.addEventListener('keydown', (event) => {
    const menu = document.querySelector('dialog[open]');
    if (menu) {
      // One key for each line of a menu.
      const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) && event.target.type !== 'radio';
      const line = !typing && menu.querySelector(`[data-digit="${CSS.escape(event.key)}"]`);
      if (line) {
        event.preventDefault();
        line.click();
      }
      return;
    }
    const button = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!button || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    if (!event.repeat) {
      button.focus();
      press(button);
    }
  });

  for (const kind of ['keydown', 'pointerdown', 'pointermove']) {
    document.addEventListener(kind, () => (moved = Date.now()), { passive: true });
  }

  window.ostonaLive('/desk/live' + inLang, (next) => {
    ahead = next.now - Date.now();
    for (const name of Object.keys(next.parts)) put(name, next.parts[name]);
    state = next;
    arm();
    tick();
    const fresh = next.alerts.filter((id) => !toasts.has(id));
    next.alerts.forEach((id) => toasts.add(id));
    if (fresh.length && !first) ring();
    first = false;
  });
  setInterval(tick, 500);
})();
