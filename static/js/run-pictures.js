// The pictures of the next questions, fetched before they are needed and let go afterwards.
"use strict";

(() => {
  // At once, beside the answers: a browser has six connections to a server.
  const AT_ONCE = 4;

  function pictures() {
    const known = new Map(); // address -> {url, promise}
    const waiting = [];
    let running = 0;

    async function load(address) {
      const response = await fetch(address);
      if (!response.ok) throw new Error(String(response.status));
      return URL.createObjectURL(await response.blob());
    }

    function next() {
      while (running < AT_ONCE && waiting.length) {
        const { address, done, failed } = waiting.shift();
        running += 1;
        load(address).then(done, failed).finally(() => {
          running -= 1;
          next();
        });
      }
    }

    // A promise of an address that shows at once; `first`: before everything that is waiting.
    function get(address, first = false) {
      const entry = known.get(address);
      if (entry) {
        const place = first ? waiting.findIndex((one) => one.address === address) : -1;
        if (place > 0) waiting.unshift(...waiting.splice(place, 1));
        return entry.promise;
      }
      const made = { url: null, promise: null };
      made.promise = new Promise((done, failed) => {
        waiting[first ? "unshift" : "push"]({ address, done, failed });
      }).then(
        (url) => (made.url = url),
        (problem) => {
          known.delete(address); // asked for again when it is shown again
          throw problem;
        },
      );
      known.set(address, made);
      next();
      return made.promise;
    }

    const ready = (address) => known.get(address)?.url ?? null;

    // Let go of everything but these.
    function keep(addresses) {
      const wanted = new Set(addresses);
      for (const [address, entry] of known) {
        if (wanted.has(address) || !entry.url) continue;
        URL.revokeObjectURL(entry.url);
        known.delete(address);
      }
    }

    return { get, ready, keep };
  }

  window.beeldpoort.pictures = pictures;
})();
