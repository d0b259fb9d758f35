// The picture and, over it, the map.

import { heat, strongest } from "./overlay.js";

export class Viewer {
  #canvas = document.getElementById("canvas");
  #context = this.#canvas.getContext("2d");
  #opacity = document.getElementById("opacity");
  #value = document.getElementById("opacity-value");
  #colours;
  #picture = null;
  #heat = null;
  #isDrawing = false;

  constructor(config) {
    this.#colours = config.colours;
    this.#opacity.value = Math.round(100 * config.alpha);
    this.#opacity.addEventListener("input", () => this.#redraw());
    drawLegend(config.colours);
  }

  // Shows a picture without a map.
  showPicture(picture, name) {
    this.#picture = { image: asCanvas(picture.pixels, picture), name };
    this.#heat = null;
    this.#canvas.width = picture.width;
    this.#canvas.height = picture.height;
    this.#canvas.hidden = false;
    this.#canvas.setAttribute("aria-label", name);
    this.#draw();
  }

  // Shows a map over the picture; tells where it is strongest, null where it is zero everywhere.
  showMap(map, geometry, className) {
    const [height, width] = geometry.original;
    this.#heat = asCanvas(heat(map, geometry, this.#colours), { height, width });
    const place = strongest(map, geometry.input);
    const told = place === null ? "zero everywhere" : `strongest ${place}`;
    this.#canvas.setAttribute("aria-label", `${this.#picture.name}, with the map of ${className}: ${told}`);
    this.#draw();
    return place;
  }

  // The picture as it is seen now, as a PNG file.
  toBlob() {
    return new Promise((resolve) => this.#canvas.toBlob(resolve, "image/png"));
  }

  #redraw() {
    this.#value.textContent = `${this.#opacity.value} %`;
    if (!this.#isDrawing) {
      this.#isDrawing = true;
      requestAnimationFrame(() => this.#draw());
    }
  }

  #draw() {
    this.#isDrawing = false;
    this.#value.textContent = `${this.#opacity.value} %`;
    if (this.#picture === null) {
      return;
    }
    this.#context.globalAlpha = 1;
    this.#context.drawImage(this.#picture.image, 0, 0);
    if (this.#heat !== null) {
      this.#context.globalAlpha = this.#opacity.value / 100;
      this.#context.drawImage(this.#heat, 0, 0);
    }
  }
}

function asCanvas(pixels, { height, width }) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d").putImageData(new ImageData(pixels, width, height), 0, 0);
  return canvas;
}

function drawLegend(colours) {
  const canvas = document.getElementById("legend-colours");
  const pixels = new Uint8ClampedArray(256 * 4).fill(255);
  for (let level = 0; level < 256; level++) {
    pixels.set(colours.slice(3 * level, 3 * level + 3), 4 * level);
  }
  canvas.getContext("2d").putImageData(new ImageData(pixels, 256, 1), 0, 0);
}
