// Tensors as heat maps: blue below 0, orange above, by the largest value of the original.

/** The axis that goes down: the first, but for axes of one item before a matrix. */
function downAxis(shape) {
  const first = shape.findIndex((size) => size > 1);
  return Math.min(first < 0 ? 0 : first, Math.max(0, shape.length - 2));
}

/** Rows and columns that show a tensor: one axis down, those behind it across; a vector is one row. */
function gridOf(shape) {
  if (shape.length < 2) return [1, sizeOf(shape)];
  const down = downAxis(shape);
  return [shape[down], sizeOf(shape.slice(down + 1))];
}

/** Width and height of a cell in pixels: square, unless a long matrix would become a hairline. */
function cellOf(rows, columns) {
  const fitting = (room, count, least) => Math.max(1, Math.min(14, Math.floor(room / Math.max(count, least))));
  const [across, down] = [fitting(300, columns, 8), fitting(200, rows, 4)];
  const square = Math.min(across, down);
  const thick = (most, count) => Math.max(square, Math.min(most, count > 1 ? Math.ceil(48 / count) : 10));
  return [thick(across, columns), thick(down, rows)];
}

function colourOf(value, dark) {
  const t = Math.max(-1, Math.min(1, value));
  const strength = Math.sqrt(Math.abs(t));
  const [from, to] = [dark ? [24, 29, 38] : [255, 255, 255], t < 0 ? [59, 130, 246] : [234, 112, 20]];
  return from.map((start, i) => Math.round(start + (to[i] - start) * strength));
}

function isDark() {
  return window.matchMedia("(prefers-color-scheme: dark)").matches;
}

class HeatMap {
  constructor(title) {
    this.element = document.createElement("figure");
    this.element.className = "heatmap";
    this.canvas = document.createElement("canvas");
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "img");
    this.caption = document.createElement("figcaption");
    this.readout = document.createElement("output");
    this.element.append(this.canvas, this.caption, this.readout);
    this.title = title;
    this.cursor = [0, 0];
    this.canvas.addEventListener("keydown", (event) => this.move(event));
    this.canvas.addEventListener("pointermove", (event) => this.point(event));
    this.canvas.addEventListener("blur", () => (this.readout.textContent = ""));
    this.canvas.addEventListener("pointerleave", () => (this.readout.textContent = ""));
  }

  /** @param marks colour classes by row and by column: {rows: Map, columns: Map}. */
  draw(tensor, scale, marks = { rows: new Map(), columns: new Map() }) {
    this.tensor = tensor;
    const [rows, columns] = gridOf(tensor.shape);
    this.size = [rows, columns];
    const [width, height] = cellOf(rows, columns);
    const edge = 5;
    this.geometry = { cell: [height, width], edge };
    this.canvas.width = columns * width + edge;
    this.canvas.height = rows * height + edge;
    this.canvas.setAttribute("aria-label", `${this.title}, ${shapeText(tensor.shape)}; arrow keys read values`);
    const context = this.canvas.getContext("2d");
    const dark = isDark();
    const image = context.createImageData(columns, rows);
    for (let i = 0; i < tensor.data.length; i++) {
      image.data.set([...colourOf(tensor.data[i] / scale, dark), 255], 4 * i);
    }
    const small = document.createElement("canvas");
    [small.width, small.height] = [columns, rows];
    small.getContext("2d").putImageData(image, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(small, edge, edge, columns * width, rows * height);
    const style = getComputedStyle(document.documentElement);
    for (const [row, colour] of marks.rows) {
      context.fillStyle = style.getPropertyValue(colour);
      context.fillRect(0, edge + row * height, edge - 1, Math.max(height, 2));
    }
    for (const [column, colour] of marks.columns) {
      context.fillStyle = style.getPropertyValue(colour);
      context.fillRect(edge + column * width, 0, Math.max(width, 2), edge - 1);
    }
  }

  say() {
    const [row, column] = this.cursor;
    const value = this.tensor.data[row * this.size[1] + column];
    this.readout.textContent = `[${row}, ${column}] ${value.toPrecision(4)}`;
  }

  move(event) {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    this.cursor = this.cursor.map((place, i) => Math.max(0, Math.min(this.size[i] - 1, place + step[i])));
    this.say();
  }

  point(event) {
    const box = this.canvas.getBoundingClientRect();
    const { cell, edge } = this.geometry;
    const place = [event.clientY - box.top, event.clientX - box.left].map((offset, i) =>
      Math.floor((offset * ([this.canvas.height, this.canvas.width][i] / [box.height, box.width][i]) - edge) / cell[i]),
    );
    if (place.some((value, i) => value < 0 || value >= this.size[i])) return;
    this.cursor = place;
    this.say();
  }
}
