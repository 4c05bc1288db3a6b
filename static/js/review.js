// Naming with the keyboard on a page that works without it: typing narrows the attendance list,
// Enter confirms, and the next face without a name comes by itself.
"use strict";

(() => {
  const filter = () => document.getElementById("name-filter");
  const buttons = () => [...document.querySelectorAll("[data-palette] .name-button")];
  const shown = () => buttons().filter((button) => !button.hidden);
  const current = () => document.querySelector(".face-row[data-current]");
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  // With a mouse there is a keyboard; on a phone a focused field would only call up its own.
  const hasKeyboard = () => matchMedia("(pointer: fine)").matches;

  // --- the list of names --------------------------------------------------------------------

  function choose(index) {
    const names = shown();
    for (const button of buttons()) button.classList.remove("is-chosen");
    const chosen = names[Math.max(0, Math.min(index, names.length - 1))];
    chosen?.classList.add("is-chosen");
    chosen?.scrollIntoView({ block: "nearest" });
  }

  function narrow() {
    const words = plain(filter().value).split(/\s+/).filter(Boolean);
    for (const button of buttons()) {
      const name = plain(button.textContent);
      // Each typed word begins some part of the name: "no vis" is Noor Visser.
      button.hidden = !words.every((word) => name.split(/\s+/).some((part) => part.startsWith(word)));
    }
    const count = document.getElementById("filter-count");
    const left = shown().length;
    count.textContent = left ? `${count.dataset.some} ${left}` : count.dataset.none;
    count.classList.toggle("visually-hidden", left > 0);
    for (const button of buttons()) button.classList.remove("is-chosen");
    if (words.length && left) choose(0);
  }

  function inFilter(event) {
    const names = shown();
    const chosen = names.findIndex((button) => button.classList.contains("is-chosen"));
    if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen - 1);
    else if (event.key === "Enter") (names[chosen] ?? confirmProposal())?.click();
    else if (event.key === "Escape" && filter().value) {
      filter().value = "";
      narrow();
    } else if (event.key === "Escape") current()?.focus();
    else if (/^[1-9]$/.test(event.key)) go(Number(event.key));
    else return false;
    return true;
  }

  // Who works with single keys goes on with them after each answer; who types, types on.
  let byKeys = false;

  const confirmProposal = () => current()?.querySelector('[data-key="yes"]');

  // --- the faces ----------------------------------------------------------------------------

  function go(number) {
    document.querySelector(`.face-row [data-go="${number}"]`)?.click();
  }

  function onFace(event) {
    const number = Number(current()?.dataset.face ?? 0);
    if (event.key === "j" || event.key === "ArrowDown") go(number + 1);
    else if (event.key === "k" || event.key === "ArrowUp") go(number - 1);
    else if (/^[1-9]$/.test(event.key)) go(Number(event.key));
    else if (["n", "b", "u"].includes(event.key)) current()?.querySelector(`[data-key="${event.key}"]`)?.click();
    else if (event.key === "Enter" || event.key === "/") filter()?.focus();
    else return false;
    return true;
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const inside = event.target === filter() ? inFilter(event) : event.target === current() && onFace(event);
    if (!inside) return;
    byKeys = event.target === current() && event.key !== "Enter" && event.key !== "/";
    event.preventDefault();
  });

  document.addEventListener("input", (event) => event.target === filter() && narrow());

  // --- after each answer of the server ------------------------------------------------------

  function start(byHand) {
    if (!document.getElementById("review")) return;
    for (const field of document.querySelectorAll("[data-filter]")) field.hidden = false;
    if (!byHand && !hasKeyboard()) return;
    if (document.querySelector("[data-draw][open]")) return;
    const closed = filter()?.closest("details:not([open])");
    const target = (hasKeyboard() && !byKeys && !closed && filter()) || current() || document.querySelector("[data-onward]");
    target?.focus({ preventScroll: true });
    current()?.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target?.id !== "review" && event.target.id !== "review") return;
    document.getElementById("review-said").textContent = document.getElementById("review").dataset.said;
    start(true);
  });

  start(false);
})();
