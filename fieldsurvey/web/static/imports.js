// The progress of an import, asked for once a second; when the work is done the page comes anew.
"use strict";

const box = document.querySelector("[data-progress]");

function show(found) {
  box.querySelector("[data-phase]").textContent = found.phase;
  box.querySelector("[data-text]").textContent = found.text;
  box.querySelector("[data-left]").textContent = found.left;
  const bar = box.querySelector("progress");
  if (found.fraction === null) bar.removeAttribute("value");
  else bar.value = found.fraction;
}

async function ask() {
  try {
    const answer = await fetch(box.dataset.progress, { headers: { Accept: "application/json" } });
    if (answer.redirected || !answer.ok) return location.reload(); // signed out meanwhile
    const found = await answer.json();
    if (!found.busy) return location.reload();
    show(found);
  } catch {
    // The line is down for a moment; the work goes on without us.
  }
  return setTimeout(ask, 1000);
}

if (box) setTimeout(ask, 1000);
