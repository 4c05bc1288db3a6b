// Small improvements on pages that work without them: questions before something final, messages
// that can be closed, the error summary in focus, and htmx under our CSP with the CSRF header.
"use strict";

(() => {
  const meta = document.querySelector('meta[name="csrf-token"]');
  const token = () => meta?.content ?? "";

  // A page that is open for longer than a token lives, and goes on: forms hold it as well.
  function renew(fresh) {
    if (!meta || !fresh) return;
    meta.content = fresh;
    for (const field of document.querySelectorAll('input[name="csrf_token"]')) field.value = fresh;
  }

  // A menu that is wider than a phone shows where one is.
  for (const menu of document.querySelectorAll(".side-menu, .tabs")) {
    const here = menu.querySelector("[aria-current]");
    if (!here || menu.scrollWidth <= menu.clientWidth) continue;
    const [entry, frame] = [here.getBoundingClientRect(), menu.getBoundingClientRect()];
    menu.scrollLeft += (entry.left + entry.right - frame.left - frame.right) / 2;
  }

  // --- messages -------------------------------------------------------------------------------

  function say(text) {
    const copy = document.getElementById("notice-template").content.cloneNode(true);
    copy.querySelector(".notice-text").textContent = text;
    const region = document.getElementById("flashes");
    region.replaceChildren(copy);
    region.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("click", (event) => {
    const close = event.target.closest?.("[data-dismiss]");
    if (close) {
      close.closest(".notice").remove();
      document.getElementById("main").focus({ preventScroll: true });
    }
  });

  const summary = document.querySelector("[data-focus]");
  if (summary) summary.focus();

  // A link of the error summary leads to the control itself, not only to its place on the page.
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.(".error-summary a[href^='#']");
    if (!link) return;
    const target = document.getElementById(link.hash.slice(1));
    if (!target) return;
    event.preventDefault();
    const control = target.matches("fieldset") ? target.querySelector("input") : target;
    (control ?? target).focus();
    target.closest(".field, .yes-no")?.scrollIntoView({ block: "start" });
  });

  // --- menu and account -----------------------------------------------------------------------

  const menu = document.querySelector(".menu-button");
  menu?.addEventListener("click", () => {
    menu.setAttribute("aria-expanded", String(menu.getAttribute("aria-expanded") !== "true"));
  });

  const account = document.querySelector(".account");
  document.addEventListener("click", (event) => {
    if (account?.open && !account.contains(event.target)) account.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    if (account?.open) {
      account.open = false;
      account.querySelector("summary").focus();
    } else if (menu?.getAttribute("aria-expanded") === "true") {
      menu.setAttribute("aria-expanded", "false");
      menu.focus();
    }
  });

  // --- a question before something final ------------------------------------------------------

  const dialog = document.getElementById("confirm");
  const yes = dialog.querySelector("[data-confirm-yes]");
  const yesText = yes.textContent;

  function ask(question, label, then) {
    document.getElementById("confirm-text").textContent = question;
    yes.textContent = label || yesText;
    dialog.returnValue = "";
    dialog.addEventListener("close", () => dialog.returnValue === "yes" && then(), { once: true });
    dialog.showModal();
  }

  const confirmed = new WeakSet();
  const sent = new WeakSet();

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented) return;
    if (form.dataset.confirm && !confirmed.has(form)) {
      event.preventDefault();
      const submitter = event.submitter;
      ask(form.dataset.confirm, form.dataset.confirmLabel, () => {
        confirmed.add(form);
        form.requestSubmit(submitter);
        confirmed.delete(form);
      });
      return;
    }
    // A second tap on a slow phone must not send the same answers twice.
    if (form.method !== "post") return;
    if (sent.has(form)) event.preventDefault();
    sent.add(form);
    setTimeout(() => sent.delete(form), 4000);
  });

  // --- htmx -----------------------------------------------------------------------------------

  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRFToken"] = token();
  });

  document.addEventListener("htmx:confirm", (event) => {
    if (!event.detail.question) return;
    event.preventDefault();
    ask(event.detail.question, null, () => event.detail.issueRequest(true));
  });

  // A refusal comes as a whole page; only its sentence is shown, in the page where it happened.
  const refusal = (xhr) => {
    if (!/^\s*<!doctype/i.test(xhr.responseText)) return null;
    const page = new DOMParser().parseFromString(xhr.responseText, "text/html");
    return page.querySelector(".error-page .lead")?.textContent ?? null;
  };

  const problem = () => say(document.body.dataset.problem);
  document.addEventListener("htmx:sendError", problem);
  document.addEventListener("htmx:timeout", problem);

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    if (xhr.status < 400 || !event.detail.shouldSwap) return;
    const text = refusal(xhr);
    if (text === null) return;
    event.detail.shouldSwap = false;
    say(text);
  });

  document.addEventListener("htmx:responseError", (event) => {
    const { xhr } = event.detail;
    // Signed out meanwhile: the whole page must go to the sign-in page, not a fragment of it.
    if (xhr.status === 401) location.reload();
    else say(refusal(xhr) ?? document.body.dataset.problem);
  });

  window.beeldpoort = { say, ask, token, renew };
})();
