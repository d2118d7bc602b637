// Search as one types: the results of the form's own address replace those on the page. Without it the button searches.
"use strict";

const PAUSE = 180; // milliseconds without a key before it is asked

document.querySelectorAll("form[data-live]").forEach((form) => {
  const results = document.getElementById(form.dataset.live);
  let waiting;
  let asking = new AbortController();

  function address() {
    const given = new URLSearchParams(new FormData(form));
    [...given.keys()].filter((name) => given.get(name) === "").forEach((name) => given.delete(name));
    const query = given.toString();
    return form.action + (query ? `?${query}` : "");
  }

  async function ask() {
    asking.abort();
    asking = new AbortController();
    const asked = address();
    try {
      const answer = await fetch(asked, { signal: asking.signal, credentials: "same-origin" });
      if (!answer.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      results.replaceChildren(...page.getElementById(results.id).childNodes);
      history.replaceState(null, "", asked);
    } catch (error) {
      if (error.name !== "AbortError") results.removeAttribute("aria-busy"); // no network: what is there stays
    }
  }

  form.addEventListener("input", ({ target }) => {
    if (target.type !== "search") return;
    clearTimeout(waiting);
    waiting = setTimeout(ask, PAUSE);
  });
});
