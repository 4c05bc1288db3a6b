// Somebody who is not on the attendance list: found in the whole school while typing.
"use strict";

(() => {
  // `choose(person)`: what to do with who was chosen; `leave()`: after Escape.
  function elsewhere({ url, nobody, choose, leave }) {
    const area = document.getElementById("run-else");
    const field = document.getElementById("run-else-name");
    const list = document.getElementById("run-found");
    let asked = 0;

    async function search() {
      const mine = ++asked;
      const address = `${url}?${new URLSearchParams({ q: field.value })}`;
      const response = await fetch(address, { headers: { Accept: "application/json" } }).catch(() => null);
      if (mine !== asked || !response?.ok) return;
      const { people } = await response.json();
      const nobodyFound = document.createElement("p");
      nobodyFound.textContent = field.value.trim() ? nobody : "";
      list.replaceChildren(...(people.length ? people.map(asButton) : [nobodyFound]));
    }

    function asButton(person) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "run-name";
      button.textContent = person.name;
      button.addEventListener("click", () => {
        close();
        choose(person);
      });
      return button;
    }

    function close() {
      area.open = false;
      field.value = "";
      list.replaceChildren();
    }

    field.addEventListener("input", search);
    area.querySelector("form").addEventListener("submit", async (event) => {
      event.preventDefault();
      await search();
      list.querySelector("button")?.click();
    });
    area.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      close();
      leave();
    });
    return () => {
      area.open = true;
      field.focus();
    };
  }

  window.beeldpoort.elsewhere = elsewhere;
})();
