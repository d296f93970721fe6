// The console's one script: live rows and states over server-sent events, and forms that answer in place.
// Every page works without it; nothing here decides anything, it only puts what the server rendered where it belongs.
(function () {
  "use strict";
  var KEEP = 200;

  function parse(html) {
    var template = document.createElement("template");
    template.innerHTML = html;
    return template.content;
  }

  // Asks where a command is, and puts the answer in its place.
  function ask(line, place) {
    if (!line.isConnected) return;
    fetch(line.dataset.check, { credentials: "same-origin" }).then(function (reply) {
      return reply.ok ? reply.text() : null;
    }).then(function (html) {
      if (html === null || !line.isConnected) return;
      line.replaceWith(parse(html));
      watch(place);
    }).catch(function () {});
  }

  // A command that no event has settled by its expiry: ask how it ended, and go on asking, ever more seldom.
  function watch(place) {
    place.querySelectorAll("[data-check]").forEach(function (line) {
      if (line.dataset.watched) return;
      line.dataset.watched = "yes";
      window.setTimeout(function () { ask(line, place); }, Math.max(1500, Number(line.dataset.checkAfter)));
    });
  }

  // A row goes on top of the table; a swap replaces the element that has the same id.
  function row(tail, html) {
    var fresh = parse(html).firstElementChild;
    if (!fresh || document.getElementById(fresh.id)) return;
    fresh.classList.add("fresh");
    tail.prepend(fresh);
    while (tail.children.length > KEEP) tail.lastElementChild.remove();
    document.querySelectorAll("[data-until-first]").forEach(function (hint) { hint.remove(); });
  }
  function swap(html) {
    Array.prototype.slice.call(parse(html).children).forEach(function (fresh) {
      var old = fresh.id && document.getElementById(fresh.id);
      if (old) old.replaceWith(fresh);
    });
    watch(document);
  }

  function listen(place) {
    var source = new EventSource(place.dataset.live);
    var lamp = document.querySelector(".live");
    var tail = document.querySelector("[data-tail]");
    function show(on) {
      if (!lamp) return;
      lamp.toggleAttribute("data-on", on);
      lamp.textContent = on ? lamp.dataset.onText : lamp.dataset.offText;
    }
    source.onopen = function () { show(true); };
    source.onerror = function () { show(false); };
    source.addEventListener("row", function (event) { if (tail) row(tail, event.data); });
    source.addEventListener("swap", function (event) { swap(event.data); });
    window.addEventListener("pagehide", function () { source.close(); });
  }

  function inPlace(form) {
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      var button = form.querySelector("button");
      var target = document.querySelector(form.dataset.into);
      button.disabled = true;
      fetch(form.action, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        headers: { accept: "text/html-fragment" },
        credentials: "same-origin",
      }).then(function (reply) {
        if (reply.redirected) { window.location.assign(reply.url); return null; }
        return reply.text();
      }).then(function (html) {
        if (html === null) return;
        target.replaceChildren(parse(html));
        watch(target);
        // A door is often open before this answer is here: the event that said so found no line to replace.
        target.querySelectorAll("[data-check]").forEach(function (line) { ask(line, target); });
        var question = form.closest("details");
        if (question) question.open = false;
        var next = form.querySelector("[name=once]");
        var given = target.querySelector("[data-once]");
        if (next && given) next.value = given.dataset.once;
      }).catch(function () {
        target.textContent = target.dataset.failed;
      }).finally(function () { button.disabled = false; });
    });
  }

  watch(document);
  document.querySelectorAll("[data-live]").forEach(listen);
  document.querySelectorAll("form[data-into]").forEach(inPlace);
})();
