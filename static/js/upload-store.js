// What was picked but has not reached the server yet, kept in the browser (IndexedDB), so that
// closing the page loses nothing. Kept per account, and never longer than a day: pictures of
// pupils do not stay on a device.
"use strict";

(() => {
  const KEPT_MS = 24 * 60 * 60 * 1000;
  const STORE = "waiting";

  function open() {
    return new Promise((resolve, reject) => {
      const request = indexedDB.open("beeldpoort-upload", 1);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id", autoIncrement: true });
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  }

  async function act(mode, work) {
    const database = await open();
    try {
      return await new Promise((resolve, reject) => {
        const transaction = database.transaction(STORE, mode);
        const request = work(transaction.objectStore(STORE));
        transaction.oncomplete = () => resolve(request?.result);
        transaction.onabort = transaction.onerror = () => reject(transaction.error);
      });
    } finally {
      database.close();
    }
  }

  window.uploadStore = {
    // Throws where the browser keeps nothing (private windows, a full disk): the caller goes on
    // without, and warns before the page is left.
    add: (entry) => act("readwrite", (store) => store.add({ ...entry, at: Date.now() })),
    // What is learnt later of one that is kept: where the server expects the rest of it.
    change: (id, more) =>
      act("readwrite", (store) => {
        const found = store.get(id);
        found.onsuccess = () => found.result && store.put({ ...found.result, ...more });
      }),
    remove: (id) => act("readwrite", (store) => store.delete(id)),
    async waiting(account, activity) {
      const all = await act("readonly", (store) => store.getAll());
      const old = all.filter((entry) => Date.now() - entry.at > KEPT_MS);
      for (const entry of old) await window.uploadStore.remove(entry.id);
      return all.filter(
        (entry) => !old.includes(entry) && entry.account === account && entry.activity === activity,
      );
    },
  };
})();
