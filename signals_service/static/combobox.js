/*
 * Suggestions of addresses while somebody types: an editable combobox with a list, as the ARIA Authoring Practices
 * describe it. Without script the same form works; only the suggestions are missing. It asks the register of addresses
 * alone, never signals or persons, and by POST, so that no address stands in a URL.
 *
 * <input data-combobox="/api/v1/address-resolutions" data-combobox-id="NAME OF THE HIDDEN FIELD" …>
 */
"use strict";

const LEAST = 3; // characters before the first question
const PAUSE = 200; // milliseconds without typing before a question

function start(input) {
  const field = input.form.elements[input.dataset.comboboxId];
  const list = document.createElement("ul");
  const status = document.createElement("p");
  let waiting = 0;
  let asking = null;
  let active = -1;

  list.id = input.id + "-lijst";
  list.className = "combobox-list";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Voorgestelde adressen");
  list.hidden = true;
  status.className = "combobox-status";
  status.setAttribute("role", "status");

  const frame = document.createElement("div");
  frame.className = "combobox";
  input.before(frame);
  frame.append(input, list, status);

  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-expanded", "false");
  input.setAttribute("aria-controls", list.id);
  // The browser's own memory of what was typed on a shared computer would cover our list.
  input.setAttribute("autocomplete", "off");

  function close() {
    window.clearTimeout(waiting);
    if (asking) asking.abort();
    asking = null;
    active = -1;
    list.hidden = true;
    list.replaceChildren();
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function activate(number) {
    const options = list.children;
    if (active >= 0) options[active].setAttribute("aria-selected", "false");
    active = number;
    if (active < 0) {
      input.removeAttribute("aria-activedescendant");
      return;
    }
    options[active].setAttribute("aria-selected", "true");
    options[active].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", options[active].id);
  }

  function choose(option) {
    input.value = option.textContent;
    field.value = option.dataset.id;
    status.textContent = "Gekozen: " + option.textContent;
    close();
    input.focus();
  }

  function show(candidates) {
    close();
    for (const [number, candidate] of candidates.entries()) {
      const option = document.createElement("li");
      option.id = list.id + "-" + number;
      option.dataset.id = candidate.id;
      option.textContent = candidate.text;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      list.append(option);
    }
    list.hidden = candidates.length === 0;
    input.setAttribute("aria-expanded", String(candidates.length > 0));
    if (candidates.length === 0) status.textContent = "Geen adres gevonden. U kunt toch zoeken.";
    else if (candidates.length === 1) status.textContent = "1 adres. Kies met pijl omlaag en Enter.";
    else status.textContent = candidates.length + " adressen. Kies met pijl omlaag en Enter.";
  }

  async function ask() {
    const query = input.value.trim();
    if (query.length < LEAST) return;
    asking = new AbortController();
    const mine = asking;
    try {
      const answer = await fetch(input.dataset.combobox, {
        method: "POST",
        credentials: "same-origin",
        headers: { "Content-Type": "application/json", "X-CSRF-Token": input.form.elements.csrf_token.value },
        body: JSON.stringify({ query: query }),
        signal: mine.signal,
      });
      if (mine !== asking) return;
      // Suggestions are an aid: without them the form still searches, and says then what is wrong.
      if (answer.ok) show((await answer.json()).candidates);
      else status.textContent = "Er zijn nu geen voorstellen. U kunt gewoon zoeken.";
    } catch (error) {
      if (error.name !== "AbortError") status.textContent = "Er zijn nu geen voorstellen. U kunt gewoon zoeken.";
    }
  }

  input.addEventListener("input", () => {
    field.value = "";
    status.textContent = "";
    close();
    waiting = window.setTimeout(ask, PAUSE);
  });

  input.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.isComposing) return;
    const count = list.children.length;
    if (event.key === "Escape" && !list.hidden) close();
    else if (event.key === "ArrowDown" && count) activate((active + 1) % count);
    else if (event.key === "ArrowUp" && count) activate(active <= 0 ? count - 1 : active - 1);
    else if (event.key === "Enter" && active >= 0) choose(list.children[active]);
    else return;
    event.preventDefault();
  });

  list.addEventListener("pointerdown", (event) => event.preventDefault()); // keeps the focus in the field
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) choose(option);
  });
  input.addEventListener("blur", close);
}

for (const input of document.querySelectorAll("input[data-combobox]")) start(input);
