"use strict";

/* Galleries: search, groups, order, pages, opacity. */
for (const gallery of document.querySelectorAll(".gallery")) {
  const find = (name) => gallery.querySelector(name);
  const place = find(".cards");
  const cards = [...place.children].map((card, rank) => ({
    card,
    rank,
    text: card.dataset.text.toLowerCase(),
    groups: JSON.parse(card.dataset.groups),
    figures: JSON.parse(card.dataset.figures),
  }));
  const size = Number(gallery.dataset.size);
  let first = 0;
  let chosen = cards;

  const show = () => {
    const page = new Set(chosen.slice(first, first + size).map((one) => one.card));
    for (const { card } of cards) card.hidden = !page.has(card);
    const last = Math.min(first + size, chosen.length);
    find(".count").value = chosen.length ? `${first + 1} to ${last} of ${chosen.length}` : "none";
    find(".back").disabled = first === 0;
    find(".next").disabled = last >= chosen.length;
  };
  const choose = () => {
    const words = find(".search").value.toLowerCase().split(/\s+/);
    const group = find(".only")?.value ?? "";
    const order = find(".order").selectedOptions[0];
    const sign = order.dataset.descending ? -1 : 1;
    const value = (one) => one.figures[order.value] ?? null;
    chosen = cards.filter((one) => words.every((word) => one.text.includes(word)) && (!group || one.groups.includes(group)));
    chosen.sort((a, b) => {
      if (!order.value) return a.rank - b.rank;
      const [x, y] = [value(a), value(b)];
      if (x === null || y === null) return (x === null) - (y === null) || a.rank - b.rank;
      return sign * (x - y) || a.rank - b.rank;
    });
    place.append(...chosen.map((one) => one.card));
    first = 0;
    show();
  };
  const turn = (by) => {
    first += by;
    show();
    gallery.scrollIntoView({ block: "start" });
  };
  find(".search").addEventListener("input", choose);
  find(".only")?.addEventListener("input", choose);
  find(".order").addEventListener("input", choose);
  find(".back").addEventListener("click", () => turn(-size));
  find(".next").addEventListener("click", () => turn(size));

  const lay = (card, percent) => card.style.setProperty("--heat", percent / 100);
  gallery.addEventListener("input", ({ target }) => {
    if (target.matches(".opacity")) lay(target.closest(".card"), target.value);
    if (!target.matches(".opacities")) return;
    for (const { card } of cards) {
      lay(card, target.value);
      const own = card.querySelector(".opacity");
      if (own) own.value = target.value;
    }
  });

  /* A link to a picture brings it onto the page that is shown. */
  const follow = () => {
    const wanted = decodeURIComponent(location.hash.slice(1));
    const at = chosen.findIndex((one) => one.card.id === wanted);
    if (at < 0) return;
    first = at - (at % size);
    show();
    chosen[at].card.scrollIntoView();
  };
  addEventListener("hashchange", follow);
  choose();
  follow();
}

/* Tables: sorted by a column, filtered by a part of a row. */
for (const one of document.querySelectorAll(".sortable")) {
  const body = one.querySelector("tbody");
  const rows = [...body.rows];
  const heads = [...one.querySelectorAll("th")];
  const filter = one.querySelector(".filter");
  const count = one.querySelector(".count");

  heads.forEach((head, column) => {
    const isNumber = head.classList.contains("number");
    const value = (row) => {
      const cell = row.cells[column];
      if (!isNumber) return cell.textContent;
      return cell.dataset.value === "" ? null : Number(cell.dataset.value);
    };
    head.querySelector("button").addEventListener("click", () => {
      const before = head.getAttribute("aria-sort");
      const isDescending = before ? before === "ascending" : isNumber;
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", isDescending ? "descending" : "ascending");
      const sign = isDescending ? -1 : 1;
      body.append(
        ...rows.toSorted((a, b) => {
          const [x, y] = [value(a), value(b)];
          if (x === null || y === null) return (x === null) - (y === null);
          return sign * (isNumber ? x - y : x.localeCompare(y, undefined, { numeric: true }));
        }),
      );
    });
  });
  filter?.addEventListener("input", () => {
    const wanted = filter.value.toLowerCase();
    let shown = 0;
    for (const row of rows) {
      row.hidden = !row.textContent.toLowerCase().includes(wanted);
      shown += !row.hidden;
    }
    count.value = wanted ? `${shown} of ${rows.length} rows` : "";
  });
}

/* Light or dark: as the system says, or the other. */
document.getElementById("theme").addEventListener("click", () => {
  const root = document.documentElement.classList;
  const isDark = root.contains("dark") || (!root.contains("light") && matchMedia("(prefers-color-scheme: dark)").matches);
  root.toggle("dark", !isDark);
  root.toggle("light", isDark);
});
