// Which name a few typed letters mean: as media/shortcuts.py does, on the buttons of the page.
"use strict";

(() => {
  const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const words = (text) => fold(text).match(/[\p{L}\p{N}]+/gu) ?? [];

  // `people`: {id, words} in the order of the list. Whose words are typed in full come first.
  function fitting(people, text) {
    const typed = words(text);
    if (!typed.length) return [];
    const found = people.filter((person) =>
      typed.every((part) => person.words.some((word) => word.startsWith(part))),
    );
    const full = (person) => typed.every((part) => person.words.includes(part));
    return [...found.filter(full), ...found.filter((person) => !full(person))];
  }

  // What is left of the word that was being typed: who types on by habit means the same name.
  function rest(person, text) {
    const last = words(text).at(-1) ?? "";
    const word = person.words.find((one) => one.startsWith(last)) ?? last;
    return word.slice(last.length);
  }

  window.beeldpoort.names = { fold, fitting, rest };
})();
