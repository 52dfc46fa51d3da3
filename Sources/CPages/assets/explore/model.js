// What the page knows: a network with its weights, and the swaps made so far. Nothing here touches the document.

class ExploredModel {
  constructor(data) {
    this.data = data;
    this.symmetry = new Symmetry(data.groups);
    this.program = new TracedProgram(data.program);
    this.original = new Map(data.tensors.map((tensor) => [tensor.name, decodeFloats(tensor.data, tensor.shape)]));
    this.info = new Map(data.tensors.map((tensor) => [tensor.name, tensor]));
    this.setInputs(this.givenInputs());
    this.reset();
  }

  /** The inputs that came with the page. */
  givenInputs() {
    return new Map(
      this.data.inputs.map((input) => [
        input.name,
        input.values ? { shape: input.shape, data: input.values } : decodeFloats(input.data, input.shape),
      ]),
    );
  }

  setInputs(inputs) {
    this.inputs = inputs;
    this.originalResults = this.run(this.original);
    this.originalLogits = this.logitsOf(this.originalResults, this.original);
    if (this.tensors) this.update();
  }

  run(tensors) {
    return this.program.run(new Map([...tensors, ...this.inputs]));
  }

  logitsOf(results, tensors) {
    return this.program.output("logits", results, new Map([...tensors, ...this.inputs]));
  }

  reset() {
    this.tensors = new Map(this.original);
    this.swaps = [];
    this.update();
  }

  update() {
    this.results = this.run(this.tensors);
    this.logits = this.logitsOf(this.results, this.tensors);
  }

  /** Largest change of any output since the beginning, relative to the largest output. */
  get change() {
    return relativeChange(this.logits, this.originalLogits);
  }

  places(group) {
    return this.symmetry.places(this.data.tensors, group);
  }

  /** Exchanges items a and b of a group in these places. */
  swap(swap, places) {
    for (const place of places) {
      const images = this.symmetry.images(this.info.get(place.tensor).axes[place.axis], swap, place.segment);
      this.tensors.set(place.tensor, permuteAxis(this.tensors.get(place.tensor), place.axis, images));
    }
    this.swaps.push({ ...swap, keys: new Set(places.map(keyOf)) });
    this.update();
  }

  /** Whose weights stand at slot `digit` of a group in one place: the number of an original item. */
  carried({ group, member }, digit, place) {
    let item = digit;
    for (const swap of this.swaps.slice().reverse()) {
      const isSame = swap.group === group && swap.member.join() === member.join() && swap.keys.has(keyOf(place));
      if (isSame && item === swap.a) item = swap.b;
      else if (isSame && item === swap.b) item = swap.a;
    }
    return item;
  }

  /** One place whose swap alone is seen in the output; the first, if none is. */
  tellingPlace(swap) {
    const places = this.places(swap.group);
    const seen = places.find((place) => {
      const tensors = new Map(this.original);
      const images = this.symmetry.images(this.info.get(place.tensor).axes[place.axis], swap, place.segment);
      tensors.set(place.tensor, permuteAxis(this.original.get(place.tensor), place.axis, images));
      return relativeChange(this.logitsOf(this.run(tensors), tensors), this.originalLogits) > 1e-4;
    });
    return seen ?? places[0];
  }
}

function keyOf(place) {
  return `${place.tensor}|${place.axis}|${place.segment}`;
}
