// Comfort for pages that work without it: keys, batch selection, numbers revealed in place, no double submits.
"use strict";

const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const one = (selector, root = document) => root.querySelector(selector);
const filled = (text, count) => text.replace("{count}", count);

document.documentElement.classList.add("js");

// --- Forms ------------------------------------------------------------------------------------------------------------

/** A form goes once; the buttons wake up again when the page comes back from the browser's memory. */
function submitOnce() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method === "dialog") return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    all("button", form).forEach((button) => button.setAttribute("aria-disabled", "true"));
  });
  window.addEventListener("pageshow", () => {
    all("form[data-sent]").forEach((form) => {
      delete form.dataset.sent;
      all("button", form).forEach((button) => button.removeAttribute("aria-disabled"));
    });
  });
}

/** Choosing in a search form searches. */
function searchOnChoice() {
  all("form[data-autosubmit]").forEach((form) => {
    form.addEventListener("change", ({ target }) => {
      if (target.id === "more") return;
      const resets = target.dataset.resets && form.elements[target.dataset.resets];
      if (resets) resets.value = "";
      if (target.type !== "search") form.requestSubmit();
    });
    form.addEventListener("submit", () => {
      // An address without empty parts is easier to read and to share.
      all("select, input[type=search]", form).forEach((field) => { field.disabled = field.value === ""; });
    });
    window.addEventListener("pageshow", () => all(":disabled", form).forEach((field) => { field.disabled = false; }));
  });
}

function showPasswords() {
  all("input[data-reveal]").forEach((input) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "show-password";
    button.setAttribute("aria-pressed", "false");
    button.setAttribute("aria-label", input.dataset.reveal);
    button.title = input.dataset.reveal;
    button.append(icon("eye"));
    const box = document.createElement("div");
    box.className = "with-reveal";
    input.replaceWith(box);
    box.append(input, button);
    button.addEventListener("click", () => {
      const shown = input.type === "text";
      input.type = shown ? "password" : "text";
      button.setAttribute("aria-pressed", String(!shown));
    });
  });
}

/** An icon of the sprite that the page already uses. */
function icon(name) {
  const used = one("svg.icon").cloneNode(true);
  const use = one("use", used);
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${name}`));
  return used;
}

// --- Menus and sheets ---------------------------------------------------------------------------------------------------

function closeOnEscapeOrElsewhere() {
  const open = () => all("details[data-menu][open], details[data-sheet][open]");
  document.addEventListener("click", ({ target }) => {
    open().filter((menu) => !menu.contains(target)).forEach((menu) => { menu.open = false; });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    open().forEach((menu) => {
      menu.open = false;
      one("summary", menu).focus();
    });
  });
  all("details[data-sheet]").forEach((sheet) => sheet.addEventListener("toggle", () => {
    if (!sheet.open) return;
    open().filter((other) => other !== sheet).forEach((other) => { other.open = false; });
    // On a phone the keyboard would cover the reasons that can be ticked.
    if (matchMedia("(hover: hover)").matches) one("textarea", sheet)?.focus({ preventScroll: true });
  }));
}

/** Following a link to an answer opens what hides it. */
function openTarget() {
  const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  let hider = target.closest("details:not([open])");
  while (hider) {
    hider.open = true;
    hider = hider.parentElement.closest("details:not([open])");
  }
  target.scrollIntoView({ block: "center" });
}

/** On paper nothing stays folded. */
function unfoldForPaper() {
  let folded = [];
  window.addEventListener("beforeprint", () => {
    folded = all("main details:not([open], .note)");
    folded.forEach((details) => { details.open = true; });
  });
  window.addEventListener("afterprint", () => folded.forEach((details) => { details.open = false; }));
}

// --- Queue --------------------------------------------------------------------------------------------------------------

function batch() {
  const form = one("form[data-batch]");
  const bar = form && one("[data-bar]", form);
  if (!bar) return;
  const boxes = all("input[name=case]", form);
  const everything = one("[data-all]", form);
  const count = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    bar.hidden = ticked === 0;
    document.body.classList.toggle("with-bar", ticked > 0);
    one("[data-count]", bar).textContent = filled(bar.dataset.countText, ticked);
    everything.firstElementChild.checked = ticked === boxes.length;
    everything.firstElementChild.indeterminate = ticked > 0 && ticked < boxes.length;
  };
  let last = null;
  form.addEventListener("click", ({ target, shiftKey }) => {
    if (target.name !== "case") return;
    if (shiftKey && last) between(boxes, last, target).forEach((box) => { box.checked = target.checked; });
    last = target;
    count();
  });
  everything.hidden = false;
  everything.addEventListener("change", ({ target }) => {
    boxes.forEach((box) => { box.checked = target.checked; });
    count();
  });
  form.addEventListener("change", count);
  window.addEventListener("pageshow", count);
  count();
}

function between(list, first, last) {
  const [from, to] = [list.indexOf(first), list.indexOf(last)].sort((a, b) => a - b);
  return list.slice(from, to + 1);
}

// --- Household ------------------------------------------------------------------------------------------------------------

/** Identity numbers come into the page without losing what was typed. */
function revealInPlace() {
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.dataset.revealInto) return;
    event.preventDefault();
    try {
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form), credentials: "same-origin" });
      if (!answer.ok) throw new Error(answer.status);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      all(".identity", page).forEach((shown) => {
        const row = document.getElementById(shown.closest("[id]").id);
        const hidden = row && one(".identity", row);
        if (!hidden) return;
        hidden.textContent = shown.textContent;
        row.closest("details").open = true;
      });
      form.remove();
    } catch {
      delete form.dataset.revealInto;
      form.submit();
    }
  }, { capture: true });
}

/** Says how many notes go with a return, and asks before an approval leaves them behind. */
function notes() {
  const bar = one("[data-decide]");
  if (!bar) return;
  const fields = all("textarea[name^='note:']");
  const written = () => fields.filter((field) => field.value.trim()).length;
  const said = one("#return [data-notes-text]");
  const count = () => {
    if (!said) return;
    said.hidden = written() === 0;
    said.textContent = filled(said.dataset.notesText, written());
  };
  fields.forEach((field) => {
    field.addEventListener("input", count);
    field.closest("details").addEventListener("toggle", ({ target }) => target.open && field.focus());
  });
  one("#approve")?.addEventListener("submit", (event) => {
    if (written() && !window.confirm(filled(bar.dataset.confirmNotes, written()))) event.preventDefault();
  });
  count();
}

// --- Keys -------------------------------------------------------------------------------------------------------------------

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  x: () => one("input[name=case]", currentRow() ?? document.createElement("i"))?.click(),
  "/": () => one("input[type=search]")?.focus(),
  n: () => one("a[rel=next]")?.click(),
  u: () => one("[data-key=u]")?.click(),
  a: () => one("[data-key=a]")?.click(),
  r: () => one("[data-key=r] summary")?.click(),
  "?": () => one("[data-keys]")?.showModal(),
};

function keys() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.closest("input:not([type=checkbox]), textarea, select, dialog[open]")) return;
    const act = KEYS[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

function currentRow() {
  return document.activeElement?.closest("[data-row]");
}

function step(by) {
  const rows = all("[data-row]");
  const at = rows.indexOf(currentRow());
  const next = rows[at < 0 ? 0 : Math.min(Math.max(at + by, 0), rows.length - 1)];
  one("a", next ?? document.createElement("i"))?.focus();
}

notes();
revealInPlace();
submitOnce();
searchOnChoice();
showPasswords();
closeOnEscapeOrElsewhere();
unfoldForPaper();
batch();
keys();
one(".menu [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
openTarget();
window.addEventListener("hashchange", openTarget);
