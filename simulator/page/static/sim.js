// The page's behaviour: shows what the stream says, sends what the person does. Drawing stands in lane.js.
import { LaneDrawing } from "./lane.js";
import { language, say, TEXTS, turnLanguage } from "./texts.js";

const $ = (id) => document.getElementById(id);
const lanes = new Map();
let estate = { boxes: [], fleet: [] };
let state = { lanes: [], faults: [], scene: {} };
let chosen = null;
let faultsFor = "";
let linked = null;

const keyOf = (lane) => `${lane.box}/${lane.lane}`;
const current = () => state.lanes.find((lane) => keyOf(lane) === chosen);
const LANE_FAULTS = ["arm_stuck", "limit_up_off", "limit_up_on", "limit_down_off", "limit_down_on", "arming_stuck", "closing_stuck", "photocell_dirty"];
const FAULTS = {
  cameras: ["camera_black", "camera_freeze", "camera_cut", "camera_slow", "camera_silent", "camera_truncated"],
  lines: ["cable_cut", "bits_flipped", "bytes_lost", "answers_late"],
  boards: ["board_silent"],
  tamper: ["reader_tamper", "reader_silent"],
};

// --- telling the simulator ------------------------------------------------------------------------------------------

async function act(content) {
  try {
    const answer = await fetch("/api/act", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(content) });
    if (answer.ok) return tell(say("done"), true);
    const problem = await answer.json();
    tell(problem.title || (problem.detail && problem.detail[0].msg) || `${answer.status}`, false);
  } catch {
    tell(say("lost"), false);
  }
  return undefined;
}

function tell(words, good) {
  const box = $("said");
  box.textContent = words;
  box.className = good ? "said good" : "said bad";
  box.hidden = false;
  clearTimeout(tell.timer);
  tell.timer = setTimeout(() => { box.hidden = true; }, good ? 1200 : 5000);
}

const at = () => ({ box: current().box, lane: current().lane });
const sideOf = (lane, select) => (lane.direction === "both" && lane.kind === "vehicle" ? $(select).value : lane.kind === "foot" ? "entry" : lane.direction);

function cardFor(kind) {
  const residents = estate.fleet.filter((one) => one.who === "resident" && one.card && one.id !== vehicleId());
  const lost = estate.fleet.filter((one) => one.who === "lost" && one.card);
  const pick = (list) => (list.length ? list[Math.floor(Math.random() * list.length)].card : "none");
  if (kind === "other_card") return pick(residents);
  if (kind === "lost_card") return pick(lost);
  if (kind === "unknown_card") return `26:${200 + Math.floor(Math.random() * 50)}:${1 + Math.floor(Math.random() * 65000)}`;
  return kind;
}

function vehicleId() {
  const text = $("vehicle").value.trim().split(" ")[0];
  const found = estate.fleet.find((one) => one.plate === text || one.id === text);
  return found ? found.id : text;
}

$("vehicle-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const lane = current();
  const side = lane.direction === "both" ? $("side").value : "";
  act({ do: "vehicle", ...at(), vehicle: vehicleId(), manner: $("manner").value, card: cardFor($("card-kind").value), side, dirt: Number($("dirt").value) }).then(suggest);
});
$("walker-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const way = $("way").value;
  act({ do: "walker", ...at(), vehicle: $("walker").value, way, direction: way === "exit_button" ? "exit" : "entry", hold_s: Number($("hold").value) });
});
$("swipe-form").addEventListener("submit", (event) => {
  event.preventDefault();
  act({ do: "swipe", ...at(), card: $("card").value.trim(), side: sideOf(current(), "swipe-side") });
});
$("press").addEventListener("click", () => act({ do: "button", ...at() }));
$("under").addEventListener("click", () => act({ do: "person", ...at() }));
$("fire").addEventListener("click", () => {
  const lane = current();
  act({ do: "fire", box: lane.box, on: !lane.inputs.includes("fire") });
});
for (const button of document.querySelectorAll("[data-light]")) {
  button.addEventListener("click", () => act({ do: "scene", light: button.dataset.light, rain: Number($("rain").value) }));
}
$("rain").addEventListener("change", () => act({ do: "scene", light: state.scene.light, rain: Number($("rain").value) }));
$("language").addEventListener("click", () => { turnLanguage(); translate(); show(); });
$("theme").addEventListener("click", () => {
  const dark = document.documentElement.dataset.theme === "dark" || (!document.documentElement.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "light" : "dark";
  localStorage.setItem("theme", document.documentElement.dataset.theme);
});

// --- showing --------------------------------------------------------------------------------------------------------

function fill(select, keys, group) {
  const kept = select.value;
  select.replaceChildren(...keys.map((key) => Object.assign(document.createElement("option"), { value: key, textContent: say(key, group) })));
  if (keys.includes(kept)) select.value = kept;
}

function translate() {
  document.documentElement.lang = language.now === "zh" ? "zh-Hans" : "en";
  document.title = `${say("title")} · Gatehouse`;
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = say(element.dataset.text);
  for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", say(element.dataset.label));
  $("language").textContent = say("other");
  fill($("manner"), Object.keys(TEXTS.en.manners), "manners");
  fill($("way"), Object.keys(TEXTS.en.ways), "ways");
  fill($("card-kind"), ["own", "none", "other_card", "lost_card", "unknown_card"]);
  for (const shown of lanes.values()) shown.chips = "";
  faultsFor = "";
  showLink(linked);
}

function layOut() {
  const groups = new Map();
  for (const lane of state.lanes) {
    if (!groups.has(lane.box)) {
      const section = document.createElement("section");
      section.className = "box";
      section.append(Object.assign(document.createElement("h2"), { textContent: lane.box }));
      groups.set(lane.box, section);
      $("lanes").append(section);
    }
    const article = document.createElement("article");
    article.className = "lane";
    article.tabIndex = 0;
    article.dataset.key = keyOf(lane);
    const head = document.createElement("header");
    const name = Object.assign(document.createElement("strong"), { textContent: lane.lane });
    const kind = Object.assign(document.createElement("span"), { className: "kind" });
    const where = Object.assign(document.createElement("span"), { className: "where" });
    const chips = Object.assign(document.createElement("span"), { className: "chips" });
    head.append(name, kind, where, chips);
    const drawing = new LaneDrawing(lane);
    article.append(head, drawing.svg);
    article.addEventListener("click", () => choose(keyOf(lane)));
    article.addEventListener("keydown", (event) => { if (event.key === "Enter") choose(keyOf(lane)); });
    groups.get(lane.box).append(article);
    lanes.set(keyOf(lane), { article, drawing, kind, where, chipsElement: chips, chips: "" });
  }
}

function choose(key) {
  chosen = key;
  suggest();
  show();
}

function show() {
  if (!lanes.size && state.lanes.length) {
    layOut();
    chosen = keyOf(state.lanes[0]);
    suggest();
  }
  for (const lane of state.lanes) {
    const shown = lanes.get(keyOf(lane));
    shown.drawing.show(lane);
    shown.article.classList.toggle("chosen", keyOf(lane) === chosen);
    shown.kind.textContent = say(lane.kind === "foot" ? "foot" : lane.direction);
    const where = lane.boom_off ? say("boom_off") : say(lane.position);
    if (shown.where.textContent !== where) shown.where.textContent = where;
    shown.where.classList.toggle("bad", lane.boom_off);
    const chips = lane.inputs.join() + lane.waiting;
    if (shown.chips !== chips) {
      shown.chips = chips;
      shown.chipsElement.replaceChildren(...lane.inputs.map(chip));
      if (lane.waiting) shown.chipsElement.append(Object.assign(document.createElement("span"), { className: "chip wait", textContent: `${lane.waiting} ${say("waiting")}` }));
    }
  }
  showPanel();
}

function chip(name) {
  return Object.assign(document.createElement("span"), { className: `chip ${name}`, textContent: say(name, "inputs") });
}

let hereShown = "";
function showPanel() {
  const lane = current();
  if (!lane) return;
  const panel = $("panel");
  panel.dataset.kind = lane.kind;
  panel.dataset.direction = lane.kind === "foot" ? "" : lane.direction;
  $("chosen").textContent = `${lane.box} · ${lane.lane}`;
  $("press").textContent = say(lane.kind === "foot" ? "press_exit" : "press_open");
  $("fire").setAttribute("aria-pressed", lane.inputs.includes("fire"));
  for (const button of document.querySelectorAll("[data-light]")) button.setAttribute("aria-pressed", button.dataset.light === state.scene.light);
  const key = language.now + lane.vehicles.map((one) => `${one.id}${one.crossed}${one.phase}`).join();
  if (key !== hereShown) {
    hereShown = key;
    showHere(lane);
  }
  showFaults(lane);
}

function showHere(lane) {
  const before = lane.vehicles.filter((one) => !one.crossed);
  $("here").replaceChildren(...before.map((one) => {
    const row = document.createElement("li");
    row.append(Object.assign(document.createElement("span"), { textContent: one.plate || one.id }));
    for (const what of ["back_out", "force"]) {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: say(what) });
      button.addEventListener("click", () => act({ do: "driver", ...at(), vehicle: one.id, act: what }));
      row.append(button);
    }
    return row;
  }));
  if (!before.length) $("here").append(Object.assign(document.createElement("li"), { className: "none", textContent: say("nobody") }));
}

function showFaults(lane) {
  const box = estate.boxes.find((one) => one.id === lane.box);
  if (!box) return;
  const key = `${language.now}${chosen}${JSON.stringify(state.faults)}`;
  if (key === faultsFor) return;
  faultsFor = key;
  const broken = new Set(state.faults.map((each) => each.join("/")));
  const mine = state.faults.filter((each) => each[0] === lane.box);
  $("broken").textContent = mine.length || "";
  const parts = [];
  if (lane.kind === "vehicle") parts.push(group("lane", [lane.lane], LANE_FAULTS, box.id, broken));
  for (const [name, kinds] of Object.entries(FAULTS)) {
    if (box[name].length) parts.push(group(name, box[name], kinds, box.id, broken));
  }
  $("faults").replaceChildren(...parts);
}

function group(name, targets, kinds, box, broken) {
  const part = document.createElement("div");
  part.append(Object.assign(document.createElement("h4"), { textContent: say(name, "groups") }));
  for (const target of targets) {
    const row = document.createElement("div");
    row.className = "fault-row";
    if (name !== "lane") row.append(Object.assign(document.createElement("span"), { className: "target", textContent: target }));
    for (const kind of kinds) {
      const on = broken.has(`${box}/${kind}/${target}`);
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: say(kind, "kinds") });
      button.setAttribute("aria-pressed", on);
      button.addEventListener("click", () => act({ do: "fault", box, kind, target, on: !on }));
      row.append(button);
    }
    part.append(row);
  }
  return part;
}

/* A vehicle that could come next, so that one press is enough. */
function suggest() {
  const lane = current();
  if (!lane) return;
  const busy = new Set(state.lanes.flatMap((one) => one.vehicles.map((vehicle) => vehicle.id)));
  const able = estate.fleet.filter((one) => one.plate && !busy.has(one.id) && one.who === "resident");
  if (able.length) $("vehicle").value = able[Math.floor(Math.random() * able.length)].plate;
}

// --- start ----------------------------------------------------------------------------------------------------------

function showLink(good) {
  linked = good;
  $("link").textContent = good === null ? "" : say(good ? "connected" : "lost");
  $("link").className = good === null ? "link" : `link ${good ? "good" : "bad"}`;
}

async function begin() {
  const theme = localStorage.getItem("theme");
  if (theme) document.documentElement.dataset.theme = theme;
  translate();
  estate = await (await fetch("/api/estate")).json();
  const option = (value, label) => Object.assign(document.createElement("option"), { value, label });
  const word = (who) => TEXTS[language.now][who] || TEXTS[language.now][`${who}_who`] || who;
  $("fleet").append(...estate.fleet.filter((one) => one.plate).map((one) => option(one.plate, `${one.id} · ${word(one.who)}`)));
  $("cards").append(...estate.fleet.filter((one) => one.card).map((one) => option(one.card, `${one.plate || one.id} · ${word(one.who)}`)));
  $("walker").append(...estate.fleet.filter((one) => !one.plate).map((one) => Object.assign(option(one.id, `${one.id} ${one.card}`), { textContent: `${one.id} ${one.card}` })));
  const stream = new EventSource("/api/stream");
  stream.onmessage = (event) => { state = JSON.parse(event.data); show(); };
  stream.onopen = () => showLink(true);
  stream.onerror = () => showLink(false);
}

begin();
