// What became of the photos of an activity: asked for every two seconds while the machine is busy;
// only the tiles that changed are fetched and put in place.
"use strict";

(() => {
  const ASK_EVERY_MS = 2000;
  // Kept well below the length of an address that every server takes.
  const TILES_AT_ONCE = 50;
  const grid = document.getElementById("photo-grid");
  const said = document.getElementById("status-said");
  const left = document.getElementById("photos-left");
  let timer = 0;

  function watch() {
    if (!timer) timer = setTimeout(look, 300);
  }

  async function look() {
    try {
      const answer = await fetch(grid.dataset.status, { headers: { Accept: "application/json" } });
      if (!answer.ok || answer.redirected) throw new Error(answer.status);
      const status = await answer.json();
      await renew(status.items);
      said.textContent = status.busy ? `${said.dataset.wordBusy} ${status.busy}` : said.dataset.wordReady;
      left.textContent = status.left;
      left.hidden = !status.left;
      timer = status.busy ? setTimeout(look, ASK_EVERY_MS) : 0;
      if (!status.busy) document.dispatchEvent(new CustomEvent("photos-ready"));
    } catch {
      timer = setTimeout(look, 5 * ASK_EVERY_MS); // offline or signed out: ask less often
    }
  }

  async function renew(items) {
    const there = new Map([...grid.children].map((tile) => [tile.dataset.item, tile]));
    const wanted = new Map(items.map((item) => [String(item.id), item.mark]));
    for (const [id, tile] of there) if (!wanted.has(id)) tile.remove();
    const changed = [...wanted.keys()].filter((id) => there.get(id)?.dataset.mark !== wanted.get(id));
    for (let at = 0; at < changed.length; at += TILES_AT_ONCE) {
      put(await tiles(changed.slice(at, at + TILES_AT_ONCE)), there);
    }
    document.getElementById("photo-count").textContent = String(grid.children.length);
    const empty = document.getElementById("no-photos");
    if (empty) empty.hidden = grid.children.length > 0;
  }

  // The page itself says how a tile looks.
  async function tiles(ids) {
    const answer = await fetch(`${location.pathname}?tegels=${ids.join(",")}`);
    if (!answer.ok || answer.redirected) throw new Error(answer.status);
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  }

  function put(page, there) {
    for (const tile of page.querySelectorAll("#photo-grid > [data-item]")) {
      const old = there.get(tile.dataset.item);
      if (!old) grid.append(document.adoptNode(tile));
      // Somebody is in it: it is put in place at a later look.
      else if (!old.contains(document.activeElement)) old.replaceWith(document.adoptNode(tile));
    }
    const head = page.querySelector(".page-head");
    if (head) document.querySelector(".page-head").replaceWith(document.adoptNode(head));
  }

  window.uploadTiles = { watch };
  if (Number(said.dataset.busy)) watch();
})();
