// Keeps the page current: asks every two seconds, more seldom where nobody answers. Without it the page works too.
(() => {
  const main = document.getElementById("now");
  if (!main || !main.dataset.now) return;
  let tag = "", wait = 2000, state = "", touched = false;
  const sound = () => {
    const audio = new (window.AudioContext || window.webkitAudioContext)();
    [660, 880].forEach((pitch, at) => {
      const tone = audio.createOscillator(), gain = audio.createGain();
      tone.frequency.value = pitch;
      gain.gain.value = 0.2;
      tone.connect(gain).connect(audio.destination);
      tone.start(audio.currentTime + at * 0.25);
      tone.stop(audio.currentTime + at * 0.25 + 0.2);
    });
  };
  const settle = () => {
    main.querySelectorAll("time").forEach((time) => {
      time.textContent = new Date(time.dateTime).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    });
    const now = main.querySelector("[data-state]");
    const next = now ? now.dataset.state : "";
    if (next === "called" && state && state !== "called") {
      if (navigator.vibrate) navigator.vibrate([300, 150, 300]);
      if (touched) sound();
    }
    state = next;
  };
  const look = async () => {
    try {
      const answer = await fetch(main.dataset.now, { headers: tag ? { "if-none-match": tag } : {}, cache: "no-store" });
      if (answer.status === 200) {
        main.innerHTML = await answer.text();
        tag = answer.headers.get("etag") || "";
        settle();
      }
      // The visit is over, and its link with it: nothing more will come.
      if (answer.status === 404) return;
      wait = answer.ok || answer.status === 304 ? 2000 : Math.min(wait * 2, 30000);
    } catch {
      wait = Math.min(wait * 2, 30000);
    }
    setTimeout(look, document.hidden ? Math.max(wait, 10000) : wait);
  };
  addEventListener("pointerdown", () => { touched = true; });
  settle();
  setTimeout(look, wait);
})();
