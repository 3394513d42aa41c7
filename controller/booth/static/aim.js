// The page a camera is aimed by: asks for its changing part twice a second, which also keeps the camera being read.
// Asks for nothing while nobody can see it, and rests after a quarter of an hour. No drawing may be put here.
"use strict";

const ASK_MS = 500, SILENT_MS = 5000, REST_MS = 15 * 60000;
const aim = document.getElementById("aim"), silent = document.getElementById("silent"), rest = document.getElementById("rest");
const aiming = { heardAt: Date.now(), skewMs: 0, begunAt: Date.now() };

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function look() {
  const answer = await fetch(aim.dataset.view, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(8000) });
  if (answer.status === 401) return location.assign("/sign-in");
  if (answer.status === 403 || answer.status === 404) return location.reload();
  if (!answer.ok) throw new Error(String(answer.status));
  return take(await answer.text());
}

// the new picture is there before the lines that are drawn over it
async function take(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const picture = template.content.querySelector(".stage img");
  if (picture) await new Promise((resolve) => { const next = new Image(); next.onload = next.onerror = resolve; next.src = picture.getAttribute("src"); });
  morph(aim, html);
  heard();
}

function heard() {
  aiming.heardAt = Date.now();
  aiming.skewMs = Number(aim.querySelector(".stage").dataset.now) / 1000 - aiming.heardAt;
}

function showSilence() {
  const is = !document.hidden && rest.hidden && Date.now() - aiming.heardAt > SILENT_MS;
  if (is && silent.hidden) {
    const words = silent.querySelector("[data-text]"), local = aiming.heardAt + aiming.skewMs + Number(aim.dataset.offset) * 60000;
    words.textContent = words.dataset.text.replace("{at}", new Date(local).toISOString().slice(11, 19));
  }
  silent.hidden = !is;
  document.body.classList.toggle("is-still", is || !rest.hidden);
}

function wake() {
  aiming.begunAt = aiming.heardAt = Date.now();
  rest.hidden = true;
  showSilence();
}

async function run() {
  for (;;) {
    if (Date.now() - aiming.begunAt > REST_MS) rest.hidden = false;
    if (document.hidden || !rest.hidden) aiming.heardAt = Date.now();
    else await look().catch(() => { /* the box does not answer: the page says so by itself */ });
    showSilence();
    await pause(ASK_MS);
  }
}

rest.querySelector("button").addEventListener("click", wake);
setInterval(showSilence, 1000);
heard();
run();
