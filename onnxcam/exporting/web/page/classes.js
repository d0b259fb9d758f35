// Classes as buttons: the best few, and those that a search finds. Arrow keys go from one to the next.

import { nameOf, scoreText } from "./scores.js";

const BEST = 5;
const FOUND = 12;

export class Classes {
  #config;
  #onPick;
  #entries = [];
  #chosen = null;
  #best = document.getElementById("best");
  #search = document.getElementById("search");
  #filter = document.getElementById("filter");
  #found = document.getElementById("found");
  #matches = document.getElementById("matches");

  constructor(config, onPick) {
    this.#config = config;
    this.#onPick = onPick;
    this.#filter.addEventListener("input", () => this.#showMatches());
    this.#filter.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === "ArrowDown") {
        event.preventDefault();
        const first = this.#matches.querySelector("button");
        (event.key === "Enter" ? first?.click : first?.focus)?.call(first);
      }
    });
    for (const list of [this.#best, this.#matches]) {
      list.addEventListener("keydown", (event) => moveFocus(list, event));
    }
  }

  // `entries` as scores.js ranks them, and how many of them are told at once.
  show(entries, count = BEST) {
    this.#entries = entries;
    this.#best.replaceChildren(...entries.slice(0, count).map((entry) => this.#item(entry)));
    this.#search.hidden = entries.length <= count;
    this.#filter.value = "";
    this.#showMatches();
  }

  // Marks the class whose overlay is shown.
  choose(index) {
    this.#chosen = index;
    for (const button of document.querySelectorAll("button.class")) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.index) === index));
    }
  }

  #showMatches() {
    const wanted = this.#filter.value.trim().toLowerCase();
    const matches = wanted === "" ? [] : this.#entries.filter((entry) => this.#matchesText(entry, wanted));
    this.#matches.replaceChildren(...matches.slice(0, FOUND).map((entry) => this.#item(entry)));
    const more = matches.length > FOUND ? `, of which ${FOUND} are shown` : "";
    const count = matches.length === 1 ? "1 class" : `${matches.length} classes`;
    this.#found.textContent =
      wanted === "" ? `The model knows ${this.#entries.length} classes. Type a part of a name.` : `${count} found${more}.`;
  }

  #matchesText({ index }, wanted) {
    return nameOf(this.#config, index).toLowerCase().includes(wanted) || String(index) === wanted;
  }

  #item(entry) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "class";
    button.dataset.index = entry.index;
    button.setAttribute("aria-pressed", String(entry.index === this.#chosen));
    button.append(span("name", nameOf(this.#config, entry.index)));
    if (entry.value !== null) {
      button.append(span("score", scoreText(entry)));
    }
    if (entry.share !== null) {
      const bar = span("bar", "");
      bar.style.width = `${100 * entry.share}%`;
      button.append(bar);
    }
    button.addEventListener("click", () => this.#onPick(entry.index));
    const item = document.createElement("li");
    item.append(button);
    return item;
  }
}

function span(className, text) {
  const element = document.createElement("span");
  element.className = className;
  element.textContent = text;
  return element;
}

function moveFocus(list, event) {
  const buttons = [...list.querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
  if (at >= 0 && next !== undefined) {
    event.preventDefault();
    buttons[Math.max(0, Math.min(buttons.length - 1, next))].focus();
  }
}
