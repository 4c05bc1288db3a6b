// The line to the server, for all photos together: when it is gone it is tried again by itself,
// ever less often, and at once when the device says that it is back or the page is looked at again.
// Asking how far the photos are is the try; its answer brings a fresh CSRF token, and shows when
// somebody is signed out.
"use strict";

(() => {
  const PAUSES_S = [0, 1, 3, 5, 10, 20, 30];

  // `told(state, seconds)` is called with open, waiting or signed-out; `opened()` when the line may
  // be used again.
  window.uploadLine = (address, account, { told, opened }) => {
    let state = "open";
    let tries = 0;
    let timer = 0;

    function be(next, seconds = 0) {
      state = next;
      told(next, seconds);
    }

    function later(next, seconds) {
      clearTimeout(timer);
      be(next, seconds);
      timer = setTimeout(ask, seconds * 1000);
    }

    const pause = () => PAUSES_S[Math.min(tries++, PAUSES_S.length - 1)];

    async function ask() {
      clearTimeout(timer);
      let next = "waiting";
      try {
        const answer = await fetch(address, { headers: { Accept: "application/json" }, cache: "no-store" });
        if (answer.redirected || answer.status === 401) next = "signed-out";
        else if (answer.ok) next = await known(await answer.json());
      } catch {
        // no network: still waiting
      }
      if (next !== "open") later(next, pause());
      else {
        be("open");
        opened();
      }
    }

    // Somebody else may have signed in on this device: these photos wait for whoever chose them.
    async function known(answer) {
      if (String(answer.account) !== account) return "signed-out";
      window.beeldpoort.renew(answer.token);
      return "open";
    }

    const again = () => state !== "open" && ask();
    window.addEventListener("online", again);
    window.addEventListener("focus", again);
    document.addEventListener("visibilitychange", () => document.hidden || again());

    return {
      again,
      isOpen: () => state === "open",
      // Something did not get through; `seconds`: what the server asked for, if it did.
      lost: (seconds = 0) => later("waiting", Math.max(pause(), seconds)),
      signedOut: () => later("signed-out", pause()),
      got: () => {
        tries = 0;
      },
    };
  };
})();
