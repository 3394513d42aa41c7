// Draws one lane from above, in metres; knows nothing of the server.
import { say } from "./texts.js";

const NS = "http://www.w3.org/2000/svg";
const PAINTS = { white: "#f4f5f5", silver: "#b9bdc1", grey: "#7b8086", black: "#2c3036", red: "#b8352f", blue: "#2f5f9e", brown: "#7a5a3c", green: "#3f7254", yellow: "#e0b021" };
const ZONES = {
  single: { arming: [-5, -2.5], closing: [-0.5, 1.5], leaving: [4, 6], photocell: 0.2, stops: [-1.8] },
  both: { arming: [-5, -2.5], closing: [-1, 1], leaving: [2.5, 5], photocell: 0, stops: [-1.8, 1.8] },
};
const HALF = 1.5;

function make(name, attributes, parent) {
  const element = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (parent) parent.append(element);
  return element;
}

export class LaneDrawing {
  constructor(lane) {
    this.lane = lane;
    this.sign = lane.direction === "exit" ? -1 : 1;
    this.svg = make("svg", { viewBox: "-17 -2.35 32 4.4", class: "drawing", role: "img" });
    this.loops = {};
    this.vehicles = new Map();
    if (lane.kind === "foot") this.drawDoor();
    else this.drawLane();
    this.title = make("title", {}, this.svg);
  }

  drawLane() {
    const zones = this.lane.direction === "both" ? ZONES.both : ZONES.single;
    make("rect", { x: -60, y: -HALF - 0.15, width: 120, height: 2 * HALF + 0.3, class: "road" }, this.svg);
    for (const y of [-HALF, HALF]) make("line", { x1: -60, x2: 60, y1: y, y2: y, class: "edge" }, this.svg);
    for (const x of [-13, 10]) this.arrow(x);
    for (const name of ["arming", "closing", "leaving"]) this.loop(name, zones[name]);
    for (const x of zones.stops) make("line", { x1: this.sign * x, x2: this.sign * x, y1: -HALF, y2: HALF, class: "stop" }, this.svg);
    this.beam = make("line", { x1: this.sign * zones.photocell, x2: this.sign * zones.photocell, y1: -HALF - 0.2, y2: HALF + 0.2, class: "beam" }, this.svg);
    this.body = make("g", {}, this.svg);
    this.walker = make("circle", { cx: this.sign * 0.25, cy: 0.3, r: 0.38, class: "walker hidden" }, this.svg);
    make("rect", { x: -0.35, y: -HALF - 0.75, width: 0.7, height: 0.7, rx: 0.12, class: "post" }, this.svg);
    this.arm = make("g", { class: "arm" }, this.svg);
    make("rect", { x: -0.11, y: 0, width: 0.22, height: 3.1, rx: 0.1, class: "boom" }, this.arm);
    for (let n = 0; n < 5; n += 1) make("rect", { x: -0.11, y: 0.3 + n * 0.6, width: 0.22, height: 0.3, class: "stripe" }, this.arm);
  }

  drawDoor() {
    make("rect", { x: -60, y: -HALF - 0.15, width: 120, height: 2 * HALF + 0.3, class: "path" }, this.svg);
    make("rect", { x: -0.2, y: -HALF - 0.6, width: 0.4, height: 1.4, class: "wall" }, this.svg);
    make("rect", { x: -0.2, y: 0.8, width: 0.4, height: 1.2, class: "wall" }, this.svg);
    this.leaf = make("rect", { x: -0.09, y: -0.7, width: 0.18, height: 1.5, rx: 0.08, class: "leaf" }, this.svg);
    this.walker = make("circle", { cx: -1.6, cy: 0, r: 0.42, class: "walker hidden" }, this.svg);
    this.walkerName = make("text", { x: -2.4, y: 0.18, class: "who" }, this.svg);
  }

  arrow(x) {
    const back = this.lane.direction === "both" ? "M-.9 0H.9M.5-.4.9 0 .5.4M-.5-.4-.9 0-.5.4" : "M-.9 0H.9M.5-.4.9 0 .5.4";
    make("path", { d: back, class: "arrow", transform: `translate(${x} 0) scale(${this.sign} 1)` }, this.svg);
  }

  loop(name, [from, to]) {
    const x = this.sign > 0 ? from : -to;
    this.loops[name] = make("rect", { x, y: -HALF + 0.3, width: to - from, height: 2 * HALF - 0.6, rx: 0.3, class: "loop" }, this.svg);
  }

  show(lane) {
    const lit = new Set(lane.inputs);
    if (lane.kind === "foot") this.showDoor(lane);
    else this.showLane(lane, lit);
    this.title.textContent = `${lane.box} ${lane.lane}: ${lane.boom_off ? say("boom_off") : say(lane.position)}`;
  }

  showDoor(lane) {
    this.leaf.style.transform = `rotate(${lane.arm * -78}deg)`;
    this.walker.classList.toggle("hidden", !lane.person);
    this.walker.style.transform = lane.arm > 0 ? "translate(2.4px, 0.4px)" : "none";
    this.walkerName.textContent = lane.arm > 0 ? "" : lane.person;
    this.leaf.classList.toggle("free", lane.inputs.includes("lock_released"));
  }

  showLane(lane, lit) {
    for (const [name, loop] of Object.entries(this.loops)) loop.classList.toggle("on", lit.has(name));
    this.beam.classList.toggle("on", lit.has("photocell"));
    this.walker.classList.toggle("hidden", !lane.person);
    const length = Math.max(0.12, Math.cos((lane.arm * Math.PI) / 2));
    this.arm.style.transform = lane.boom_off ? `translate(0, -1.75px) rotate(-62deg)` : `translate(0, -1.75px) scale(1, ${length})`;
    this.arm.classList.toggle("high", lane.arm > 0.9);
    this.showVehicles(lane.vehicles);
  }

  showVehicles(seen) {
    const here = new Set();
    for (const one of seen) {
      here.add(one.id);
      let group = this.vehicles.get(one.id);
      if (!group) {
        group = this.vehicle(one);
        this.vehicles.set(one.id, group);
      }
      const sign = this.lane.direction === "both" && one.side === "exit" ? -1 : this.sign;
      group.style.transform = `translate(${sign * one.front}px, 0)`;
      group.classList.toggle("backing", one.phase === "backing");
    }
    for (const [id, group] of this.vehicles) {
      if (!here.has(id)) {
        group.remove();
        this.vehicles.delete(id);
      }
    }
  }

  vehicle(one) {
    const sign = this.lane.direction === "both" && one.side === "exit" ? -1 : this.sign;
    const group = make("g", { class: "vehicle" }, this.body);
    const x = sign > 0 ? -one.length : 0;
    const paint = PAINTS[one.paint] || PAINTS.silver;
    make("rect", { x, y: -0.95, width: one.length, height: 1.9, rx: 0.5, fill: paint, class: "hull" }, group);
    const glass = sign > 0 ? -1.05 : 0.55;
    make("rect", { x: glass, y: -0.75, width: 0.5, height: 1.5, rx: 0.2, class: "glass" }, group);
    if (one.plate) {
      const width = one.plate.length * 0.36 + 0.45;
      const middle = -sign * (1.2 + (one.length - 1.2) / 2);
      make("rect", { x: middle - width / 2, y: -0.42, width, height: 0.84, rx: 0.12, class: `plate ${one.plate_color}` }, group);
      make("text", { x: middle, y: 0.22, class: `number ${one.plate_color}` }, group).textContent = one.plate;
    }
    return group;
  }
}
