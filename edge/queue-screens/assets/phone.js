// A ticket on a phone: what the box says as it changes, and a sign one can feel when the number is called.
(function () {
  'use strict';
  var part = document.getElementById('ticket');
  var age = document.getElementById('age');
  var state = part.getAttribute('data-state');
  var audio = null;
  var heard = new Date().getTime();

  // A sound is allowed from the first tap on.
  document.addEventListener('click', function () {
    var Audio = window.AudioContext || window.webkitAudioContext;
    if (!audio && Audio) audio = new Audio();
  });

  function beep(at, pitch) {
    var tone = audio.createOscillator();
    var volume = audio.createGain();
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.3, at);
    volume.gain.exponentialRampToValueAtTime(0.001, at + 0.5);
    tone.connect(volume);
    volume.connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.5);
  }

  function alarm() {
    if (navigator.vibrate) navigator.vibrate([400, 200, 400, 200, 800]);
    if (!audio) return;
    for (var index = 0; index < 3; index += 1) {
      beep(audio.currentTime + index, 880);
      beep(audio.currentTime + index + 0.25, 660);
    }
  }

  window.ostonaLive(location.pathname + '/live', function (next) {
    heard = new Date().getTime();
    // What somebody has opened stays open.
    var opened = part.querySelector('details[open]');
    part.innerHTML = next.html;
    var details = part.querySelector('details');
    if (opened && details) details.setAttribute('open', '');
    document.title = next.title;
    if (next.state === 'called' && next.call !== state) alarm();
    state = next.state === 'called' ? next.call : next.state;
    part.setAttribute('data-state', next.state);
  });

  // The last state stays while the box is out of reach, with its age.
  setInterval(function () {
    var gone = document.getElementById('gone').style.display === 'block';
    age.style.display = gone ? 'block' : 'none';
    age.querySelector('b').textContent = String(Math.max(1, Math.round((new Date().getTime() - heard) / 60000)));
  }, 1000);
})();
