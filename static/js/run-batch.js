// Proposals with the keyboard: arrows go from face to face, space takes one out, Enter confirms what
// has been on the screen. What was never on it is neither confirmed nor taken out.
"use strict";

(() => {
  const form = document.getElementById("batch");
  const boxes = [...form.querySelectorAll('[name="right"]')];
  const crops = boxes.map((box) => box.closest(".run-crop"));
  const seen = new Set();
  const loaded = (crop) => crop.querySelector("img").naturalWidth > 0;
  const broken = (crop) => crop.querySelector("img").complete && !loaded(crop);

  form.querySelector("[data-keys]").hidden = false;

  // Seen is a picture that is there and nearly whole on the screen, and not below the bar.
  const SHARE = 0.9;
  const foot = form.querySelector(".batch-foot");
  const watcher = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) entry.target.inView = entry.isIntersecting;
      look();
    },
    { threshold: SHARE, rootMargin: `0px 0px -${foot.offsetHeight}px 0px` },
  );

  function look() {
    for (const crop of crops) if (crop.inView && loaded(crop)) seen.add(crop);
    document.getElementById("batch-number").textContent = String(
      boxes.filter((box, number) => box.checked && seen.has(crops[number])).length,
    );
  }

  for (const crop of crops) {
    watcher.observe(crop);
    crop.querySelector("img").addEventListener("load", look);
  }
  form.addEventListener("change", look);

  // The first that was not on the screen yet; the key that would confirm shows it first.
  function unseen() {
    return crops.find((crop) => !seen.has(crop) && !broken(crop));
  }

  form.addEventListener("submit", (event) => {
    look();
    const next = unseen();
    if (next) {
      event.preventDefault();
      event.stopImmediatePropagation();
      next.scrollIntoView({ block: "start" });
      document.getElementById("batch-confirm").focus({ preventScroll: true });
      return;
    }
    // A picture that did not come was not seen: nothing is said of it.
    for (const crop of crops.filter((one) => !seen.has(one))) {
      for (const input of crop.querySelectorAll("input")) input.disabled = true;
    }
  }, true);

  function rowOf(box) {
    return [...form.querySelectorAll(".batch-row")].indexOf(box.closest(".batch-row"));
  }

  function step(key) {
    const at = boxes.indexOf(document.activeElement);
    if (at < 0) return boxes[0];
    if (key === "ArrowRight") return boxes[at + 1];
    if (key === "ArrowLeft") return boxes[at - 1];
    const rows = [...form.querySelectorAll(".batch-row")];
    const row = rows[rowOf(boxes[at]) + (key === "ArrowDown" ? 1 : -1)];
    return row?.querySelector('[name="right"]');
  }

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") {
      const undo = document.getElementById("batch-undo");
      if (undo) {
        event.preventDefault();
        undo.requestSubmit();
      }
      return;
    }
    if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
    if (event.key.startsWith("Arrow")) {
      event.preventDefault();
      step(event.key)?.focus();
    } else if (event.key === "Enter" && !event.target.closest("a, button, summary")) {
      event.preventDefault();
      form.requestSubmit(document.getElementById("batch-confirm"));
    }
  });

  // The pictures of the next page, while this one is looked at: the browser then only asks whether
  // it still may show them. Two at a time, so that a key never waits for them.
  const next = [...form.querySelectorAll("[data-next]")].map((one) => one.dataset.next);

  async function fetchNext() {
    while (next.length) await fetch(next.shift()).then((response) => response.blob()).catch(() => {});
  }

  addEventListener("load", () => [fetchNext(), fetchNext()]);

  document.getElementById("batch-title").focus({ preventScroll: true });
  look();
})();
