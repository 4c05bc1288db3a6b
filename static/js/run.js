// The run without waiting: the next question is there before this one is answered, letters choose
// a name, and answers are sent behind it. Without this file every question is a page with a form.
"use strict";

(() => {
  const root = document.getElementById("run");
  const by = (id) => document.getElementById(id);
  if (!by("run-desk")) return;

  const { names, say } = window.beeldpoort;
  // Pictures of so many questions are fetched ahead: a photo takes longer than one answer.
  const AHEAD = 5;
  // A letter that follows within this time and spells the name on belongs to it; nobody has looked
  // at the next face so soon.
  const TAIL = 400;

  const word = (key, values = {}) =>
    Object.entries(values).reduce((text, [name, value]) => text.replaceAll(`{${name}}`, value), root.dataset[key]);
  const field = by("run-name");
  const buttons = [...by("run-names").querySelectorAll("[data-person]")];
  const people = buttons.map((button) => ({
    id: Number(button.dataset.person),
    name: button.dataset.name,
    words: button.dataset.words.split(" "),
    button,
  }));
  const personOf = (id) => people.find((person) => person.id === id);

  let photos = {};
  let open = []; // the questions without an answer, in the order of asking
  let at = 0; // which of them is asked
  const history = []; // what was answered in this run, for undoing
  let chosen = null; // the name that Enter takes
  let twice = null; // the name that was chosen though it is in this photo already
  let previous = null; // who was named last, and as what
  let tail = { rest: "", until: 0 };
  const cache = window.beeldpoort.pictures();
  const view = window.beeldpoort.view({ root, word, cache });
  const outbox = window.beeldpoort.queue({ url: root.dataset.answer, renew, changed: count, refused });

  // --- what is asked ------------------------------------------------------------------------

  const question = () => open[at];
  const photoOf = (one) => photos[one.faces[0].item];
  const facesLeft = () => open.reduce((sum, one) => sum + one.faces.length, 0);

  async function fetchAll() {
    const response = await fetch(root.dataset.questions, { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(String(response.status));
    return response.json();
  }

  async function renew() {
    return (await fetchAll()).csrf;
  }

  function count(unsent, signedOut) {
    root.dataset.unsent = unsent;
    // One on its way is usual; more are told.
    by("run-unsent").textContent = unsent > 1 || signedOut ? word("wordUnsent", { number: unsent }) : "";
    if (signedOut) say(word("wordSignedOut"));
  }

  function show() {
    const one = question();
    by("run-desk").hidden = by("run-else").hidden = !one;
    by("run-end").hidden = Boolean(one);
    if (!one) return showEnd();
    root.dataset.asked = one.id;
    delete root.dataset.ready;
    const photo = photoOf(one);
    twice = one.twice ?? null;
    field.value = "";
    view.showPhoto(photo, one, () => question() === one && (root.dataset.ready = one.id));
    view.showStrip(photo, one);
    showNames(one);
    by("run-who").textContent = one.faces.length > 1 ? word("wordChain", { number: one.faces.length }) : word("wordWho");
    note(one.note ?? (one.hint && personOf(one.hint) ? word("wordHint", { name: personOf(one.hint).name }) : ""));
    by("run-place").textContent = where(photo);
    by("run-draw").href = `${photo.page}#draw`;
    const address = new URL(location);
    address.searchParams.set("vraag", one.id);
    address.searchParams.set("vragen", "1");
    address.searchParams.delete("gedaan");
    window.history.replaceState(null, "", address);
    focusField();
    announce();
    ahead();
  }

  const where = (photo) => word("wordAsked", { place: photo.place, of: Object.keys(photos).length, left: facesLeft() });

  function announce() {
    by("run-said").textContent = [by("run-text").textContent, by("run-who").textContent, by("run-note").textContent, where(photoOf(question()))]
      .filter(Boolean)
      .join(" ");
  }

  function showNames(one) {
    const here = new Set(one.faces.flatMap((face) => photos[face.item].here));
    for (const person of people) {
      person.button.classList.toggle("is-here", here.has(person.id));
      person.button.classList.toggle("is-hint", person.id === one.hint);
      person.button.querySelector("[data-here]").hidden = !here.has(person.id);
    }
    narrow();
  }

  function showEnd() {
    delete root.dataset.asked;
    root.dataset.ready = "end";
    by("run-place").textContent = "";
    const title = by("run-end-title");
    title.dataset.done ??= title.textContent;
    title.textContent = open.length ? word("wordSkipped", { number: facesLeft() }) : title.dataset.done;
    by("run-again").hidden = !open.length;
    by("run-said").textContent = title.textContent;
    by(open.length ? "run-again" : "run-end-title").focus({ preventScroll: true });
  }

  function ahead() {
    const near = open.slice(Math.max(0, at - 2), at + AHEAD + 1);
    for (const one of open.slice(at + 1, at + AHEAD + 1)) for (const source of view.addresses(photoOf(one), one)) cache.get(source).catch(() => {});
    const past = history.slice(-2).map((entry) => entry.question);
    cache.keep([...near, ...past].flatMap((one) => view.addresses(photoOf(one), one)));
  }

  function note(text) {
    by("run-note").textContent = text;
  }

  function focusField() {
    // With a mouse there is a keyboard; on a phone a focused field would only call up its own.
    if (matchMedia("(pointer: fine)").matches) field.focus({ preventScroll: true });
  }

  // --- answers ------------------------------------------------------------------------------

  // `kind`: “person” of the attendance list, or “elsewhere” in the school.
  function take(person, sure = false, kind = "person") {
    const one = question();
    const faces = one.faces.filter((_face, number) => view.ticked()[number]);
    if (!sure && faces.some((face) => photos[face.item].here.includes(person.id))) {
      twice = person;
      note(word("wordHere", { name: person.name }));
      by("run-said").textContent = by("run-note").textContent;
      return;
    }
    if (answer(`${sure ? "twice" : kind}:${person.id}`, `confirmed:${person.id}`, person.name, { ...person, kind })) previous = { ...person, kind };
  }

  // `mark`: what the server will say of these faces then, so that it can be undone.
  function answer(text, mark, label, person = null) {
    const one = question();
    const kept = view.ticked();
    const faces = one.faces.filter((_face, number) => kept[number]);
    if (!faces.length) {
      note(word("wordNoneChosen"));
      return false;
    }
    const others = one.faces.filter((_face, number) => !kept[number]).map((face) => ({ id: face.id, hint: null, faces: [face] }));
    const job = { faces, answer: text, mark };
    const added = person ? faces.filter((face) => !photos[face.item].here.includes(person.id)).map((face) => photos[face.item]) : [];
    for (const photo of added) photo.here.push(person.id);
    open.splice(at, 1, ...others);
    history.push({ question: one, others, job, added, person, label });
    outbox.add(job);
    result(label, true);
    show();
    return true;
  }

  function result(text, canUndo) {
    by("run-text").textContent = text;
    by("run-undo").hidden = !canUndo;
  }

  // As if it had not been answered: who was named in the photo by it is not any more.
  function forget(entry) {
    for (const photo of entry.added) photo.here.splice(photo.here.indexOf(entry.person.id), 1);
  }

  function undo() {
    const entry = history.pop();
    if (!entry) {
      by("run-said").textContent = word("wordNothingToUndo");
      note(word("wordNothingToUndo"));
      return;
    }
    forget(entry);
    entry.job.undone = true;
    if (!outbox.drop(entry.job)) {
      const faces = entry.job.faces.map((face) => ({ ...face, mark: entry.job.mark }));
      entry.job.undoing = { faces, answer: "undo" };
      outbox.add(entry.job.undoing);
    }
    const others = new Set(entry.others.map((one) => one.id));
    open = open.filter((one) => !others.has(one.id));
    const back = { ...entry.question, faces: entry.question.faces.map((face) => ({ ...face, mark: "unknown" })), note: null, twice: null };
    // Before what is asked now, which stays the next one.
    at = Math.min(at, open.length);
    open.splice(at, 0, back);
    previous = history.findLast((one) => one.person)?.person ?? null;
    result(word("wordUndone"), history.length > 0);
    show();
  }

  // Somebody was quicker, or the list has changed: asked again, after what is asked now.
  function refused(job, said) {
    if (job.undoing) outbox.drop(job.undoing);
    const text = said.error ?? document.body.dataset.problem;
    const entry = history.find((one) => one.job === job);
    if (entry) {
      history.splice(history.indexOf(entry), 1);
      forget(entry);
      const known = new Set(open.flatMap((one) => one.faces.map((face) => face.id)));
      const again = (said.questions ?? []).filter((one) => !one.faces.some((face) => known.has(face.id)));
      for (const one of again) Object.assign(one, { note: text, twice: said.twice ? entry.person : null });
      const nothing = !question();
      open.splice(nothing ? at : at + 1, 0, ...again);
      if (nothing && again.length) show();
    }
    if (job.undone) return;
    say(text);
    by("run-said").textContent = text;
    if (question()) by("run-place").textContent = where(photoOf(question()));
  }

  function move(step) {
    if (at + step < 0) {
      note(word("wordFirst"));
      return;
    }
    at = Math.min(at + step, open.length);
    show();
  }

  // --- letters ------------------------------------------------------------------------------

  function choose(person) {
    chosen?.button.classList.remove("is-chosen");
    chosen = person ?? null;
    chosen?.button.classList.add("is-chosen");
    chosen?.button.scrollIntoView({ block: "nearest" });
  }

  function narrow() {
    const fits = names.fitting(people, field.value);
    for (const person of people) person.button.classList.toggle("is-out", field.value !== "" && !fits.includes(person));
    choose(fits[0]);
    return fits;
  }

  function typed(event) {
    if (event.isComposing) return;
    twice = null;
    const fits = narrow();
    if (!field.value.trim()) return;
    if (!fits.length) {
      // The last letter fits nobody: it is not taken, so that nothing has to be erased.
      note(word("wordNobody", { text: field.value }));
      by("run-said").textContent = by("run-note").textContent;
      field.value = field.value.slice(0, -1);
      narrow();
    } else if (fits.length === 1) {
      tail = { rest: names.rest(fits[0], field.value), until: performance.now() + TAIL };
      field.value = "";
      narrow();
      take(fits[0]);
    }
  }

  // Whether this key only spells out the name that was just taken.
  function isTail(event) {
    const now = performance.now();
    const letter = names.fold(event.key);
    if (now < tail.until && tail.rest && letter === tail.rest[0]) {
      tail = { rest: tail.rest.slice(1), until: now + TAIL };
      return true;
    }
    tail.rest = "";
    return false;
  }

  // --- keys ---------------------------------------------------------------------------------

  const keyed = (digit) => by("run-actions").querySelector(`[data-key="${digit}"]`);

  function enter() {
    if (twice) take(twice, true);
    else if (chosen) take(chosen);
    else if (question().hint && personOf(question().hint)) take(personOf(question().hint));
  }

  function among(step) {
    const fits = field.value ? names.fitting(people, field.value) : people;
    const place = fits.indexOf(chosen);
    choose(fits[Math.max(0, Math.min(place + step, fits.length - 1))]);
  }

  const COMMANDS = {
    Enter: enter,
    Backspace: undo,
    ArrowRight: () => move(1),
    ArrowLeft: () => move(-1),
    ArrowDown: () => among(1),
    ArrowUp: () => among(-1),
    "?": () => by("run-help").showModal(),
  };

  function command(event) {
    const typing = field.value !== "";
    if (event.shiftKey && /^Digit[1-9]$/.test(event.code)) {
      const box = by("run-strip").children[Number(event.code.at(-1)) - 1]?.querySelector("input");
      if (box) box.checked = !box.checked;
      return true;
    }
    if (/^[1-6]$/.test(event.key)) keyed(event.key).click();
    else if (event.key === "Escape" && typing) {
      field.value = "";
      narrow();
    } else if (typing && ["Backspace", "ArrowLeft", "ArrowRight"].includes(event.key)) return false;
    else if (event.key in COMMANDS) COMMANDS[event.key]();
    else return false;
    return true;
  }

  function key(event) {
    if (event.isComposing || document.querySelector("dialog[open]")) return;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !field.value) {
      event.preventDefault();
      undo();
      return;
    }
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const other = event.target.closest?.("input, textarea, select");
    if (other && other !== field && other.type !== "checkbox") return;
    // Enter and space do what the button, link or box in focus does.
    if (event.target !== field && ["Enter", " "].includes(event.key) && event.target !== document.body && event.target !== by("run-who")) return;
    if (!question()) {
      if (["Backspace", "ArrowLeft"].includes(event.key)) {
        event.preventDefault();
        if (event.key === "Backspace") undo();
        else move(-1);
      }
      return;
    }
    const letter = /^\p{L}$/u.test(event.key);
    if (letter && isTail(event)) event.preventDefault();
    else if (letter && event.target !== field) field.focus({ preventScroll: true }); // and it is typed there
    else if (!letter && command(event)) event.preventDefault();
  }

  function submitted(event) {
    event.preventDefault();
    const [kind, id] = (event.submitter?.value ?? "").split(":");
    if (kind === "person") {
      const person = personOf(Number(id));
      take(person, twice?.id === person.id);
    } else if (["left", "bystander", "not_a_face"].includes(kind)) {
      answer(kind, kind, word(`word${kind[0].toUpperCase()}${kind.slice(1)}`));
    }
  }

  // What was answered goes first: the other page shows it.
  function draw(event) {
    event.preventDefault();
    const target = by("run-draw").href;
    outbox.whenIdle().then(() => location.assign(target));
  }

  function elsewhere(person) {
    take(person, false, "elsewhere");
    focusField();
  }

  // --- beginning ----------------------------------------------------------------------------

  function listen() {
    document.addEventListener("keydown", key);
    field.addEventListener("input", typed);
    by("run-form").addEventListener("submit", submitted);
    by("run-undo").addEventListener("submit", (event) => {
      if (!history.length) return; // of the page before this one: the form does it
      event.preventDefault();
      undo();
    });
    for (const [id, step] of [["run-back", -1], ["run-skip", 1]]) {
      by(id).addEventListener("click", (event) => {
        event.preventDefault();
        move(step);
      });
    }
    by("run-again").addEventListener("click", () => {
      at = 0;
      show();
    });
    keyed("4").addEventListener("click", () => (previous ? take(previous, false, previous.kind) : note(word("wordNoPrevious"))));
    keyed("5").addEventListener(
      "click",
      window.beeldpoort.elsewhere({ url: root.dataset.search, nobody: word("wordFoundNone"), choose: elsewhere, leave: focusField }),
    );
    keyed("6").addEventListener("click", draw);
    by("run-help-open").addEventListener("click", () => by("run-help").showModal());
    by("run-help").addEventListener("close", focusField);
  }

  function begin(all) {
    photos = all.photos;
    open = all.questions;
    const wanted = Number(new URL(location).searchParams.get("vraag"));
    const place = open.findIndex((one) => one.faces.some((face) => face.id === wanted));
    // A face that was left hidden is in no list: its page stays the plain form that it is.
    if (place < 0 && root.querySelector('[name="face"][value$=":left"]')) return;
    at = Math.max(0, place);
    by("run-type").hidden = by("run-help-open").hidden = false;
    for (const digit of ["4", "5"]) keyed(digit).hidden = false;
    root.classList.add("is-live");
    listen();
    show();
    // On a phone the heads of the page take the place of the names.
    if (!matchMedia("(pointer: fine)").matches) by("run-desk").scrollIntoView({ block: "start" });
  }

  fetchAll().then(begin, () => {});
})();
