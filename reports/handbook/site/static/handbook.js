// Columns kept and linkable, notes of what is shown, arguments, theme, search. All of a page is there without it.
"use strict";
(() => {
  const root = document.documentElement;
  const store = {
    get(key) { try { return localStorage.getItem("triptych." + key); } catch { return null; } },
    set(key, value) { try { localStorage.setItem("triptych." + key, value); } catch {} },
  };
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];

  // columns
  const boxes = all(".bar .chip[data-d] input"), panels = boxes.map((box) => box.value);
  const chosen = () => boxes.filter((box) => box.checked).map((box) => box.value);
  const asked = () => {
    const text = new URLSearchParams(location.search).get("cols") || store.get("cols") || "";
    return text.split(",").filter((each) => panels.includes(each));
  };
  function shown() {
    const now = chosen();
    all(".preset").forEach((each) => each.setAttribute("aria-pressed", each.dataset.cols === now.join(",")));
    all(".note[data-between]").forEach((note) => {
      const groups = note.dataset.between.split("|").map((group) => group.split(","));
      note.classList.toggle("off", !groups.every((group) => group.some((each) => now.includes(each))));
    });
  }
  function anchored(change) { // what is at the top of the window stays there
    const bar = document.querySelector(".bar"), top = bar.getBoundingClientRect().bottom;
    const at = all(".group").find((group) => group.getBoundingClientRect().bottom > top + 40);
    const before = at && at.getBoundingClientRect().top;
    change();
    if (at && scrollY > 0) scrollBy(0, at.getBoundingClientRect().top - before);
  }
  function choose(columns) {
    anchored(() => { boxes.forEach((box) => { box.checked = columns.includes(box.value); }); shown(); });
    store.set("cols", columns.join(","));
    const url = new URL(location); url.searchParams.set("cols", columns.join(","));
    try { history.replaceState(null, "", url.href.replaceAll("%2C", ",")); } catch {}
  }
  if (boxes.length) {
    const first = asked(), wide = innerWidth >= 1472 ? 3 : 2;
    const start = first.length ? first : panels.slice(0, wide);
    boxes.forEach((box) => { box.checked = start.includes(box.value); });
    shown();
    boxes.forEach((box) => box.addEventListener("change", () => {
      if (!chosen().length) box.checked = true;
      choose(chosen());
    }));
    all(".preset").forEach((each) => each.addEventListener("click", () => choose(each.dataset.cols.split(","))));
    const bar = document.querySelector(".bar");
    new ResizeObserver(() => {
      root.style.setProperty("--bar", bar.offsetHeight - 1 + "px");
      root.style.scrollPaddingTop = bar.offsetHeight + 40 + "px";
    }).observe(bar);
    if (location.hash) { const at = document.getElementById(location.hash.slice(1)); if (at) at.scrollIntoView(); }
  }

  // the argument under the pointer, in every column of its step
  document.addEventListener("mouseover", (event) => {
    all(".lit").forEach((each) => each.classList.remove("lit"));
    const arg = event.target.closest(".arg"), group = arg && arg.closest(".group");
    if (group) all('.arg[data-arg="' + arg.dataset.arg + '"]', group).forEach((each) => each.classList.add("lit"));
  });

  // light and dark
  const theme = document.getElementById("theme");
  const dark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const say = () => { theme.textContent = dark() ? "Light" : "Dark"; };
  say();
  theme.addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; store.set("theme", root.dataset.theme); say(); });

  // long tables: a filter above
  all(".prose table.t").filter((table) => table.rows.length > 25).forEach((table) => {
    const box = document.createElement("div"), input = document.createElement("input"), count = document.createElement("small");
    box.className = "filter"; input.type = "search"; input.placeholder = "Filter these rows"; input.setAttribute("aria-label", "Filter these rows");
    box.append(input, count); table.closest(".scroll").before(box);
    input.addEventListener("input", () => {
      const wanted = input.value.toLowerCase().split(/\s+/).filter(Boolean), rows = [...table.tBodies[0].rows];
      rows.forEach((row) => { row.hidden = !wanted.every((word) => row.textContent.toLowerCase().includes(word)); });
      count.textContent = wanted.length ? rows.filter((row) => !row.hidden).length + " of " + rows.length : "";
    });
  });

  // search, by an index that is loaded when it is first wanted
  const input = document.getElementById("search"), found = document.getElementById("found");
  function load(then) {
    if (window.HANDBOOK) { then(); return; }
    const script = document.createElement("script"); script.src = "search-index.js"; script.onload = then; document.head.append(script);
  }
  const numbers = (packed) => { let at = 0; return packed.split(" ").map((each) => at += parseInt(each, 36)); };
  function search() {
    const words = input.value.toLowerCase().match(/[a-z0-9_.]+/g) || [];
    if (!words.length) { found.hidden = true; return; }
    const [places, table] = window.HANDBOOK, keys = Object.keys(table), scores = new Map();
    words.forEach((word, index) => {
      const own = new Map();
      keys.forEach((key) => {
        if (key !== word && !key.startsWith(word)) return;
        numbers(table[key]).forEach((n) => own.set(n, Math.max(own.get(n) || 0, key === word ? 3 : 1)));
      });
      if (index === 0) own.forEach((score, n) => scores.set(n, score));
      else [...scores.keys()].forEach((n) => own.has(n) ? scores.set(n, scores.get(n) + own.get(n)) : scores.delete(n));
    });
    const titled = (n) => words.filter((word) => (places[n][1] + " " + places[n][2]).toLowerCase().includes(word)).length * 4;
    const best = [...scores].map(([n, score]) => [n, score + titled(n)]).sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, 14);
    found.replaceChildren(...best.map(([n]) => {
      const [address, title, section] = places[n], item = document.createElement("li"), link = document.createElement("a"), small = document.createElement("small");
      link.href = address; link.textContent = section || title; small.textContent = section ? title : ""; link.append(small); item.append(link); return item;
    }));
    if (!best.length) { const none = document.createElement("p"); none.textContent = "Nothing has all of these words."; found.append(none); }
    found.hidden = false;
  }
  input.addEventListener("input", () => load(search));
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { found.hidden = true; input.blur(); }
    if (event.key === "Enter") { const first = found.querySelector("a"); if (first) location.href = first.href; }
    if (event.key === "ArrowDown") { const first = found.querySelector("a"); if (first) { first.focus(); event.preventDefault(); } }
  });
  found.addEventListener("keydown", (event) => {
    const links = all("a", found), at = links.indexOf(document.activeElement), to = { ArrowDown: at + 1, ArrowUp: at - 1 }[event.key];
    if (event.key === "Escape") { found.hidden = true; input.focus(); }
    if (to !== undefined) { event.preventDefault(); (links[to] || input).focus(); }
  });
  document.addEventListener("keydown", (event) => { if (event.key === "/" && document.activeElement.type !== "search") { event.preventDefault(); input.focus(); } });
  document.addEventListener("click", (event) => { if (!event.target.closest(".search")) found.hidden = true; });
})();
