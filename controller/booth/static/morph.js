// Puts a new fragment in the place of an old one and leaves alone what did not change, so that neither the focus nor
// a picture nor an open menu is lost. Nothing else may be put here.
"use strict";

function morph(element, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  morphChildren(element, template.content);
}

function morphChildren(old, fresh) {
  const wanted = Array.from(fresh.childNodes);
  wanted.forEach((node, index) => {
    const here = old.childNodes[index];
    if (!here) old.append(node);
    else if (!sameKind(here, node)) here.replaceWith(node);
    else if (node.nodeType !== Node.ELEMENT_NODE) { if (here.data !== node.data) here.data = node.data; }
    else { morphAttributes(here, node); if (!here.matches("[data-since]")) morphChildren(here, node); }
  });
  while (old.childNodes.length > wanted.length) old.lastChild.remove();
}

function sameKind(one, other) {
  if (one.nodeType !== other.nodeType || one.nodeName !== other.nodeName) return false;
  if (one.nodeType !== Node.ELEMENT_NODE) return true;
  // another picture, alarm or order is another thing: it is put in whole, so that nothing typed or shown sticks to it
  return ["data-alarm", "data-seq", "data-camera", "data-near", "data-order"].every((name) => one.getAttribute(name) === other.getAttribute(name));
}

function morphAttributes(old, fresh) {
  const ours = old.matches("img[data-camera]") ? ["src", "hidden"] : old.matches("details") ? ["open"] : old.matches("button") ? ["disabled"] : [];
  for (const { name, value } of Array.from(fresh.attributes)) if (!ours.includes(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
  for (const { name } of Array.from(old.attributes)) if (!ours.includes(name) && !fresh.hasAttribute(name)) old.removeAttribute(name);
}
