// The hall's display: who is called, to where, how many wait, and what else there is to see. ES5, for old TVs.
(function () {
  'use strict';
  var ROWS = 5;
  var FLASH = 5000;
  var calls = byId('calls');
  var media = byId('media');
  var seen = null;
  var shown = '';
  var ahead = 0;
  var playlist = '';
  var items = [];
  var place = -1;
  var turn = null;
  var saying = null;
  var sound = null;
  var said = '';
  var notices = 'null';
  var noticeTurn = null;

  function byId(id) {
    return document.getElementById(id);
  }

  function make(parent, tag, kind, text) {
    var made = document.createElement(tag);
    made.className = kind;
    if (text) made.appendChild(document.createTextNode(text));
    parent.appendChild(made);
    return made;
  }

  function empty(element) {
    while (element.firstChild) element.removeChild(element.firstChild);
  }

  function two(number) {
    return (number < 10 ? '0' : '') + number;
  }

  // The box's clock, by the hall's own time: a TV's own is often wrong.
  function tick() {
    var time = new Date(new Date().getTime() + ahead);
    byId('time').innerHTML = two(time.getUTCHours()) + ':' + two(time.getUTCMinutes());
    byId('date').innerHTML = two(time.getUTCDate()) + '.' + two(time.getUTCMonth() + 1) + '.' + time.getUTCFullYear();
  }

  // `flashes`: for how much longer, milliseconds.
  function row(call, flashes) {
    var plain = 'call ' + call.state;
    var line = make(calls, 'div', plain + (flashes > 0 ? ' new' : ''));
    line.setAttribute('data-number', call.number);
    make(line, 'span', 'number', call.number);
    var way = make(line, 'span', 'way');
    way.innerHTML = byId('way-' + (call.arrow || 'none')).innerHTML;
    make(line, 'span', 'window', String(call.window));
    if (flashes > 0) {
      setTimeout(function () {
        line.className = plain;
      }, flashes);
    }
  }

  function showCalls(called) {
    var text = JSON.stringify(called);
    if (text === shown) return;
    shown = text;
    var now = new Date().getTime();
    var known = {};
    var index;
    for (index = 0; index < called.length; index += 1) {
      var key = called[index].key;
      // What was called before this page came up does not flash.
      known[key] = seen === null ? 0 : seen[key] === undefined ? now : seen[key];
    }
    seen = known;
    empty(calls);
    for (index = 0; index < called.length; index += 1) row(called[index], known[called[index].key] + FLASH - now);
  }

  function arrange(called) {
    document.body.className =
      'display' +
      (called.length > ROWS ? ' crowded' : '') +
      (called.length ? '' : ' calm') +
      (items.length ? '' : ' plain') +
      (notices === 'null' ? '' : ' noted');
  }

  function showWaiting(waiting) {
    var list = byId('waiting');
    empty(list);
    for (var index = 0; index < waiting.length; index += 1) {
      var line = make(list, 'li', '');
      make(line, 'span', 'name', waiting[index].name);
      make(line, 'b', '', String(waiting[index].waiting));
    }
  }

  function showEmergency(texts) {
    var box = byId('emergency');
    empty(box);
    for (var index = 0; texts && index < texts.length; index += 1) {
      make(box, 'p', '', texts[index].text).lang = texts[index].lang;
    }
    box.style.display = texts ? 'block' : 'none';
    // As large as fits: every language is to be seen at once.
    for (var size = 9; texts && size > 1.5; size -= 0.5) {
      box.style.fontSize = size + 'vh';
      if (box.scrollHeight <= box.clientHeight) break;
    }
    if (texts && sound) sound.pause();
  }

  // One language after the other at the foot of the screen; the calls make room.
  function showNotice(texts) {
    var text = JSON.stringify(texts || null);
    if (text === notices) return;
    notices = text;
    clearInterval(noticeTurn);
    var box = byId('notice');
    var at = 0;
    function show() {
      box.lang = texts[at].lang;
      empty(box);
      box.appendChild(document.createTextNode(texts[at].text));
      at = (at + 1) % texts.length;
      for (var size = 4; size > 1.2; size -= 0.2) {
        box.style.fontSize = size + 'vh';
        if (box.scrollHeight <= box.clientHeight) break;
      }
    }
    box.style.display = texts ? 'block' : 'none';
    if (!texts) return;
    show();
    if (texts.length > 1) noticeTurn = setInterval(show, 8000);
  }

  function next() {
    clearTimeout(turn);
    empty(media);
    if (!items.length) return;
    place = (place + 1) % items.length;
    var item = items[place];
    var shown;
    if (item.kind === 'text') {
      make(media, 'p', 'text', item.text);
    } else if (item.kind === 'video') {
      shown = make(media, 'video', '');
      shown.muted = true;
      shown.autoplay = true;
      shown.setAttribute('playsinline', '');
      shown.onended = shown.onerror = next;
      shown.src = item.src;
    } else {
      shown = make(media, 'img', '');
      shown.alt = '';
      shown.onerror = function () {
        turn = setTimeout(next, 2000);
      };
      shown.src = item.src;
    }
    // A video that hangs is not waited for for ever.
    turn = setTimeout(next, (item.kind === 'video' ? 600 : item.seconds) * 1000);
  }

  function showMedia(list) {
    var text = JSON.stringify(list);
    if (text === playlist) return;
    playlist = text;
    items = list;
    place = -1;
    next();
  }

  function post(address, done) {
    var request = new XMLHttpRequest();
    request.open('POST', address);
    request.timeout = 8000;
    request.onload = done;
    request.send();
  }

  function heard(id, end) {
    if (saying === id) saying = null;
    post('/display/heard?id=' + encodeURIComponent(id) + '&end=' + end);
  }

  function say(what) {
    if (!what || what.id === said) return;
    said = saying = what.id;
    if (!sound) sound = document.createElement('audio');
    sound.onended = function () {
      heard(what.id, 'played');
    };
    sound.onerror = function () {
      heard(what.id, 'failed');
    };
    sound.src = what.src;
    var begun = sound.play();
    if (begun && begun['catch']) {
      begun['catch'](function () {
        byId('silent').style.display = 'block';
        heard(what.id, 'failed');
      });
    }
  }

  document.onclick = document.onkeydown = function () {
    byId('silent').style.display = 'none';
  };

  window.ostonaLive('/display/live?lang=' + document.documentElement.lang, function (state) {
    ahead = state.now + state.offset - new Date().getTime();
    tick();
    showEmergency(state.emergency);
    showNotice(state.notice);
    showMedia(state.media);
    showCalls(state.called);
    arrange(state.called);
    showWaiting(state.waiting);
    if (!state.emergency) say(state.say);
  });
  setInterval(tick, 1000);
  setInterval(function () {
    post('/display/beat');
  }, 15000);
})();
