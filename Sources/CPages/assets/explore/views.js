// The other parts of the page: output, weights, the computation step by step.

function make(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

/** Largest absolute value, at least a little. */
function scaleOf(tensor) {
  return tensor.data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1e-12);
}

/** The outputs of the last position as bars: what they are, over what they were. */
class OutputView {
  constructor(place) {
    this.place = place;
    this.most = 40;
  }

  draw(now, before) {
    const classes = now.shape[now.shape.length - 1];
    const start = now.data.length - classes;
    const shown = Math.min(classes, this.most);
    const largest = scaleOf(before);
    const [width, height, middle] = [720, 150, 75];
    const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", class: "bars" });
    picture.append(svg("title", {}, "The output now (solid) over the output at the beginning (outlined)"));
    picture.append(svg("line", { x1: 0, y1: middle, x2: width, y2: middle, class: "axis" }));
    const step = width / shown;
    for (let i = 0; i < shown; i++) {
      const bar = (value, style) => {
        const length = Math.min(1.15, Math.abs(value) / largest) * 62;
        return svg("rect", {
          x: i * step + step * 0.12, width: step * 0.76, y: value < 0 ? middle : middle - length, height: length,
          class: style,
        });
      };
      const [a, b] = [now.data[start + i], before.data[start + i]];
      const group = svg("g");
      group.append(svg("title", {}, `output ${i}: ${a.toPrecision(6)}, at first ${b.toPrecision(6)}`));
      group.append(bar(a, "now"), bar(b, "before"));
      picture.append(group);
    }
    const rows = Array.from({ length: shown }, (_, i) =>
      make("tr", {}, make("th", { scope: "row", textContent: i }),
        make("td", { textContent: now.data[start + i].toPrecision(8) }),
        make("td", { textContent: before.data[start + i].toPrecision(8) })));
    const titles = ["output", "now", "at first"].map((text) => make("th", { scope: "col", textContent: text }));
    const head = make("tr", {}, ...titles);
    const table = make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows));
    const isOpen = this.place.querySelector("details")?.open ?? false;
    const details = make("details", { open: isOpen }, make("summary", { textContent: "The same as numbers" }),
      make("div", { className: "scroll" }, table));
    const note = shown < classes ? `The first ${shown} of ${classes} outputs` : `All ${classes} outputs`;
    const where = now.data.length > classes ? " of the last position" : "";
    const caption = make("p", { className: "quiet", textContent: `${note}${where}; outlined: at first.` });
    this.place.replaceChildren(picture, caption, details);
  }
}

/** Heat maps of the weights: those the group moves first, with a switch each; the others folded. */
class WeightsView {
  constructor(model, place, onToggle) {
    Object.assign(this, { model, place, onToggle, maps: new Map() });
  }

  draw(choice, moving) {
    const places = this.model.places(choice.group);
    const names = [...new Set(places.map((place) => place.tensor))];
    const isNew = this.group !== choice.group;
    if (isNew) this.build(choice, names, places);
    this.group = choice.group;
    for (const [name, map] of this.maps) {
      map.draw(this.model.tensors.get(name), scaleOf(this.model.original.get(name)), this.marks(name, choice));
    }
    for (const box of this.place.querySelectorAll("input")) box.checked = moving.has(box.dataset.key);
  }

  build(choice, names, places) {
    this.maps.clear();
    const figures = (list) => list.map((name) => this.figure(name, places.filter((place) => place.tensor === name)));
    const others = this.model.data.tensors.map((tensor) => tensor.name).filter((name) => !names.includes(name));
    const count = others.length === 1 ? "One tensor" : `${others.length} tensors`;
    const folded = make("details", {}, make("summary", { textContent: `${count} that it does not move` }));
    const rest = make("div", { className: "heatmaps" });
    folded.append(rest);
    // Drawn when they are asked for: there may be many.
    folded.addEventListener("toggle", () => {
      if (rest.childElementCount === 0) rest.append(...figures(others));
      this.redrawRest(others, choice);
    });
    const moved = make("div", { className: "heatmaps" }, ...figures(names));
    this.place.replaceChildren(moved, ...(others.length ? [folded] : []));
  }

  redrawRest(names, choice) {
    for (const name of names) {
      const scale = scaleOf(this.model.original.get(name));
      this.maps.get(name)?.draw(this.model.tensors.get(name), scale, this.marks(name, choice));
    }
  }

  figure(name, places) {
    const tensor = this.model.info.get(name);
    const map = new HeatMap(name);
    this.maps.set(name, map);
    map.caption.append(make("b", {}, ...breakable(name)), " ");
    map.caption.append(make("span", { className: "shape", textContent: shapeText(tensor.shape) }));
    for (const place of places) {
      const box = make("input", { type: "checkbox" });
      box.dataset.key = keyOf(place);
      box.addEventListener("change", () => this.onToggle(keyOf(place), box.checked));
      map.caption.append(make("label", { className: "place" }, box, ` move its ${axisWord(place, tensor)}`));
    }
    return map.element;
  }

  /** Where items A and B stand on the axis that goes down and on those across. */
  marks(name, choice) {
    const marks = { rows: new Map(), columns: new Map() };
    const tensor = this.model.info.get(name);
    const down = tensor.shape.length < 2 ? -1 : downAxis(tensor.shape);
    tensor.axes.forEach((axis, index) => {
      const inner = sizeOf(tensor.shape.slice(index + 1));
      for (const position of this.model.symmetry.positions(axis)) {
        for (const [digit, colour] of [[choice.a, "--first"], [choice.b, "--second"]]) {
          if (!this.model.symmetry.isOf(position, choice.group, choice.member, digit)) continue;
          if (index === down) marks.rows.set(position.position, colour);
          if (index <= down) continue;
          for (let i = 0; i < inner; i++) marks.columns.set(position.position * inner + i, colour);
        }
      }
    });
    return marks;
  }
}

/** One operation of the program at a time, with its result now and at first. */
class StepView {
  constructor(model, place) {
    Object.assign(this, { model, place, step: 0 });
    this.map = new HeatMap("result of this operation");
  }

  go(step) {
    const last = this.model.data.program.operations.length - 1;
    this.step = Math.max(0, Math.min(last, step));
    this.draw();
  }

  draw() {
    const { operations: list } = this.model.data.program;
    const operation = list[this.step];
    const [now, before] = [this.model.results[this.step], this.model.originalResults[this.step]];
    const names = operation.inputs.map((input) => (typeof input === "number" ? `result ${input + 1}` : input));
    const change = relativeChange(now, before);
    const same = change < 1e-9;
    const title = make("p", {}, make("b", { textContent: `${this.step + 1} of ${list.length}: ${operation.op}` }),
      ` (${names.join(", ")}) → ${shapeText(now.shape)}`);
    const sorted = (tensor) => ({ data: tensor.data.slice().sort() });
    const isMoved = !same && relativeChange(sorted(now), sorted(before)) < 1e-9;
    const text = same
      ? "The same as at first."
      : isMoved
        ? "The numbers of the beginning, in other places: the items have moved, and nothing else."
        : `Other numbers than at first: they differ by ${shareText(change)} of the largest.`;
    const verdict = make("p", { className: same || isMoved ? "good" : "bad", textContent: text });
    this.map.draw(now, scaleOf(before));
    this.place.replaceChildren(title, verdict, this.map.element);
  }
}
