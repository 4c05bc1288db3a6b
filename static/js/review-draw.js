// A rectangle in the photo: dragged with mouse, pen or finger, typed, or stepped. The four fields
// (percent of the picture as shown) are the truth; the rectangle follows them.
"use strict";

(() => {
  // Held down longer, or with Shift, nobody needs finer steps than this: 1 % of the picture.
  const STEP = 1;
  const area = () => document.querySelector("[data-draw]");
  const stage = () => document.getElementById("stage");
  const side = (name) => area().querySelector(`[data-side="${name}"]`);
  const isOn = () => area() && (area().tagName !== "DETAILS" || area().open);

  function show() {
    const box = document.querySelector("[data-draw-box]");
    if (!box || !stage()) return;
    stage().classList.toggle("is-drawing", Boolean(isOn()));
    box.setAttribute("visibility", isOn() ? "visible" : "hidden");
    if (!isOn()) return;
    for (const [name, attribute] of [["left", "x"], ["top", "y"], ["width", "width"], ["height", "height"]]) {
      box.setAttribute(attribute, String(Math.max(0, Number(side(name).value) * 10)));
    }
  }

  function set(left, top, width, height) {
    for (const [name, value] of Object.entries({ left, top, width, height })) {
      side(name).value = (value * 100).toFixed(1);
    }
    show();
  }

  function at(event) {
    const frame = stage().getBoundingClientRect();
    const within = (value) => Math.min(1, Math.max(0, value));
    return {
      x: within((event.clientX - frame.left) / frame.width),
      y: within((event.clientY - frame.top) / frame.height),
    };
  }

  let from = null;

  document.addEventListener("pointerdown", (event) => {
    if (!isOn() || event.button !== 0 || !event.target.closest?.("#stage")) return;
    event.preventDefault();
    stage().setPointerCapture(event.pointerId);
    from = at(event);
  });

  document.addEventListener("pointermove", (event) => {
    if (!from) return;
    const to = at(event);
    set(Math.min(from.x, to.x), Math.min(from.y, to.y), Math.abs(to.x - from.x), Math.abs(to.y - from.y));
  });

  for (const end of ["pointerup", "pointercancel"]) {
    document.addEventListener(end, () => {
      from = null;
    });
  }

  document.addEventListener("input", (event) => event.target.closest?.("[data-draw]") && show());

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-step]");
    if (!button) return;
    const field = document.getElementById(button.dataset.for);
    const value = Number(field.value) + Number(button.dataset.step) * STEP;
    field.value = String(Math.min(100, Math.max(0, Math.round(value * 10) / 10)));
    show();
  });

  // `toggle` does not bubble; capturing sees it.
  document.addEventListener("toggle", (event) => event.target === area() && show(), true);

  function start() {
    if (!area()) return;
    for (const hidden of area().querySelectorAll("[data-step], [data-draw-hint]")) hidden.hidden = false;
    show();
  }

  start();
  document.addEventListener("htmx:afterSettle", start);
})();
