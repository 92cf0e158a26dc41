// What the pages do by script; all of them can be read and acted on without it.
"use strict";
(() => {
  // Instants: the title tells the reader's own time, and ages stay fresh.
  const UNITS = [[172800, 86400, "d"], [3600, 3600, "h"], [60, 60, "min"]];
  const rough = (seconds) => {
    for (const [from, unit, name] of UNITS) if (seconds >= from) return `${Math.floor(seconds / unit)} ${name}`;
    return seconds >= 5 ? `${Math.floor(seconds)} s` : "now";
  };
  const apart = (then) => {
    const away = (then - Date.now() - behind) / 1000, size = rough(Math.abs(away));
    return size === "now" ? size : away > 0 ? `in ${size}` : `${size} ago`;
  };
  // What the clock of this machine is behind the server's: a laptop's may be minutes off.
  const behind = (Date.parse(document.documentElement.dataset.now) || Date.now()) - Date.now();
  document.documentElement.classList.add("js");
  const moment = (time) => Date.parse(time.dateTime || time.textContent);
  const own = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });
  // A list writes an instant of its own day as the time alone, to be short: here it becomes a whole one.
  const dressDues = (root) => {
    for (const cell of root.querySelectorAll(".ages td:nth-child(5):not(:empty)")) {
      if (cell.firstElementChild) continue;
      const time = document.createElement("time"), said = cell.textContent.trim();
      time.className = "age";
      time.dateTime = said.includes("T") ? said : `${cell.closest("[data-day]").dataset.day}T${said}Z`;
      cell.replaceChildren(time);
    }
  };
  const dressTimes = (root) => {
    dressDues(root);
    for (const time of root.querySelectorAll("time:not([data-dressed])")) {
      const then = moment(time);
      if (Number.isNaN(then)) continue;
      if (!time.dateTime) time.dateTime = time.textContent;
      time.title = `${time.dateTime}\n${own.format(then)}`;
      time.dataset.dressed = "";
    }
    freshen(root);
  };
  const freshen = (root) => {
    for (const time of root.querySelectorAll("time.age")) {
      const then = moment(time);
      if (!Number.isNaN(then)) time.textContent = apart(then);
    }
  };

  // Runs as bars: one character a run. Its kind says the outcome, its place in the kind the height.
  const KINDS = [["g", "abcdefghijklmnop"], ["f", "ABCDEFGHIJKLMNOP"], ["c", "01234"], ["l", "56789"]];
  const STEP = 5, WIDTH = 4, HIGH = 24, MOST = 30, SVG = "http://www.w3.org/2000/svg";
  const read = (code) => [...code].map((letter) => {
    for (const [kind, letters] of KINDS) {
      const at = letters.indexOf(letter);
      if (at >= 0) return [kind, (at + 1) / letters.length];
    }
    return ["", 0];
  });
  const picture = (paths) => {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", `0 0 ${STEP * MOST} ${HIGH}`);
    svg.setAttribute("aria-hidden", "true");
    for (const [kind, d] of paths) {
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("class", kind);
      path.setAttribute("d", d);
      svg.append(path);
    }
    return svg;
  };
  const bars = (runs) => {
    const paths = new Map();
    runs.forEach(([kind, share], index) => {
      const high = Math.max(2, share * HIGH), x = (MOST - runs.length + index) * STEP;
      paths.set(kind, `${paths.get(kind) || ""}M${x} ${HIGH}v-${high}h${WIDTH}v${high}z`);
    });
    return picture(paths);
  };
  const line = (runs) => {
    const good = runs.filter(([kind]) => kind === "g");
    const points = good.map(([, share], index) =>
      `${((MOST - good.length + index) * STEP) + WIDTH / 2} ${(HIGH - 2 - share * (HIGH - 4)).toFixed(1)}`);
    return picture([["s", good.length > 4 ? `M${points.join("L")}` : ""]]);
  };
  const drawBars = (root) => {
    for (const place of root.querySelectorAll("[data-b]:not([data-drawn])")) {
      const runs = read(place.dataset.b), words = document.createElement("span");
      place.dataset.drawn = "";
      words.className = place.tagName === "TD" ? "sr" : "soft";
      // A list leaves the word to its head; alone it needs it.
      words.textContent = place.textContent.trim() + (place.closest(".jobs") ? " succeeded" : "");
      place.title = words.textContent;
      place.replaceChildren(bars(runs), words);
      const spark = place.nextElementSibling;
      if (spark && place.tagName === "TD") spark.prepend(line(runs));
    }
  };

  // Trouble: an answer that did not come is said in words, and goes away with the next that does.
  const trouble = (sentence) => {
    const place = document.getElementById("trouble");
    if (!place) return;
    place.textContent = sentence;
    place.hidden = !sentence;
  };
  const dress = (root) => { dressTimes(root); drawBars(root); document.dispatchEvent(new CustomEvent("crontable:dress", { detail: root })); };

  document.addEventListener("DOMContentLoaded", () => {
    dress(document);
    setInterval(() => { if (!document.hidden) freshen(document); }, 10000);
    document.addEventListener("htmx:afterSwap", (event) => dress(event.detail.target.isConnected ? event.detail.target.parentElement || document : document));
    // A list that renews itself waits while somebody is in it: a focus or a selection would be lost.
    document.addEventListener("htmx:beforeSwap", (event) => {
      const { target, requestConfig } = event.detail, chosen = getSelection();
      if (!target.hasAttribute("data-calm") || requestConfig.elt !== target) return;
      const held = (calm) => calm.contains(document.activeElement) || (!chosen.isCollapsed && calm.contains(chosen.anchorNode));
      if ([...document.querySelectorAll("[data-calm]")].some(held)) event.detail.shouldSwap = false;
    });
    document.addEventListener("htmx:sendError", () => trouble("The server does not answer. What you see may be old; this page tries again by itself."));
    document.addEventListener("htmx:responseError", (event) => trouble(`The server answered ${event.detail.xhr.status}. What you see may be old.`));
    document.addEventListener("htmx:afterOnLoad", () => trouble(""));
    document.addEventListener("submit", (event) => {
      const button = event.submitter;
      if (button && event.target.method === "post" && !event.target.hasAttribute("hx-post")) setTimeout(() => { button.disabled = true; }, 0);
    });
    addEventListener("pageshow", () => document.querySelectorAll("form button[disabled]:not([data-off])").forEach((b) => { b.disabled = false; }));
  });
})();
