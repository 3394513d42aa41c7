"use strict";
// On a telephone the menu is wider than the screen: the page that is open stands in view.
document.querySelector("nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "end" });
// A picture that cannot be had has no close-up either.
addEventListener("error", (event) => event.target.closest?.(".close-up")?.setAttribute("hidden", ""), true);
