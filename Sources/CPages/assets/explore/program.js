// A traced program (docs/traced.md), with all sizes as numbers: operations in the order in which they run.

class TracedProgram {
  constructor(program) {
    this.program = program;
    this.constants = new Map();
    for (const constant of program.constants) {
      this.constants.set(constant.name, decodeFloats(constant.data, constant.shape));
    }
    const unknown = program.operations.find((operation) => !(operation.op in operations));
    if (unknown) throw new Error(`this page cannot compute the operation ${unknown.op}`);
  }

  /**
   * Runs all operations.
   * @param tensors by name: parameters, buffers and inputs.
   * @returns the result of every operation, in order.
   */
  run(tensors) {
    const results = [];
    const find = (reference) => {
      if (typeof reference === "number") return results[reference];
      const tensor = tensors.get(reference) ?? this.constants.get(reference);
      if (!tensor) throw new Error(`no value is called ${reference}`);
      return tensor;
    };
    for (const operation of this.program.operations) {
      results.push(operations[operation.op](operation.inputs.map(find), operation.attributes ?? {}));
    }
    return results;
  }

  /** The output of that name among the results of a run. */
  output(name, results, tensors) {
    const value = this.program.outputs.find((output) => output.name === name).value;
    return typeof value === "number" ? results[value] : tensors.get(value);
  }
}
