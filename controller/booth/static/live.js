// The live page: takes the stream, shows when it fails, keeps clock, previews and sound. Orders stand in orders.js.
"use strict";

const STALE_MS = 10000, PREVIEW_MS = 1500, REPEAT_SOUND_MS = 15000;
const CALLS_AGAIN = ["referred", "alarm", "fire"];
const gate = { heardAt: Date.now(), skewMs: 0, waiting: new Set(), soundAt: 0, chosen: null };

const parts = () => document.querySelectorAll("[data-part]");
const lanes = () => Array.from(document.querySelectorAll(".lane"));
const card = (lane) => lane.querySelector(".card");
const clockText = (ms) => new Date(ms).toISOString().slice(11, 19);

// --- stream ---------------------------------------------------------------------------------------------------------

function listen() {
  const stream = new EventSource("/api/v1/live?language=" + encodeURIComponent(document.documentElement.lang));
  stream.addEventListener("parts", (event) => take(JSON.parse(event.data)));
  stream.addEventListener("beat", (event) => heard(JSON.parse(event.data)));
  stream.addEventListener("bye", () => checkSignedIn());
  stream.onerror = () => { if (stream.readyState === EventSource.CLOSED) { stream.close(); checkSignedIn().then(() => setTimeout(listen, 2000)); } };
}

function heard(message) {
  gate.heardAt = Date.now();
  gate.skewMs = message.at / 1000 - gate.heardAt;
  showStale();
}

function take(message) {
  heard(message);
  for (const element of parts()) {
    const html = message.parts[element.dataset.part];
    if (html !== undefined) morph(element, html);
  }
  refreshPreviews();
  tick();
  attend();
  document.dispatchEvent(new CustomEvent("gate:parts"));
}

async function checkSignedIn() {
  try {
    const answer = await fetch("/api/v1/status", { headers: { Accept: "application/json" } });
    if (answer.status === 401) location.assign("/sign-in");
  } catch { /* the box does not answer: the page says so by itself */ }
}

function showStale() {
  const stale = Date.now() - gate.heardAt > STALE_MS, banner = document.getElementById("stale");
  if (stale && banner.hidden) {
    const words = banner.querySelector("[data-text]");
    const offsetMs = Number(document.getElementById("clock").dataset.offset) * 60000;
    words.textContent = words.dataset.text.replace("{at}", clockText(gate.heardAt + gate.skewMs + offsetMs));
  }
  banner.hidden = !stale;
  document.body.classList.toggle("is-stale", stale);
}

// --- clock and waiting times ----------------------------------------------------------------------------------------

function tick() {
  const now = Date.now() + gate.skewMs, clock = document.getElementById("clock");
  clock.textContent = clockText(now + Number(clock.dataset.offset) * 60000);
  for (const one of document.querySelectorAll("[data-since]")) {
    const seconds = Math.max(0, Math.floor((now - Number(one.dataset.since) / 1000) / 1000));
    one.textContent = Math.floor(seconds / 60) + ":" + String(seconds % 60).padStart(2, "0");
  }
  showStale();
  if (Array.from(gate.waiting).some((one) => CALLS_AGAIN.includes(one.split(":")[1])) && Date.now() - gate.soundAt > REPEAT_SOUND_MS) beep();
}

// --- previews -------------------------------------------------------------------------------------------------------

function refreshPreviews() {
  if (document.hidden) return;
  const turn = Math.floor(Date.now() / PREVIEW_MS);
  for (const image of document.querySelectorAll("img[data-camera]")) {
    if (image.dataset.turn === String(turn)) continue;
    image.dataset.turn = String(turn);
    const address = "/api/v1/cameras/" + encodeURIComponent(image.dataset.camera) + "/preview?t=" + turn, next = new Image();
    next.onload = () => { image.src = address; image.hidden = false; };
    next.onerror = () => { image.hidden = true; };
    next.src = address;
  }
}

// --- attention: title and sound -------------------------------------------------------------------------------------

function attend() {
  const title = document.title.replace(/^\(\d+\) /, ""), before = gate.waiting;
  gate.waiting = new Set(lanes().filter((lane) => card(lane)?.dataset.wants === "yes").map((lane) => lane.dataset.lane + ":" + card(lane).dataset.tone + ":" + card(lane).dataset.passage));
  document.title = gate.waiting.size ? "(" + gate.waiting.size + ") " + title : title;
  if (Array.from(gate.waiting).some((one) => !before.has(one))) beep();
}

let audio = null;
const soundIsOn = () => localStorage.getItem("gatehouse-sound") !== "off";

function beep() {
  gate.soundAt = Date.now();
  if (!soundIsOn() || !audio || audio.state !== "running") return;
  [660, 880].forEach((pitch, index) => {
    const tone = audio.createOscillator(), level = audio.createGain(), start = audio.currentTime + index * 0.17;
    tone.frequency.value = pitch;
    level.gain.setValueAtTime(0, start);
    level.gain.linearRampToValueAtTime(0.16, start + 0.02);
    level.gain.exponentialRampToValueAtTime(0.001, start + 0.16);
    tone.connect(level).connect(audio.destination);
    tone.start(start);
    tone.stop(start + 0.18);
  });
}

function showSound() {
  const button = document.getElementById("sound"), words = soundIsOn() ? button.dataset.on : button.dataset.off;
  button.setAttribute("aria-pressed", String(soundIsOn()));
  button.setAttribute("aria-label", words);
  button.title = words + " (M)";
}

function switchSound() {
  localStorage.setItem("gatehouse-sound", soundIsOn() ? "off" : "on");
  showSound();
  if (soundIsOn()) beep();
}

// browsers play no sound before the first key or click on a page
function wakeSound() { audio = audio || new AudioContext(); audio.resume(); }
["keydown", "pointerdown"].forEach((kind) => document.addEventListener(kind, wakeSound, { once: true }));
document.getElementById("sound").addEventListener("click", switchSound);
document.addEventListener("visibilitychange", refreshPreviews);

gate.skewMs = Number(document.getElementById("clock").dataset.now) / 1000 - Date.now();
showSound();
attend();
listen();
refreshPreviews();
setInterval(tick, 1000);
setInterval(refreshPreviews, PREVIEW_MS);
