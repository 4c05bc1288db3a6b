// Answers on their way to the server: one after the other, again and again until they are there.
// What the server refuses comes back to whoever asked; nothing is kept outside this page.
"use strict";

(() => {
  const FIRST_WAIT = 1000;
  const LONGEST_WAIT = 15000;
  const RENEWALS = 2; // a form's token is renewed; a third refusal has another reason

  // `url`: where to; `renew()`: a promise of a fresh token; `changed(unsent, signedOut)`;
  // `refused(job, answer)`.
  function queue({ url, renew, changed, refused }) {
    const jobs = [];
    let token = window.beeldpoort.token();
    let busy = false;
    let idle = [];

    function add(job) {
      jobs.push(job);
      changed(jobs.length, false);
      work();
    }

    // Whether a job could be taken back before it was sent.
    function drop(job) {
      const place = jobs.indexOf(job);
      if (place < 0 || (place === 0 && busy)) return false;
      jobs.splice(place, 1);
      changed(jobs.length, false);
      return true;
    }

    const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

    async function send(job) {
      const body = new URLSearchParams(job.faces.map((face) => ["face", `${face.id}:${face.mark}`]));
      body.append("answer", job.answer);
      return fetch(url, {
        method: "POST",
        headers: { Accept: "application/json", "X-CSRFToken": token },
        body,
      });
    }

    // The server's answer to a job, or null when it was saved. Waits as long as it takes.
    async function settle(job) {
      let renewals = 0;
      for (let wait = FIRST_WAIT; ; wait = Math.min(wait * 2, LONGEST_WAIT)) {
        const response = await send(job).catch(() => null);
        if (response?.ok) return null;
        const said = response ? await response.json().catch(() => ({})) : {};
        if (response && response.status < 500 && "questions" in said) return said;
        if (response?.status === 400 && renewals++ < RENEWALS) {
          token = await renew().catch(() => token);
          continue;
        }
        if (response && [400, 403, 404, 409, 413].includes(response.status)) return said;
        changed(jobs.length, response?.status === 401);
        await pause(wait);
        if (response?.status === 401) token = await renew().catch(() => token);
      }
    }

    async function work() {
      if (busy) return;
      busy = true;
      while (jobs.length) {
        const said = await settle(jobs[0]);
        const job = jobs.shift();
        changed(jobs.length, false);
        if (said) refused(job, said);
      }
      busy = false;
      for (const done of idle.splice(0)) done();
    }

    window.addEventListener("beforeunload", (event) => jobs.length && event.preventDefault());

    return { add, drop, whenIdle: () => (jobs.length ? new Promise((done) => idle.push(done)) : Promise.resolve()) };
  }

  window.beeldpoort.queue = queue;
})();
