// The page's controls: they choose a pair, swap it in the model, and have all views drawn again.

class Explorer {
  constructor(model) {
    this.model = model;
    this.random = 1;
    for (const id of ["group", "first", "second", "compensate", "whole"]) this[id] = document.getElementById(id);
    this.output = new OutputView(document.getElementById("output"));
    this.weights = new WeightsView(model, document.getElementById("weights"), (key, isOn) => this.toggle(key, isOn));
    if (model.data.graph) this.graph = new GraphView(model, document.getElementById("graph"));
    this.steps = new StepView(model, document.getElementById("step"));
    this.fillGroups();
    this.connect();
    this.chooseGroup();
    this.showInput();
    this.showCheck();
  }

  connect() {
    const on = (id, event, action) => document.getElementById(id).addEventListener(event, action);
    on("group", "change", () => this.chooseGroup());
    for (const id of ["first", "second"]) on(id, "change", () => this.choose());
    on("compensate", "change", () => this.setCompensation());
    on("whole", "change", () => this.draw());
    on("swap", "click", () => this.swap());
    on("swap-random", "click", () => this.swapRandom());
    on("reset", "click", () => this.reset());
    on("step-first", "click", () => this.steps.go(0));
    on("step-back", "click", () => this.steps.go(this.steps.step - 1));
    on("step-on", "click", () => this.steps.go(this.steps.step + 1));
    on("redraw", "click", () => this.drawInputs());
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  fillGroups() {
    this.model.data.groups.forEach((group, index) => {
      if (group.size < 2 || !this.model.places(index).length) return;
      this.group.append(make("option", { value: index, textContent: groupTitle(group) }));
    });
  }

  /** A group: its family members to choose from, its items, everything moving together. */
  chooseGroup() {
    const group = this.model.data.groups[Number(this.group.value)];
    const options = (count, name) =>
      Array.from({ length: count }, (_, i) => make("option", { value: i, textContent: `${name} ${i}` }));
    const members = group.dependsOn.map((other) => {
      const owner = this.model.data.groups[other];
      const select = make("select", { className: "member" }, ...options(owner.size, itemName(owner)));
      select.addEventListener("change", () => this.choose());
      return make("label", { textContent: "in " }, select);
    });
    document.getElementById("members").replaceChildren(...members);
    for (const select of [this.first, this.second]) select.replaceChildren(...options(group.size, "number"));
    this.second.value = 1;
    this.model.reset();
    this.compensate.checked = true;
    this.choose();
    this.say("Nothing has been swapped yet.");
  }

  /** The chosen pair. */
  choose() {
    this.choice = {
      group: Number(this.group.value),
      member: [...document.querySelectorAll(".member")].map((select) => Number(select.value)),
      a: Number(this.first.value),
      b: Number(this.second.value),
    };
    this.setCompensation();
  }

  setCompensation() {
    const places = this.model.places(this.choice.group);
    const isOn = this.compensate.checked;
    this.moving = new Set((isOn ? places : [this.model.tellingPlace(this.choice)]).map(keyOf));
    this.draw();
  }

  toggle(key, isOn) {
    if (isOn) this.moving.add(key);
    else this.moving.delete(key);
    this.compensate.checked = this.moving.size === this.model.places(this.choice.group).length;
    this.draw();
  }

  swap() {
    if (this.choice.a === this.choice.b) return this.say("First and second are the same: nothing to swap.");
    const places = this.model.places(this.choice.group).filter((place) => this.moving.has(keyOf(place)));
    if (!places.length) return this.say("No tensor is set to move.");
    this.model.swap(this.choice, places);
    this.draw();
    this.say(verdictText(this.model, this.choice, places));
  }

  /** The same draws for everyone: a small linear congruential generator. */
  draw01() {
    this.random = (1103515245 * this.random + 12345) % 2 ** 31;
    return this.random / 2 ** 31;
  }

  swapRandom() {
    const size = this.model.data.groups[this.choice.group].size;
    const a = Math.floor(this.draw01() * size);
    const b = (a + 1 + Math.floor(this.draw01() * (size - 1))) % size;
    [this.first.value, this.second.value] = [a, b];
    for (const select of document.querySelectorAll(".member")) {
      select.value = Math.floor(this.draw01() * select.options.length);
    }
    this.choose();
    this.swap();
  }

  reset() {
    this.model.reset();
    this.draw();
    this.say("As at first: nothing is swapped.");
  }

  /** What happened, with the change of the output for people and, in data-change, for tests. */
  say(text) {
    const verdict = document.getElementById("verdict");
    const change = this.model.change;
    verdict.dataset.change = change;
    verdict.dataset.swaps = this.model.swaps.length;
    const isSame = change < 1e-5;
    const effect = this.model.swaps.length
      ? ` The output is ${isSame ? "the same" : "another"}: it differs by ${shareText(change)} of its largest value.`
      : "";
    verdict.replaceChildren(text, make("b", { className: isSame ? "good" : "bad", textContent: effect }));
  }

  draw() {
    this.output.draw(this.model.logits, this.model.originalLogits);
    this.weights.draw(this.choice, this.moving);
    this.graph?.draw(this.choice, this.whole.checked);
    this.steps.draw();
    const places = this.model.places(this.choice.group).filter((place) => this.moving.has(keyOf(place)));
    const { lines, list, end } = explanation(this.model, this.choice, places);
    document.getElementById("explanation").replaceChildren(
      ...lines.map((text) => make("p", { textContent: text })),
      make("ul", {}, ...list.map((text) => make("li", { textContent: text }))),
      make("p", { textContent: end }),
    );
  }

  showInput() {
    const parts = [...this.model.inputs].map(([name, tensor]) => {
      if (Array.isArray(tensor.data)) {
        return make("p", {}, make("b", { textContent: name }), `: tokens ${tensor.data.join(", ")}`);
      }
      const map = new HeatMap(name);
      const image = tensor.shape.length === 4 ? tensor.shape.slice(-2) : tensor.shape;
      const width = image[image.length - 1];
      map.draw({ shape: [tensor.data.length / width, width], data: tensor.data }, scaleOf(tensor));
      map.caption.append(make("b", { textContent: name }), ` ${shapeText(tensor.shape)}`);
      return map.element;
    });
    document.getElementById("input").replaceChildren(...parts);
  }

  /** Another input of the same kind. */
  drawInputs() {
    const inputs = new Map();
    for (const [name, tensor] of this.model.inputs) {
      const info = this.model.data.inputs.find((input) => input.name === name);
      const data = Array.isArray(tensor.data)
        ? tensor.data.map(() => Math.floor(this.draw01() * info.bound))
        : Float64Array.from(tensor.data, () => (this.draw01() + this.draw01() + this.draw01() - 1.5) * 2);
      inputs.set(name, { shape: tensor.shape, data });
    }
    this.model.setInputs(inputs);
    this.showInput();
    this.draw();
    this.say("Another input.");
  }

  /** This page's arithmetic beside the program's that made it. */
  showCheck() {
    const reference = decodeFloats(this.model.data.reference.data, this.model.data.reference.shape);
    const difference = relativeChange(this.model.originalLogits, reference);
    const place = document.getElementById("check");
    place.dataset.difference = difference;
    place.append(make("p", {
      className: difference < 1e-4 ? "good" : "bad",
      textContent:
        `For the input that came with it, this page's ${reference.data.length} outputs and those of nino forward ` +
        `differ by at most ${shareText(difference)} of the largest.`,
    }));
  }
}

window.explorer = new Explorer(new ExploredModel(JSON.parse(document.getElementById("model").textContent)));
