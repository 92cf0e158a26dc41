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
  // Two days and less: the time of day, with the date where it changes; more: the date.
  const clock = (_, ticks) => {
    let last = "";
    return ticks.map((at) => {
      const [date, time] = day(at).split(" "), short = date.slice(5);
      if (ticks.at(-1) - ticks[0] > 172800) return time === "00:00" || ticks.length < 3 || ticks[1] - ticks[0] >= 86400 ? short : "";
      const text = date === last ? time : `${time}\n${short}`;
      last = date;
      return text;
    });
  };
  const axis = (more) => ({ stroke: colour("--soft"), grid: { stroke: colour("--hair"), width: 1 }, ticks: { stroke: colour("--hair"), width: 1 }, font: "12px system-ui", ...more });
  const usual = (place) => ({ width: place.clientWidth, height: 200, legend: { show: false }, tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "Etc/UTC"), padding: [10, 8, 0, 0] });
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
      scales: { y: { range: (_, low, high) => [0, Math.max(high, of.p95 || 0) * 1.15 || 1] } },
      axes: [axis({ space: 70, values: clock }), axis({ size: 74, incrs: STEPS, values: (_, ticks) => ticks.map(lasted) })],
      series: [{}, { label: "Duration", stroke: colour("--line"), width: 1, points: { show: false } }],
      cursor: { points: { show: false }, drag: { x: false, y: false } },
      hooks: {
        draw: [(self) => {
          const { ctx, bbox } = self;
          ctx.save();
          ctx.font = `${11 * devicePixelRatio}px system-ui`;
          for (const one of levels) {
            const y = self.valToPos(one.value, "y", true);
            ctx.strokeStyle = ctx.fillStyle = colour(one.name);
            ctx.setLineDash(one.dash.map((part) => part * devicePixelRatio));
            ctx.lineWidth = devicePixelRatio;
            ctx.beginPath(); ctx.moveTo(bbox.left, y); ctx.lineTo(bbox.left + bbox.width, y); ctx.stroke();
            ctx.textAlign = "right";
            ctx.fillText(one.label, bbox.left + bbox.width - 6 * devicePixelRatio, y + (one.below ? 13 : -5) * devicePixelRatio);
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
      axes: [axis({ space: 70, values: clock }), axis({ size: 92, ...(of.dates ? { values: (_, ticks) => ticks.map((at) => new Date(at * 1000).toISOString().slice(0, ticks.length > 1 && ticks[1] - ticks[0] < 86400 ? 16 : 10).replace("T", " ")) } : {}) })],
      series: [{}, { label: "Watermark", stroke: colour("--link"), width: 1.6, paths: uPlot.paths.stepped({ align: 1 }), points: { show: true, size: 5, fill: colour("--link") } }],
      cursor: { drag: { x: false, y: false } },
      hooks: { setCursor: [() => move()] },
    }, [of.at, of.to], place);
    move = tip(place, chart, (index) => `${day(of.at[index])}: ${shown(of.to[index])}`);
    return chart;
  };
  const KINDS = { durations, watermarks };
  const words = {
    durations: (of) => `Durations of ${of.at.length} runs: median ${lasted(of.median)}, 95 % within ${lasted(of.p95)}.`,
    watermarks: (of) => `The watermark after ${of.at.length} runs, last ${of.dates ? day(of.to.at(-1)) : of.to.at(-1)}.`,
  };
  const charts = new Map();
  const draw = () => {
    if (!window.uPlot) return;
    for (const place of document.querySelectorAll("[data-chart]")) {
      const kind = place.dataset.chart;
      if (!KINDS[kind]) continue;
      charts.get(place)?.destroy();
      const of = JSON.parse(place.dataset.of);
      place.setAttribute("role", "img");
      place.setAttribute("aria-label", words[kind](of));
      charts.set(place, KINDS[kind](place, of));
    }
  };
  document.addEventListener("DOMContentLoaded", () => {
    draw();
    new ResizeObserver(() => { for (const [place, chart] of charts) chart.setSize({ width: place.clientWidth, height: 200 }); }).observe(document.querySelector("main"));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  });

  // The form: a field with a fault is marked as such when the check's answer comes.
  document.addEventListener("htmx:afterSettle", () => {
    for (const fault of document.querySelectorAll(".field .fault")) {
      const field = document.getElementById(fault.id.replace("f-", "c-"));
      if (field) fault.textContent.trim() ? field.setAttribute("aria-invalid", "true") : field.removeAttribute("aria-invalid");
    }
  });
})();
