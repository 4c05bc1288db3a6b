// What a question of the run looks like: its photo with the face marked, and the strip of faces.
"use strict";

(() => {
  const SVG = "http://www.w3.org/2000/svg";
  // With half of the face around it, as the server cuts it (media/views_pictures.py).
  const AROUND = 2;

  // `word(key, values)`: a text of the page; `cache`: see run-pictures.js.
  function view({ root, word, cache }) {
    const by = (id) => document.getElementById(id);

    // `ready()` is called when everything can be seen: painted, not only loaded.
    function showPhoto(photo, one, ready) {
      const svg = by("run-photo");
      const image = by("run-image");
      svg.setAttribute("viewBox", `0 0 ${photo.width} ${photo.height}`);
      svg.setAttribute("aria-label", word("wordPhoto", { name: photo.name }));
      if (image.dataset.src !== photo.src) {
        image.dataset.src = photo.src;
        image.setAttribute("width", photo.width);
        image.setAttribute("height", photo.height);
        image.setAttribute("href", cache.ready(photo.src) ?? "");
      }
      const [x, y, width, height] = one.faces[0].box;
      for (const rect of svg.querySelectorAll("rect")) {
        for (const [name, value] of Object.entries({ x, y, width, height })) rect.setAttribute(name, value);
      }
      const shown = addresses(photo, one).map((source) => cache.get(source, true));
      shown[0].then((url) => image.dataset.src === photo.src && image.setAttribute("href", url), () => {});
      Promise.allSettled(shown).then(() => requestAnimationFrame(() => requestAnimationFrame(ready)));
    }

    function cropOf(picture, number, several) {
      const crop = document.createElement(several ? "label" : "span");
      crop.className = "run-crop";
      if (several) {
        const box = document.createElement("input");
        box.type = "checkbox";
        box.checked = true;
        box.setAttribute("aria-label", word("wordFace", { number: number + 1 }));
        crop.append(box);
      }
      crop.append(picture);
      return crop;
    }

    function fetched(face) {
      const image = new Image(120, 120);
      image.alt = "";
      if (cache.ready(face.crop)) image.src = cache.ready(face.crop);
      else cache.get(face.crop, true).then((url) => (image.src = url), () => {});
      return image;
    }

    // Out of the photo that is shown beside it: no further picture has to be made.
    function cutOut(photo, face) {
      const svg = document.createElementNS(SVG, "svg");
      const image = document.createElementNS(SVG, "image");
      const [x, y, width, height] = face.box;
      const side = Math.max(width, height) * AROUND;
      const values = { viewBox: `${x + (width - side) / 2} ${y + (height - side) / 2} ${side} ${side}`, "aria-hidden": "true" };
      for (const [name, value] of Object.entries(values)) svg.setAttribute(name, value);
      for (const name of ["width", "height"]) image.setAttribute(name, photo[name]);
      cache.get(photo.src, true).then((url) => image.setAttribute("href", url), () => {});
      if (cache.ready(photo.src)) image.setAttribute("href", cache.ready(photo.src));
      svg.append(image);
      return svg;
    }

    function showStrip(photo, one) {
      const several = one.faces.length > 1;
      const crops = one.faces.map((face, number) => {
        const picture = number ? fetched(face) : cutOut(photo, face);
        return cropOf(picture, number, several);
      });
      by("run-strip").replaceChildren(...crops);
    }

    // What must be there before a question can be seen: its photo, and the faces of other photos.
    const addresses = (photo, one) => [photo.src, ...one.faces.slice(1).map((face) => face.crop)];

    // For each face of the strip whether it belongs to the answer.
    const ticked = () => [...by("run-strip").children].map((crop) => crop.querySelector("input[type=checkbox]")?.checked ?? true);

    return { showPhoto, showStrip, ticked, addresses };
  }

  window.beeldpoort.view = view;
})();
