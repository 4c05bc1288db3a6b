// Adding photos: each goes up in parts (tus) with its own progress, a few at a time; a part that
// does not arrive is sent again by itself, and what has not arrived is kept (upload-store.js) and
// goes on when the page is opened again. Without this script the same form sends all files at once.
"use strict";

(() => {
  const form = document.querySelector("[data-upload]");
  if (!form) return;
  // The second and third fill the line while the server answers the first; more only slow each other.
  const AT_ONCE = 3;
  // A part is what a cut line costs: the size begins in the middle, and follows how well it goes.
  const PART = { least: 256 * 1024, first: 2 * 1024 * 1024, most: 4 * 1024 * 1024 };
  // A phone that changes networks or sleeps is not always told that its connection is gone.
  const SILENT_MS = 60000;
  // So often the server may answer that it cannot, before somebody has to look at that photo.
  const TRIES = 5;
  const list = document.getElementById("upload-list");
  const word = (name) => form.dataset[`word${name}`];

  const rows = [];
  let partSize = PART.first;
  let sentAny = false;

  const line = window.uploadLine(form.dataset.status, form.dataset.account, { told: tellLine, opened: next });

  // --- on screen ----------------------------------------------------------------------------

  function makeRow(file, kept = {}) {
    const node = document.getElementById("upload-row").content.firstElementChild.cloneNode(true);
    node.querySelector(".upload-name").textContent = file.name;
    const bar = node.querySelector("progress");
    bar.setAttribute("aria-label", file.name);
    list.append(node);
    const row = { file, node, bar, state: "waiting", sent: 0, kept: 0, tries: 0, lost: false, stored: kept.id ?? null, url: kept.url ?? null };
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
    const told = row.node.querySelector(".upload-problem");
    told.hidden = !problem;
    told.textContent = problem;
    row.node.querySelector(".upload-again").hidden = state !== "stopped" && !(state === "waiting" && row.lost);
    total();
  }

  function progress(row, sent) {
    row.sent = sent;
    const share = row.file.size ? (100 * sent) / row.file.size : 0;
    row.bar.value = share;
    row.node.querySelector(".upload-status").textContent = `${Math.round(share)} %`;
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

  function tellLine(state, seconds) {
    const told = document.getElementById("upload-line");
    told.hidden = state === "open" || isOver();
    document.getElementById("upload-sign-in").hidden = state !== "signed-out";
    const text = state === "signed-out" ? word("SignedOut") : word("Offline").replace("{seconds}", seconds);
    document.getElementById("upload-line-text").textContent = text;
  }

  const isOver = () => rows.every((row) => ["done", "refused", "dropped"].includes(row.state));

  // Only once every photo was looked at as well: until then an original may still be needed.
  function sayDelete() {
    const said = document.getElementById("upload-done");
    if (!sentAny || !isOver() || said.childElementCount) return;
    said.append(document.getElementById("upload-done-template").content.cloneNode(true));
  }

  // --- sending ------------------------------------------------------------------------------

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
    while (line.isOpen() && rows.filter((row) => row.state === "sending").length < AT_ONCE) {
      const waiting = rows.filter((each) => each.state === "waiting");
      if (!waiting.length) return;
      // One that went wrong before does not keep the others up.
      send(waiting.reduce((first, each) => (each.tries < first.tries ? each : first)));
    }
  }

  function send(row) {
    show(row, "sending", "0 %");
    const upload = new tus.Upload(row.file, {
      endpoint: form.dataset.parts,
      uploadUrl: row.url,
      uploadDataDuringCreation: true,
      chunkSize: partSize,
      metadata: { filename: row.file.name },
      retryDelays: null, // `line` does it, for all of them together
      storeFingerprintForResuming: false, // `uploadStore` does it, with the file
      onBeforeRequest(request) {
        request.setHeader("Accept", "application/json");
        request.setHeader("X-CSRFToken", window.beeldpoort.token());
        listen(row);
      },
      onUploadUrlAvailable: () => remember(row, upload.url),
      onProgress(sent) {
        listen(row);
        progress(row, sent);
      },
      onChunkComplete(_size, accepted) {
        line.got();
        row.tries = 0;
        row.kept = accepted;
        partSize = Math.min(PART.most, partSize * 2);
        upload.options.chunkSize = partSize;
      },
      onSuccess: ({ lastResponse }) => arrived(row, upload.url, lastResponse),
      onError: (error) => over(row, () => failed(row, error.originalResponse)),
    });
    row.upload = upload;
    upload.start();
  }

  // Silence for long is a line that is gone.
  function listen(row) {
    clearTimeout(row.silence);
    row.silence = setTimeout(() => {
      row.upload.abort();
      over(row, () => failed(row, null));
    }, SILENT_MS);
  }

  function over(row, then) {
    clearTimeout(row.silence);
    if (row.state !== "sending") return; // left out meanwhile
    then();
    next();
  }

  function remember(row, url) {
    row.url = url;
    if (row.stored !== null) window.uploadStore.change(row.stored, { url }).catch(() => {});
  }

  // What became of it is in the answer to the last part when that was the first one as well;
  // otherwise it is asked for.
  async function arrived(row, url, response) {
    let [status, text] = [201, response.getBody()];
    try {
      if (!text) {
        const answer = await fetch(url, { headers: { Accept: "application/json" } });
        [status, text] = [answer.ok ? 201 : answer.status, await answer.text()];
      }
    } catch {
      status = 0;
    }
    over(row, () => answered(row, status, read(text), 0));
  }

  function failed(row, response) {
    if (response) {
      const after = Number(response.getHeader("Retry-After")) || 0;
      answered(row, response.getStatus(), read(response.getBody()), after);
    } else answered(row, 0, {}, 0);
  }

  function read(text) {
    try {
      return JSON.parse(text);
    } catch {
      return {}; // no answer, or a page: what counts is the status
    }
  }

  function answered(row, status, answer, after) {
    if (answer.state === "refused") refuse(row, answer.error);
    else if (status === 201) received(row, answer);
    else if (status === 413) refuse(row, word("Large"));
    else if (answer.url) show(row, "stopped", word("Stopped"), answer.error);
    else again(row, status, answer, after);
  }

  function received(row, answer) {
    line.got();
    sentAny = true;
    forget(row);
    const already = answer.state === "already";
    show(row, "done", already ? word("Already") : word("Received"));
    if (already) note(row, answer);
    window.uploadTiles.watch();
  }

  // Goes on where it stopped once the line is open again.
  function again(row, status, answer, after) {
    row.tries += status ? 1 : 0;
    row.lost = true;
    progress(row, row.kept); // what was on its way has not arrived
    partSize = Math.max(PART.least, partSize / 2);
    if (row.tries >= TRIES) show(row, "stopped", word("Stopped"), answer.error || word("Stopped"));
    else show(row, "waiting", word("Stopped"), answer.error);
    if (status === 401) line.signedOut();
    else line.lost(after);
  }

  function note(row, answer) {
    const told = row.node.querySelector(".upload-problem");
    const link = document.createElement("a");
    link.href = answer.url;
    link.textContent = answer.text;
    told.className = "meta upload-note";
    told.replaceChildren(link);
    told.hidden = false;
  }

  function refuse(row, sentence) {
    forget(row); // sending it again would not make it a photo
    show(row, "refused", word("Refused"), sentence);
  }

  function retry(row) {
    row.tries = 0;
    row.lost = false;
    show(row, "waiting", word("Waiting"));
    line.again();
    next();
  }

  function leaveOut(row) {
    row.upload?.abort(row.url !== null).catch(() => {}); // the server throws its parts away
    forget(row);
    row.state = "dropped";
    row.node.remove();
    total();
  }

  function forget(row) {
    if (row.stored !== null) window.uploadStore.remove(row.stored).catch(() => {});
    row.stored = null;
  }

  // --- choosing -----------------------------------------------------------------------------

  function start() {
    const input = form.querySelector("input[type=file]");
    const zone = form.querySelector(".upload-zone");
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
    document.addEventListener("photos-ready", sayDelete);
    window.addEventListener("beforeunload", (event) => {
      const lost = rows.some((row) => row.stored === null && ["waiting", "sending"].includes(row.state));
      if (lost) event.preventDefault();
    });
    window.uploadStore
      .waiting(form.dataset.account, form.dataset.activity)
      .then((kept) => {
        for (const entry of kept) makeRow(entry.file, entry);
        next();
      })
      .catch(() => {});
  }

  start();
})();
