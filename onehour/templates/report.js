"use strict";
const SCALES = {{ scales | list }};
for (const figure of document.querySelectorAll("figure.map")) {
  const svg = figure.querySelector("svg");
  const whole = svg.viewBox.baseVal, home = { x: 0, y: 0, w: whole.width, h: whole.height };
  let view = { ...home };
  const show = () => {
    svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.w} ${view.h}`);
    const box = svg.getBoundingClientRect();
    const perPixel = Math.max(view.w / box.width, view.h / box.height) || 1;
    svg.style.setProperty("--u", perPixel);
    SCALES.forEach((scale, at) => svg.classList.toggle(`s${at}`, home.w / perPixel / 1000 >= 0.99 * scale));
  };
  const point = (event) => new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  const zoom = (factor, at) => {
    const w = Math.min(home.w, Math.max(home.w / 40, view.w / factor)), by = w / view.w;
    at = at || { x: view.x + view.w / 2, y: view.y + view.h / 2 };
    move(at.x - (at.x - view.x) * by, at.y - (at.y - view.y) * by, w, home.h * w / home.w);
  };
  const move = (x, y, w, h) => {
    view = { x: Math.min(Math.max(x, 0), home.w - w), y: Math.min(Math.max(y, 0), home.h - h), w, h };
    show();
  };
  const down = new Map();
  svg.addEventListener("pointerdown", (event) => { down.set(event.pointerId, event); svg.setPointerCapture(event.pointerId); });
  for (const name of ["pointerup", "pointercancel"]) svg.addEventListener(name, (event) => down.delete(event.pointerId));
  svg.addEventListener("pointermove", (event) => {
    const before = down.get(event.pointerId);
    if (!before) return;
    const other = [...down.values()].find((one) => one.pointerId !== event.pointerId);
    const from = point(before), to = point(event);
    down.set(event.pointerId, event);
    if (other) {
      const fixed = point(other), length = (one) => Math.hypot(one.x - fixed.x, one.y - fixed.y) || 1;
      zoom(length(to) / length(from), fixed);
    } else move(view.x + from.x - to.x, view.y + from.y - to.y, view.w, view.h);
  });
  svg.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoom(Math.exp(-event.deltaY / 300), point(event));
  }, { passive: false });
  const reset = () => { view = { ...home }; show(); };
  svg.addEventListener("dblclick", reset);
  const step = (x, y) => move(view.x + x * view.w / 8, view.y + y * view.h / 8, view.w, view.h);
  const keys = { "+": () => zoom(1.5), "=": () => zoom(1.5), "-": () => zoom(1 / 1.5), 0: reset,
    ArrowLeft: () => step(-1, 0), ArrowRight: () => step(1, 0), ArrowUp: () => step(0, -1), ArrowDown: () => step(0, 1) };
  svg.addEventListener("keydown", (event) => { if (keys[event.key]) { event.preventDefault(); keys[event.key](); } });
  const acts = { in: () => zoom(1.6), out: () => zoom(1 / 1.6), reset };
  for (const button of figure.querySelectorAll("button")) button.addEventListener("click", acts[button.dataset.do]);
  new ResizeObserver(show).observe(svg);
  show();
}
const printed = document.querySelectorAll("details.print");
addEventListener("beforeprint", () => { for (const one of printed) { one.dataset.open = one.open; one.open = true; } });
addEventListener("afterprint", () => { for (const one of printed) one.open = one.dataset.open === "true"; });
