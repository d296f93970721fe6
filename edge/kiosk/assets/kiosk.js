// The kiosk's page: shows what the edge says, resets itself when nobody is there, and keeps nothing.
// What a person does stands in the edge under a number that is made here for each visit and forgotten with it.
(() => {
  'use strict';
  const IDLE = 60, WARNING = 20, CAP = 300, SLOW = 3000, LOST = 30000, GIVE_UP = 8000;
  const stage = document.getElementById('stage'), moment = document.getElementById('moment');
  const attract = stage.innerHTML, face = stage.dataset.face;
  let visit = null, timers = [], busy = false, typed = '', abroad = false;

  const after = (seconds, what) => timers.push(setTimeout(what, seconds * 1000));
  const quiet = () => { timers.forEach(clearTimeout); timers = []; };
  const $ = selector => stage.querySelector(selector);

  // ---- asking the edge: again and again until it answers, and never a browser's error page

  async function ask(path, body, wanted) {
    const slow = setTimeout(() => say(false), SLOW), lost = setTimeout(() => say(true), LOST);
    try {
      for (let wait = 1; wanted(); wait = Math.min(wait * 2, 15)) {
        const abort = new AbortController(), late = setTimeout(() => abort.abort(), GIVE_UP);
        try {
          const answer = await fetch(path, { method: body ? 'POST' : 'GET', body, signal: abort.signal, cache: 'no-store' });
          if (answer.status === 401) return location.replace('/kiosk');
          if (answer.ok) return await answer.text();
          if (answer.status < 500 && answer.status !== 429) return wipe();
        } catch (_) { /* not there: once more */ } finally { clearTimeout(late); }
        await new Promise(go => setTimeout(go, wait * 1000 * (0.75 + Math.random() / 2)));
      }
    } finally {
      clearTimeout(slow);
      clearTimeout(lost);
      moment.hidden = true;
    }
  }

  function say(lost) {
    moment.hidden = false;
    moment.classList.toggle('lost', lost);
  }

  // ---- one visit: a number, a language, how many steps were done

  async function step(act, value) {
    if (busy) return;
    if (act === 'begin') {
      const number = crypto.getRandomValues(new Uint8Array(16));
      visit = { number: [...number].map(byte => byte.toString(16).padStart(2, '0')).join(''), lang: value, turn: 0, since: Date.now() };
      document.documentElement.lang = value;
    }
    if (!visit) return;
    const mine = visit;
    busy = true;
    stage.classList.add('busy');
    mine.turn += 1;
    const body = new URLSearchParams({ visit: mine.number, lang: mine.lang, turn: mine.turn, do: act, value });
    const html = await ask('/kiosk/step', body, () => visit === mine);
    busy = false;
    stage.classList.remove('busy');
    if (html !== undefined && visit === mine) show(html);
  }

  function show(html) {
    stage.innerHTML = html;
    typed = '';
    abroad = false;
    const heading = $('h1');
    if (heading) heading.focus({ preventScroll: true });
    draw();
    live();
  }

  function wipe() {
    if (visit) fetch('/kiosk/step', { method: 'POST', keepalive: true, body: new URLSearchParams({ visit: visit.number, do: 'end' }) }).catch(() => {});
    visit = null;
    busy = false;
    typed = '';
    quiet();
    stage.innerHTML = attract;
    stage.classList.remove('busy');
    document.body.classList.remove('reach');
    fit();
    document.documentElement.lang = document.body.dataset.lang;
    moment.hidden = true;
    beat();
  }

  // ---- time: what happens when nobody touches the screen

  function live() {
    quiet();
    if (!visit) return;
    const screen = $('.screen'), returns = +screen.dataset.returns, still = $('.still');
    if (!still) return after(IDLE + WARNING, wipe);
    still.hidden = true;
    beside(still, false);
    const left = CAP - (Date.now() - visit.since) / 1000;
    // However often it is touched, a visit has its end.
    after(Math.max(0, returns ? Math.min(returns, left) : left), wipe);
    if (!returns) after(Math.max(0, Math.min(IDLE, left - WARNING)), () => warn(still, left - WARNING <= IDLE));
    if (screen.dataset.looks) after(1, look);
    const runs = $('.runs span');
    if (runs) { runs.style.animation = 'none'; void runs.offsetWidth; runs.style.animation = 'runs ' + returns + 's linear forwards'; }
  }

  // Only what the edge says is new; a touch is not lost to it.
  async function look() {
    const mine = visit;
    if (!mine || busy) return live();
    const body = new URLSearchParams({ visit: mine.number, lang: mine.lang, turn: mine.turn, do: 'look' });
    const html = await ask('/kiosk/step', body, () => visit === mine && !busy);
    if (html === undefined || visit !== mine || busy) return;
    const before = $('.paper') && $('.paper').className, box = document.createElement('div');
    box.innerHTML = html;
    const paper = box.querySelector('.paper');
    if (paper && paper.className === before) after(1, look);
    else show(html);
  }

  // What lies below the warning is neither touched nor read aloud.
  const beside = (still, covered) => [...still.parentElement.children].forEach(one => { one.inert = covered && one !== still; });

  function warn(still, over) {
    still.hidden = false;
    beside(still, true);
    still.querySelector('.asks').hidden = over;
    still.querySelector('.over').hidden = !over;
    still.querySelector('.primary').hidden = over;
    still.querySelector('button:not([hidden])').focus();
    const seconds = still.querySelector('.seconds'), ring = still.querySelector('.left');
    const first = over ? Math.max(0, Math.ceil(WARNING - CAP + (Date.now() - visit.since) / 1000)) : 0;
    for (let gone = first; gone <= WARNING; gone += 1) {
      after(gone - first, () => {
        seconds.textContent = WARNING - gone;
        ring.style.strokeDashoffset = 100 * gone / WARNING;
        if (gone === WARNING) wipe();
      });
    }
  }

  // ---- while nobody is there: is the edge, what time is it, and did the branch change

  let beating = 0, turn = 0;
  async function beat() {
    clearTimeout(beating);
    const mine = ++turn, said = await ask('/kiosk/alive', null, () => !visit && mine === turn);
    if (mine !== turn || visit) return;
    const [clock, fresh] = (said || '').split(' ');
    if (fresh && fresh !== face) return location.reload();
    if (fresh && $('.clock')) $('.clock').textContent = clock;
    beating = setTimeout(beat, 5000);
  }

  // ---- what is typed

  const phone = digits => '+998 ' + [digits.slice(0, 2), digits.slice(2, 5), digits.slice(5, 7), digits.slice(7)].filter(Boolean)
    .map((part, at) => (at > 1 ? '-' : at ? ' ' : '') + part).join('');

  let hiding = 0;
  function draw(hidden) {
    const box = $('.typing');
    if (!box) return;
    const kind = box.dataset.kind, out = box.querySelector('output'), eye = box.querySelector('[data-do=show]');
    const plain = kind === 'phone' ? (abroad ? '+' + typed : phone(typed)) : typed;
    out.textContent = hidden ? plain.replace(/^\+998 |[\p{L}\d]/gu, one => one.length > 1 ? one : '•') : plain;
    eye.hidden = !hidden;
    clearTimeout(hiding);
    if (typed && !hidden && kind !== 'code') hiding = setTimeout(() => draw(true), 5000);
  }

  function key(letter) {
    const box = $('.typing'), kind = box.dataset.kind;
    const most = kind === 'name' ? 60 : kind === 'code' ? 6 : abroad ? 15 : 9;
    if (letter === 'erase') typed = [...typed].slice(0, -1).join('');
    else if ([...typed].length < most) typed += kind === 'name' && /(^|[ -])$/.test(typed) ? letter.toLocaleUpperCase() : letter;
    draw();
  }

  // ---- a low screen, or one whose buttons somebody wants lower

  const fit = () => document.body.classList.toggle('low', innerHeight < 1100 || document.body.classList.contains('reach'));
  addEventListener('resize', fit);
  fit();

  // ---- touches

  const acts = {
    reach: () => { document.body.classList.toggle('reach'); fit(); },
    end: wipe,
    stay: live,
    show: () => draw(),
    abroad: () => { abroad = !abroad; typed = ''; draw(); },
    board: value => stage.querySelectorAll('.board').forEach(board => { board.hidden = board.dataset.board !== value; }),
  };

  addEventListener('click', event => {
    live();
    const button = event.target.closest('button');
    if (!button || button.disabled) return;
    const { do: act, value = '', key: letter } = button.dataset;
    if (letter) key(letter);
    else if (acts[act]) acts[act](value);
    else if (act) step(act, button.dataset.typed ? (abroad && typed ? '+' : '') + typed : value);
  });
  addEventListener('contextmenu', event => event.preventDefault());
  addEventListener('dragstart', event => event.preventDefault());
  addEventListener('pageshow', event => event.persisted && location.reload());

  // A picture that stands still for weeks burns into a screen: a few pixels aside, each minute.
  setInterval(() => {
    const aside = () => Math.round(Math.random() * 8 - 4) + 'px';
    stage.style.translate = aside() + ' ' + aside();
  }, 60000);

  beat();
})();
