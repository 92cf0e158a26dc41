// The charts of a job's page. Colours come from the style sheet, so that light and dark both fit.
"use strict";
(() => {
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const lasted = (seconds) => {
    if (seconds == null) return "–";
    if (seconds < 10) return `${+seconds.toFixed(1)} s`;
    for (const [unit, name, below, minor] of [[86400, "d", 3600, "h"], [3600, "h", 60, "min"], [60, "min", 1, "s"]]) {
      if (seconds < unit) continue;
      const rest = Math.floor(Math.round(seconds) % unit / below);
      return `${Math.floor(Math.round(seconds) / unit)} ${name}${rest ? ` ${rest} ${minor}` : ""}`;
    }
    return `${Math.round(seconds)} s`;
  };
  const day = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ");
  // Instants on an axis: as much of each as its neighbours lie apart, and what changes seldom only where it changes.
  const TIMES = [1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 604800, 1209600, 2592000, 7776000, 31536000, 157680000];
  const instants = (below) => (_, ticks) => {
    const step = ticks.length > 1 ? ticks[1] - ticks[0] : 86400;
    let last = "";
    return ticks.map((at) => {
      const iso = new Date(at * 1000).toISOString(), date = iso.slice(0, 10), time = iso.slice(11, step < 60 ? 19 : 16);
      const first = date !== last, [year, rest] = [date.slice(0, 4), date.slice(5)];
      const whole = below && last.slice(0, 4) === year ? rest : date;
      last = date;
      if (step >= 86400) return whole;
      return !first ? time : below ? `${time}\n${date}` : `${date} ${time}`;
    });
  };
  const clock = instants(true);
  // An axis at the side is as wide as its longest label.
  const ruler = document.createElement("canvas").getContext("2d");
  const fitting = (_, labels) => {
    ruler.font = "12px system-ui";
    return Math.ceil(Math.max(24, ...(labels || []).map((label) => ruler.measureText(label || "").width))) + 18;
  };
  const axis = (more) => ({ stroke: colour("--soft"), grid: { stroke: colour("--hair"), width: 1 }, ticks: { stroke: colour("--hair"), width: 1 }, font: "12px system-ui", ...more });
  const usual = (place) => ({ width: place.clientWidth, height: 200, legend: { show: false }, tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "Etc/UTC"), padding: [10, 34, 0, 0] });
  const COLOURS = { Succeeded: "--bar-good", Failed: "--bar-bad", Cancelled: "--bar-odd", Lost: "--bar-lost" };
  // Seconds on an axis: whole minutes and hours, not hundreds of seconds.
  const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 604800];

  const tip = (place, chart, text) => {
    const box = document.createElement("div");
    box.className = "tip";
    box.hidden = true;
    chart.over.append(box);
    return () => {
      const { left, top, idx } = chart.cursor;
      box.hidden = idx == null || left < 0;
      if (box.hidden) return;
      box.textContent = text(idx);
      box.style.left = `${Math.min(left + 12, chart.over.clientWidth - box.offsetWidth - 4)}px`;
      box.style.top = `${Math.max(top - 34, 0)}px`;
    };
  };
  const dots = (of) => (chart, series) => {
    const { ctx } = chart, size = devicePixelRatio || 1;
    of.at.forEach((at, index) => {
      const x = chart.valToPos(at, "x", true), y = chart.valToPos(of.seconds[index], "y", true);
      ctx.beginPath();
      ctx.fillStyle = colour(COLOURS[of.states[index]] || "--soft");
      ctx.arc(x, y, 3.2 * size, 0, 2 * Math.PI);
      ctx.fill();
      if (!of.slow[index]) return;
      ctx.beginPath();
      ctx.strokeStyle = colour("--odd");
      ctx.lineWidth = 2 * size;
      ctx.arc(x, y, 6.5 * size, 0, 2 * Math.PI);
      ctx.stroke();
    });
    return null;
  };
  const level = (label, value, name, dash, below) => value == null ? [] : [{ label, value, name, dash, below }];
  const durations = (place, of) => {
    const levels = [...level("median", of.median, "--soft", [6, 4], true), ...level("95 %", of.p95, "--odd", [2, 4])];
    let move = () => {};
    const chart = new uPlot({
      ...usual(place),
      padding: [10, levels.length ? 54 : 34, 0, 0],
      scales: { y: { range: (_, low, high) => [0, Math.max(Math.max(high, of.p95 || 0) * 1.15, 1)] } },
      axes: [axis({ space: 84, incrs: TIMES, values: clock }), axis({ size: fitting, incrs: STEPS, values: (_, ticks) => ticks.map(lasted) })],
      series: [{}, { label: "Duration", stroke: colour("--line"), width: 1, points: { show: false } }],
      cursor: { points: { show: false }, drag: { x: false, y: false } },
      hooks: {
        draw: [(self) => {
          const { ctx, bbox } = self;
          ctx.save();
          ctx.font = `${11 * devicePixelRatio}px system-ui`;
          const [high, low] = [levels[1], levels[0]].map((one) => one ? self.valToPos(one.value, "y", true) : 0);
          const apart = levels.length > 1 && low - high < 13 * devicePixelRatio;
          for (const one of levels) {
            const y = self.valToPos(one.value, "y", true);
            ctx.strokeStyle = ctx.fillStyle = colour(one.name);
            ctx.setLineDash(one.dash.map((part) => part * devicePixelRatio));
            ctx.lineWidth = devicePixelRatio;
            ctx.beginPath(); ctx.moveTo(bbox.left, y); ctx.lineTo(bbox.left + bbox.width, y); ctx.stroke();
            // Beside the line, where no run is; one above the other where they lie too close.
            ctx.textAlign = "left";
            ctx.fillText(one.label, bbox.left + bbox.width + 6 * devicePixelRatio, y + (!apart ? 4 : one.below ? 10 : -3) * devicePixelRatio);
          }
          ctx.setLineDash([]);
          dots(of)(self);
          ctx.restore();
        }],
        setCursor: [() => move()],
      },
    }, [of.at, of.seconds], place);
    move = tip(place, chart, (index) => `${day(of.at[index])} · ${lasted(of.seconds[index])} · ${of.states[index]}${of.slow[index] ? ", slow" : ""}`);
    chart.over.addEventListener("click", () => { if (chart.cursor.idx != null) location.assign(place.dataset.runs + of.refs[chart.cursor.idx]); });
    return chart;
  };
  const watermarks = (place, of) => {
    let move = () => {};
    const shown = (value) => of.dates ? day(value) : String(value);
    const chart = new uPlot({
      ...usual(place),
      scales: { y: { time: of.dates, range: (_, low, high) => { const room = (high - low) * 0.08 || (of.dates ? 43200 : 1); return [low - room, high + room]; } } },
      axes: [axis({ space: 84, incrs: TIMES, values: clock }), axis({ size: fitting, ...(of.dates ? { incrs: TIMES, values: instants(false) } : {}) })],
      series: [{}, { label: "Watermark", stroke: colour("--link"), width: 1.6, paths: uPlot.paths.stepped({ align: 1 }), points: { show: true, size: 5, fill: colour("--link") } }],
      cursor: { drag: { x: false, y: false } },
      hooks: { setCursor: [() => move()] },
    }, [of.at, of.to], place);
    move = tip(place, chart, (index) => `${day(of.at[index])}: ${shown(of.to[index])}`);
    return chart;
  };
  // A day a point: what half of its runs took at most, and 95 of 100; a day with slow runs has a ring at its longest.
  const days = (place, of) => {
    const at = of.at.map((date) => Date.parse(`${date}T00:00:00Z`) / 1000);
    let move = () => {};
    const points = (name) => ({ show: true, size: 5, fill: colour(name), stroke: colour(name) });
    // One run of hours would flatten the line of weeks: what lies far above has its ring at the upper edge.
    const top = Math.max(...of.p95) * 1.5 || 1;
    const chart = new uPlot({
      ...usual(place),
      scales: { y: { range: () => [0, top] } },
      axes: [axis({ space: 50, incrs: [1, 2, 7, 14, 28, 56].map((many) => many * 86400), values: (_, ticks) => ticks.map((one) => day(one).slice(5, 10)) }), axis({ size: 86, incrs: STEPS, values: (_, ticks) => ticks.map(lasted) })],
      series: [{},
        { label: "95 %", stroke: colour("--odd"), width: 1.4, dash: [2, 4], spanGaps: true, points: points("--odd") },
        { label: "Median", stroke: colour("--link"), width: 2, spanGaps: true, points: points("--link") }],
      cursor: { drag: { x: false, y: false } },
      hooks: {
        draw: [(self) => {
          const { ctx } = self, size = devicePixelRatio || 1;
          ctx.save();
          ctx.strokeStyle = ctx.fillStyle = colour("--odd");
          ctx.lineWidth = 2 * size;
          ctx.font = `${11 * size}px system-ui`;
          let free = 0;
          at.forEach((one, index) => {
            if (!of.slow[index]) return;
            const x = self.valToPos(one, "x", true), y = self.valToPos(Math.min(of.longest[index], top * 0.92), "y", true);
            const right = x > self.bbox.left + self.bbox.width - 60 * size;
            ctx.beginPath();
            ctx.arc(x, y, 6 * size, 0, 2 * Math.PI);
            ctx.stroke();
            ctx.textAlign = right ? "right" : "left";
            if (x - (right ? 60 : 9) * size < free) return;
            free = x + (right ? 0 : 60) * size;
            ctx.fillText(lasted(of.longest[index]), x + (right ? -9 : 9) * size, y + 4 * size);
          });
          ctx.restore();
        }],
        setCursor: [() => move()],
      },
    }, [at, of.p95, of.median], place);
    move = tip(place, chart, (index) => [
      `${of.at[index]} · ${of.runs[index]} due`,
      ...(of.median[index] == null ? [] : [`median ${lasted(of.median[index])}`, `95 % ${lasted(of.p95[index])}`]),
      ...(of.failed[index] ? [`${of.failed[index]} failed`] : []),
      ...(of.slow[index] ? [`${of.slow[index]} slow, the longest ${lasted(of.longest[index])}`] : [])].join(" · "));
    return chart;
  };
  const KINDS = { durations, watermarks, days };
  const words = {
    days: (of) => `Duration per day of ${of.at.length} days: median ${lasted(of.median.findLast((one) => one != null))} on the last with a success; the table below has each day.`,
  };
  const charts = new Map();
  const draw = () => {
    if (!window.uPlot) return;
    for (const place of document.querySelectorAll("[data-chart]")) {
      const kind = place.dataset.chart;
      if (!KINDS[kind]) continue;
      charts.get(place)?.destroy();
      const of = JSON.parse(place.dataset.of);
      if (!place.hasAttribute("aria-label")) place.setAttribute("aria-label", words[kind](of));
      place.setAttribute("role", "img");
      charts.set(place, KINDS[kind](place, of));
    }
  };
  // What htmx brings later is drawn when it is there, and what it took away is let go.
  document.addEventListener("htmx:afterSettle", () => {
    for (const [place, chart] of charts) if (!place.isConnected) { chart.destroy(); charts.delete(place); }
    if ([...document.querySelectorAll("[data-chart]")].some((place) => !charts.has(place))) draw();
  });
  document.addEventListener("DOMContentLoaded", () => {
    draw();
    new ResizeObserver(() => { for (const [place, chart] of charts) chart.setSize({ width: place.clientWidth, height: 200 }); }).observe(document.querySelector("main"));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  });

  // What was typed before the scripts were there, or what the browser filled in again, is explained like what is typed now.
  addEventListener("load", () => {
    const form = document.querySelector("form.settings[hx-post]");
    if (form && [...form.elements].some((field) => "defaultValue" in field && field.value !== field.defaultValue)) window.htmx?.trigger(form, "change");
  });
  // The form: a field with a fault is marked as such when the check's answer comes.
  document.addEventListener("htmx:afterSettle", () => {
    for (const fault of document.querySelectorAll(".field .fault")) {
      const field = document.getElementById(fault.id.replace("f-", "c-"));
      if (field) fault.textContent.trim() ? field.setAttribute("aria-invalid", "true") : field.removeAttribute("aria-invalid");
    }
  });
})();
