// Orders and keys of the live page. One click is one order: every dialog has a number of its own, sent with it, and the
// box counts a number once. Every order names the passage that was looked at.
"use strict";

const WITHOUT_DIALOG = { stop: "danger" };
const dialog = document.getElementById("order"), form = dialog.querySelector("form");
const words = document.getElementById("words").dataset;
let asking = null, sending = false;

const field = (name) => dialog.querySelector(`[data-words="${name}"]`);
const clickNumber = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

// --- lanes ----------------------------------------------------------------------------------------------------------

function choose(lane) {
  if (!lane) return;
  gate.chosen = lane.dataset.lane;
  lanes().forEach((one) => one.classList.toggle("chosen", one === lane));
  if (!lane.contains(document.activeElement)) lane.focus({ preventScroll: false });
}

const chosenLane = () => lanes().find((lane) => lane.dataset.lane === gate.chosen) || lanes()[0];
const nextWaiting = () => {
  const all = lanes(), start = all.indexOf(chosenLane()) + 1;
  return all.slice(start).concat(all.slice(0, start)).find((lane) => card(lane).dataset.wants === "yes");
};

// --- the dialog -----------------------------------------------------------------------------------------------------

function ask(lane, button) {
  const order = button.dataset.order, reasons = document.getElementById("reasons-" + order);
  if (!reasons) return tell("failed", words.forbidden);
  choose(lane);
  const shown = card(lane), plate = shown.querySelector(".subject .plate");
  asking = { key: clickNumber(), lane: lane.dataset.lane, order, passage: shown.dataset.passage, reason: "", label: button.firstChild.textContent.trim() };
  if (WITHOUT_DIALOG[order]) { asking.reason = WITHOUT_DIALOG[order]; return give({}); }
  form.reset();
  field("order").textContent = asking.label;
  field("give").textContent = asking.label;
  field("lane").textContent = lane.getAttribute("aria-label");
  field("about").textContent = [plate?.getAttribute("aria-label"), shown.querySelector(".owner b")?.textContent, shown.querySelector(".why")?.textContent].filter(Boolean).join(" · ");
  dialog.querySelector(".reasons").replaceChildren(reasons.content.cloneNode(true));
  dialog.querySelector(".approval").hidden = true;
  dialog.querySelector(".plate-field").hidden = order !== "correct_plate";
  form.plate.value = order === "correct_plate" ? plate?.getAttribute("aria-label") || "" : "";
  const photo = shown.querySelector(".picture a img"), look = dialog.querySelector(".look");
  look.hidden = !photo;
  if (photo) look.src = photo.src;
  dialog.querySelector(".near-look").replaceChildren(...[shown.querySelector(".close-up")?.cloneNode(true)].filter(Boolean));
  placeBeside(lane);
  showWrong("");
  field("changed").hidden = true;
  readyToGive();
  dialog.showModal();
  if (order === "correct_plate") { form.plate.focus(); form.plate.select(); } else dialog.querySelector(".reasons button").focus();
  return undefined;
}

// the dialog leaves the lane in view that it is about
function placeBeside(lane) {
  const box = lane.getBoundingClientRect(), middle = (box.left + box.right) / 2;
  dialog.classList.toggle("at-left", lanes().length > 1 && middle > window.innerWidth * 0.42);
  dialog.classList.toggle("at-right", lanes().length > 1 && middle <= window.innerWidth * 0.42);
}

function pick(button) {
  asking.reason = button.dataset.reason;
  dialog.querySelectorAll("[data-reason]").forEach((one) => one.setAttribute("aria-checked", String(one === button)));
  const needed = document.getElementById("reasons-" + asking.order).dataset.approval === "yes";
  dialog.querySelector(".approval").hidden = !needed || asking.reason === words.emergency;
  if (asking.reason === words.otherCode) form.remark.focus(); else if (document.activeElement?.closest(".reasons")) button.focus();
  readyToGive();
}

function readyToGive() {
  const remark = asking.reason !== words.otherCode || form.remark.value.trim() !== "";
  const plate = asking.order !== "correct_plate" || form.plate.value.trim().length >= 4;
  dialog.querySelector(".give").disabled = sending || !asking.reason || !remark || !plate;
}

function showWrong(text) {
  const wrong = dialog.querySelector(".wrong");
  wrong.textContent = text;
  wrong.hidden = !text;
}

function sendDialog() {
  if (!asking || sending || dialog.querySelector(".give").disabled) return;
  const secret = document.getElementById("order-secret").value, name = document.getElementById("order-approver").value;
  const more = { remark: form.remark.value };
  if (asking.order === "correct_plate") more.plate = form.plate.value;
  if (!dialog.querySelector(".approval").hidden) more.approval = { name, secret };
  give(more);
}

// --- sending --------------------------------------------------------------------------------------------------------

async function give(more) {
  const wish = asking, { lane, label, ...order } = wish;
  sending = true;
  readyToGive();
  field("give").textContent = words.sending;
  try {
    const answer = await fetch("/api/v1/lanes/" + encodeURIComponent(lane) + "/orders", {
      method: "POST", headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": document.querySelector("meta[name=csrf]").content },
      body: JSON.stringify({ ...order, ...more }), signal: AbortSignal.timeout(12000),
    });
    const told = await answer.json();
    if (answer.ok) { dialog.close(); tell(told.result === "done" || told.result === "pending" ? told.result : "refused", told.words + " · " + laneName(lane)); }
    else refused(answer, told, wish);
  } catch {
    refused(null, {}, wish);
  } finally {
    sending = false;
    field("give").textContent = label;
    if (asking) readyToGive();
  }
}

function refused(answer, told, wish) {
  const code = String(told.type || "").split(":").pop();
  if (answer?.status === 401) { location.assign("/sign-in"); return; }
  const why = answer ? (words[code] || words.other).replace("{s}", answer.headers.get("Retry-After") || "") : words.unreachable;
  if (code === "approval_needed") dialog.querySelector(".approval").hidden = false;
  if (dialog.open) showWrong(why); else tell("failed", words.failed.replace("{order}", wish.label) + " · " + why);
}

const laneName = (id) => lanes().find((lane) => lane.dataset.lane === id)?.querySelector("h2")?.textContent || id;

function tell(kind, text) {
  const line = document.createElement("div"), close = document.createElement("button");
  line.className = "result result-" + kind;
  line.append(document.createElement("span"), close);
  line.firstChild.textContent = text;
  close.textContent = "×";
  close.addEventListener("click", () => line.remove());
  document.getElementById("results").replaceChildren(line);
  setTimeout(() => line.remove(), kind === "done" ? 5000 : 14000);
}

function chooseNear(lane, button) {
  if (sending) return;
  choose(lane);
  asking = { key: clickNumber(), lane: lane.dataset.lane, order: "correct_plate", passage: card(lane).dataset.passage, reason: "near_miss", label: button.querySelector(".plate").getAttribute("aria-label") };
  button.disabled = true;
  give({ plate: button.dataset.near }).finally(() => { button.disabled = false; });
}

async function seen(alarm) {
  const button = alarm.querySelector("button");
  button.disabled = true;
  try {
    await fetch("/api/v1/alarms/" + encodeURIComponent(alarm.dataset.alarm) + "/seen", {
      method: "POST", headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": document.querySelector("meta[name=csrf]").content },
      body: JSON.stringify({ raised_seq: Number(alarm.dataset.seq), note: alarm.querySelector("input").value }),
    });
  } catch { tell("failed", words.unreachable); } finally { button.disabled = false; }
}

// --- listening ------------------------------------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  const lane = event.target.closest(".lane");
  if (!lane) return;
  const button = event.target.closest("button");
  if (button?.dataset.order) { button.closest("details")?.removeAttribute("open"); ask(lane, button); }
  else if (button?.dataset.near) chooseNear(lane, button);
  else if (!event.target.closest("a, summary")) choose(lane);
});
document.addEventListener("submit", (event) => {
  const alarm = event.target.closest(".alarm");
  if (alarm) { event.preventDefault(); seen(alarm); }
});
document.addEventListener("gate:parts", () => {
  if (!dialog.open || !asking) return;
  const lane = lanes().find((one) => one.dataset.lane === asking.lane);
  field("changed").hidden = !lane || card(lane).dataset.passage === asking.passage;
});
form.addEventListener("submit", (event) => { event.preventDefault(); sendDialog(); });
form.addEventListener("input", readyToGive);
dialog.addEventListener("click", (event) => {
  const reason = event.target.closest("[data-reason]"), char = event.target.closest("[data-char]");
  if (reason) pick(reason);
  else if (char) { form.plate.value = char.dataset.char + form.plate.value.replace(/^[^\x00-\x7f?]|^\?/, ""); form.plate.focus(); readyToGive(); }
  else if (event.target.closest("[data-close]")) dialog.close();
});
dialog.addEventListener("close", () => { asking = null; lanes().find((lane) => lane.dataset.lane === gate.chosen)?.focus(); });
dialog.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.target.matches("[data-close], [data-char]")) {
    event.preventDefault();
    const reason = event.target.closest("[data-reason]");
    if (reason && reason.getAttribute("aria-checked") !== "true") pick(reason); else sendDialog();
    return;
  }
  if (event.target.matches("input") || event.ctrlKey || event.altKey || event.metaKey) return;
  const reason = dialog.querySelectorAll("[data-reason]")[Number(event.key) - 1];
  if (reason) { event.preventDefault(); pick(reason); }
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]") || event.target.matches("input, select, textarea")) return;
  const key = event.key.length === 1 ? event.key.toUpperCase() : event.key, lane = chosenLane();
  const pages = { "?": () => document.getElementById("keys").showModal(), "/": () => location.assign("/passages"), M: switchSound, N: () => choose(nextWaiting()), G: () => { const alarm = document.querySelector(".alarm"); if (alarm) seen(alarm); } };
  const button = Array.from(lane?.querySelectorAll("[data-key]") || []).find((one) => one.dataset.key === key);
  if (/^[1-9]$/.test(key)) choose(lanes()[Number(key) - 1]);
  else if (pages[key]) pages[key]();
  else if (button) { if (button.dataset.near) chooseNear(lane, button); else ask(lane, button); }
  else return;
  event.preventDefault();
});
document.getElementById("help").addEventListener("click", () => document.getElementById("keys").showModal());
choose(nextWaiting() || lanes()[0]);
