// The log stays at its end while it follows, unless its reader scrolled up.
"use strict";
(() => {
  const NEAR = 40;
  let follow = true;
  const box = () => document.getElementById("log-text");
  const toEnd = () => {
    const log = box();
    if (log && "end" in log.dataset && follow) log.scrollTop = log.scrollHeight;
  };
  document.addEventListener("scroll", (event) => {
    const log = box();
    if (log && event.target === log) follow = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
  }, true);
  document.addEventListener("DOMContentLoaded", toEnd);
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target && event.detail.target.id === "log") follow = true;
    toEnd();
  });
})();
