// On a narrow screen the charts move as one, and begin at the hour that matters; a link to the table opens it.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const charts = [...document.querySelectorAll(".gantt")], line = document.querySelector("svg.bars line.now");
  for (const chart of charts) {
    chart.addEventListener("scroll", () => {
      for (const other of charts) if (other !== chart && other.scrollLeft !== chart.scrollLeft) other.scrollLeft = chart.scrollLeft;
    }, { passive: true });
  }
  const last = charts.at(-1);
  if (last && line && last.scrollWidth > last.clientWidth) {
    const share = parseFloat(line.getAttribute("x1")) / 100;
    last.scrollLeft = share * last.scrollWidth - last.clientWidth / 3;
  }
  const open = () => {
    const table = document.getElementById("table-box");
    if (table && location.hash === "#table") table.open = true;
  };
  addEventListener("hashchange", open);
  open();
});
