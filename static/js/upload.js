// Adding photos: each file is a request of its own with its own progress, two at a time; what has
// not arrived is kept (upload-store.js) and goes on when the page is opened again. Without this
// script the same form sends all files at once.
"use strict";

(() => {
  // Two: the second fills the line while the server writes the first; more only slow each other.
  const AT_ONCE = 2;
  const ASK_EVERY_MS = 2000;
  const form = document.querySelector("[data-upload]");
  const list = document.getElementById("upload-list");
  const word = (name) => form.dataset[`word${name}`];

  // --- sending ------------------------------------------------------------------------------

  const rows = [];
  let running = 0;
  let sentAny = false;

  function makeRow(file) {
    const node = document.getElementById("upload-row").content.firstElementChild.cloneNode(true);
    node.querySelector(".upload-name").textContent = file.name;
    const bar = node.querySelector("progress");
    bar.setAttribute("aria-label", file.name);
    list.append(node);
    const row = { file, node, bar, state: "waiting", sent: 0, stored: null };
    node.querySelector("[data-again]").addEventListener("click", () => retry(row));
    node.querySelector("[data-drop]").addEventListener("click", () => leaveOut(row));
    rows.push(row);
    show(row, "waiting", word("Waiting"));
    return row;
  }

  function show(row, state, text, problem = "") {
    row.state = state;
    row.node.classList.toggle("is-done", state === "done");
    row.node.classList.toggle("is-failed", state === "refused" || state === "stopped");
    row.node.querySelector(".upload-status").textContent = text;
    row.bar.hidden = state === "done" || state === "refused";
    const line = row.node.querySelector(".upload-problem");
    line.hidden = !problem;
    line.textContent = problem;
    row.node.querySelector(".upload-again").hidden = state !== "stopped";
    total();
  }

  function total() {
    const counted = rows.filter((row) => row.state !== "refused" && row.state !== "dropped");
    const all = counted.reduce((sum, row) => sum + row.file.size, 0);
    const sent = counted.reduce((sum, row) => sum + (row.state === "done" ? row.file.size : row.sent), 0);
    const done = counted.filter((row) => row.state === "done").length;
    const area = document.getElementById("upload-progress");
    area.hidden = !counted.length;
    area.querySelector("progress").max = all || 1;
    area.querySelector("progress").value = sent;
    area.querySelector(".progress-count").textContent = `${done} / ${counted.length}`;
    if (!isOver()) document.getElementById("upload-done").replaceChildren();
  }

  const isOver = () => rows.every((row) => ["done", "refused", "dropped"].includes(row.state));

  // Only once every photo was looked at as well: until then an original may still be needed.
  function sayDelete() {
    const said = document.getElementById("upload-done");
    if (!sentAny || !isOver() || said.childElementCount) return;
    said.append(document.getElementById("upload-done-template").content.cloneNode(true));
  }

  async function add(files) {
    for (const file of files) {
      const row = makeRow(file);
      if (file.size > Number(form.dataset.limit)) {
        refuse(row, word("Large"));
        continue;
      }
      try {
        row.stored = await window.uploadStore.add({
          account: form.dataset.account,
          activity: form.dataset.activity,
          file,
        });
      } catch {
        row.stored = null; // kept nowhere: leaving the page asks first
      }
      next();
    }
  }

  function next() {
    const row = running < AT_ONCE && rows.find((each) => each.state === "waiting");
    if (!row) return;
    running += 1;
    row.sent = 0;
    show(row, "sending", "0 %");
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRFToken", window.beeldpoort.token());
    request.upload.addEventListener("progress", (event) => {
      const share = event.total ? event.loaded / event.total : 0;
      row.sent = share * row.file.size;
      row.bar.value = share * 100;
      row.node.querySelector(".upload-status").textContent = `${Math.round(share * 100)} %`;
      total();
    });
    request.addEventListener("loadend", () => {
      running -= 1;
      answered(row, request);
      next();
    });
    const data = new FormData();
    data.append("photos", row.file, row.file.name);
    request.send(data);
    next();
  }

  function answered(row, request) {
    let answer = {};
    try {
      answer = JSON.parse(request.responseText);
    } catch {
      // no answer, or a page: handled by its status below
    }
    if (request.status === 201) {
      sentAny = true;
      forget(row);
      const already = answer.state === "already";
      show(row, "done", already ? word("Already") : word("Received"), "");
      if (already) note(row, answer);
      watch();
    } else if (request.status === 401 || answer.url) {
      show(row, "stopped", word("Stopped"), answer.url ? answer.error : word("SignedOut"));
    } else if (request.status === 413) {
      refuse(row, word("Large"));
    } else if (request.status === 400 && answer.state === "refused") {
      refuse(row, answer.error);
    } else {
      row.sent = 0;
      show(row, "stopped", word("Stopped"), answer.error || word("Offline"));
    }
  }

  function note(row, answer) {
    const line = row.node.querySelector(".upload-problem");
    const link = document.createElement("a");
    link.href = answer.url;
    link.textContent = answer.text;
    line.className = "meta upload-note";
    line.replaceChildren(link);
    line.hidden = false;
  }

  function refuse(row, sentence) {
    forget(row); // sending it again would not make it a photo
    show(row, "refused", word("Refused"), sentence);
  }

  function retry(row) {
    show(row, "waiting", word("Waiting"));
    next();
  }

  function leaveOut(row) {
    forget(row);
    row.state = "dropped";
    row.node.remove();
    total();
  }

  function forget(row) {
    if (row.stored !== null) window.uploadStore.remove(row.stored).catch(() => {});
    row.stored = null;
  }

  function start() {
    const input = form.querySelector("input[type=file]");
    const zone = form.querySelector(".upload-zone");
    input.classList.add("visually-hidden");
    form.querySelector("[data-plain]").hidden = true;
    form.querySelector("[data-drop-hint]").hidden = false;
    input.addEventListener("change", () => {
      add([...input.files]);
      input.value = "";
    });
    // A file dropped beside the zone would otherwise replace the page.
    for (const name of ["dragover", "drop"]) {
      window.addEventListener(name, (event) => event.preventDefault());
    }
    zone.addEventListener("dragover", () => zone.classList.add("is-over"));
    zone.addEventListener("dragleave", () => zone.classList.remove("is-over"));
    zone.addEventListener("drop", (event) => {
      zone.classList.remove("is-over");
      add([...event.dataTransfer.files]);
    });
    window.addEventListener("online", () => {
      for (const row of rows) if (row.state === "stopped") retry(row);
    });
    window.addEventListener("beforeunload", (event) => {
      const lost = rows.some((row) => row.stored === null && ["waiting", "sending"].includes(row.state));
      if (lost) event.preventDefault();
    });
    window.uploadStore
      .waiting(form.dataset.account, form.dataset.activity)
      .then((kept) => {
        for (const entry of kept) makeRow(entry.file).stored = entry.id;
        next();
      })
      .catch(() => {});
  }

  // --- what became of them ------------------------------------------------------------------

  const grid = document.getElementById("photo-grid");
  const said = document.getElementById("status-said");
  let timer = 0;

  function watch() {
    if (!timer) timer = setTimeout(look, 300);
  }

  async function look() {
    timer = 0;
    try {
      const answer = await fetch(grid.dataset.status, { headers: { Accept: "application/json" } });
      if (!answer.ok || answer.redirected) return;
      const status = await answer.json();
      const shown = new Map([...grid.children].map((tile) => [tile.dataset.item, tile.dataset.mark]));
      const same = status.items.length === shown.size && status.items.every((item) => shown.get(String(item.id)) === item.mark);
      if (!same) await renew();
      said.textContent = status.busy ? `${said.dataset.wordBusy} ${status.busy}` : said.dataset.wordReady;
      if (status.busy) timer = setTimeout(look, ASK_EVERY_MS);
      else if (form) sayDelete();
    } catch {
      timer = setTimeout(look, 5 * ASK_EVERY_MS); // offline: ask less often
    }
  }

  // The page itself says how a tile looks; only tiles that changed are put in place.
  async function renew() {
    const answer = await fetch(location.pathname);
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const present = new Map([...grid.children].map((tile) => [tile.dataset.item, tile]));
    for (const tile of page.querySelectorAll("#photo-grid > [data-item]")) {
      const old = present.get(tile.dataset.item);
      present.delete(tile.dataset.item);
      if (!old) grid.append(document.adoptNode(tile));
      else if (old.dataset.mark !== tile.dataset.mark && !old.contains(document.activeElement)) {
        old.replaceWith(document.adoptNode(tile));
      }
    }
    for (const gone of present.values()) gone.remove();
    document.getElementById("photo-count").textContent = String(grid.children.length);
    const empty = document.getElementById("no-photos");
    if (empty) empty.hidden = grid.children.length > 0;
    const head = page.querySelector(".page-head");
    if (head) document.querySelector(".page-head").replaceWith(document.adoptNode(head));
  }

  if (form) start();
  if (Number(said.dataset.busy)) watch();
})();
