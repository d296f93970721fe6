// The hall's display: who is called, to where, how many wait, and what else there is to see. ES5, for old TVs.
(function () {
  'use strict';
  var ROWS = 5;
  var FLASH = 5000;
  var calls = byId('calls');
  var media = byId('media');
  var seen = null;
  var ahead = 0;
  var playlist = '';
  var items = [];
  var place = -1;
  var turn = null;
  var saying = null;
  var sound = null;
  var said = '';

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

  function row(call, isNew) {
    var line = make(calls, 'div', 'call ' + call.state + (isNew ? ' new' : ''));
    line.setAttribute('data-number', call.number);
    make(line, 'span', 'number', call.number);
    var way = make(line, 'span', 'way');
    way.innerHTML = byId('way-' + (call.arrow || 'none')).innerHTML;
    make(line, 'span', 'window', String(call.window));
    if (isNew) {
      setTimeout(function () {
        line.className = 'call ' + call.state;
      }, FLASH);
    }
  }

  function showCalls(called) {
    var known = {};
    var fresh = [];
    var index;
    for (index = 0; index < called.length; index += 1) {
      known[called[index].key] = true;
      // What was called before this page came up does not flash.
      fresh.push(seen !== null && !seen[called[index].key]);
    }
    seen = known;
    empty(calls);
    for (index = 0; index < called.length; index += 1) row(called[index], fresh[index]);
    document.body.className = 'display' + (called.length > ROWS ? ' crowded' : '') + (called.length ? '' : ' calm');
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
    if (texts && sound) sound.pause();
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
    showCalls(state.called);
    showWaiting(state.waiting);
    showMedia(state.media);
    if (!state.emergency) say(state.say);
  });
  setInterval(tick, 1000);
  setInterval(function () {
    post('/display/beat');
  }, 15000);
})();
