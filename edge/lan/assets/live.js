// The line from the box to a screen: states as they change, and a word to people while there is none. ES5, for old TVs.
//
// ostonaLive(address, show): `show` is given each state. The page's #gone appears after 3 s without the box, and says
// more (class "long") after 30 s. Attempts come every second or two for a minute, then further apart, never in step.
window.ostonaLive = function (address, show) {
  'use strict';
  var SILENCE = 40000;
  var source = null;
  var retry = null;
  var last = '';
  var heard = now();
  var lost = now();
  // The box gave no stream: so many are open that this screen asks now and then instead.
  var refused = false;
  var gone = document.getElementById('gone');
  var mark = address.indexOf('?') < 0 ? '?' : '&';

  function now() {
    return new Date().getTime();
  }

  function isHeard() {
    heard = now();
    lost = null;
  }

  function take(id, text) {
    isHeard();
    if (id === last) return;
    last = id;
    show(JSON.parse(text));
  }

  function again() {
    if (source) source.close();
    source = null;
    if (lost === null) lost = now();
    var away = now() - lost;
    var wait = away < 60000 ? 1000 : Math.min(15000, away / 15);
    clearTimeout(retry);
    retry = setTimeout(open, wait * (0.75 + Math.random() / 2));
  }

  function listen() {
    source = new EventSource(address + mark + 'last=' + last);
    source.onopen = isHeard;
    source.onerror = function () {
      if (source && source.readyState === 2) refused = true;
      again();
    };
    source.addEventListener('beat', isHeard);
    source.addEventListener('state', function (event) {
      take(event.lastEventId, event.data);
    });
    // The box has given this screen another task, or its right away.
    source.addEventListener('reload', function () {
      location.reload();
    });
  }

  function poll() {
    var request = new XMLHttpRequest();
    request.open('GET', address + mark + 'once=1&last=' + last);
    request.timeout = 8000;
    request.onload = function () {
      if (request.status === 200) take(request.getResponseHeader('X-State'), request.responseText);
      else if (request.status === 204) isHeard();
      else if (request.status === 401 || request.status === 404) return location.reload();
      else return again();
      retry = setTimeout(open, refused ? 5000 : 1000);
    };
    request.onerror = request.ontimeout = again;
    request.send();
  }

  function open() {
    if (window.EventSource && !refused && !/[?&]poll/.test(location.search)) listen();
    else poll();
  }

  setInterval(function () {
    if (lost === null && now() - heard > SILENCE) again();
    var away = lost === null ? 0 : now() - lost;
    if (!gone) return;
    gone.style.display = away > 3000 ? 'block' : 'none';
    gone.className = away > 30000 ? 'long' : '';
  }, 500);
  open();
};
