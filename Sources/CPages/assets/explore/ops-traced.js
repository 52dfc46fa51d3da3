// Operations that traced programs use beside those of the zoo.

const unaryFunctions = {
  exp: Math.exp, expm1: Math.expm1, log: Math.log, log1p: Math.log1p, sqrt: Math.sqrt, sin: Math.sin, cos: Math.cos,
  abs: Math.abs, floor: Math.floor, ceil: Math.ceil, truncate: Math.trunc, sign: Math.sign, erf,
  rsqrt: (x) => 1 / Math.sqrt(x),
  reciprocal: (x) => 1 / x,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  softplus: (x) => (x > 20 ? x : Math.log1p(Math.exp(x))),
  round: (x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)),
};

const binaryFunctions = {
  divide: (a, b) => a / b,
  power: (a, b) => a ** b,
  maximum: (a, b) => (a >= b || Number.isNaN(a) ? a : b),
  minimum: (a, b) => (a <= b || Number.isNaN(a) ? a : b),
  less: (a, b) => Number(a < b),
  lessEqual: (a, b) => Number(a <= b),
  equal: (a, b) => Number(a === b),
  notEqual: (a, b) => Number(a !== b),
};

operations.unary = ([x], attributes) => mapped(x, unaryFunctions[attributes.function]);
operations.binary = (inputs, attributes) => broadcasted(inputs, binaryFunctions[attributes.function]);
operations.where = (inputs) => broadcasted(inputs, (condition, a, b) => (condition !== 0 ? a : b));
operations.broadcast = ([x], { shape }) => broadcasted([x], (value) => value, shape);
operations.toFloat = ([x]) => ({ shape: x.shape, data: Float64Array.from(x.data) });

operations.reduce = ([x], attributes) => {
  if (attributes.function === "mean") return operations.mean([x], attributes);
  const { axes, keepAxes = 0 } = attributes;
  const shape = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const steps = stridesOf(shape).map((stride, axis) => (axes.includes(axis) ? 0 : stride));
  const start = { sum: 0, max: -Infinity, min: Infinity }[attributes.function];
  const join = { sum: (a, b) => a + b, max: Math.max, min: Math.min }[attributes.function];
  const y = zeros(shape);
  y.data.fill(start);
  const index = new Array(x.shape.length).fill(0);
  for (let i = 0; i < x.data.length; i++) {
    const target = index.reduce((sum, digit, k) => sum + digit * steps[k], 0);
    y.data[target] = join(y.data[target], x.data[i]);
    for (let k = index.length - 1; k >= 0 && ++index[k] === x.shape[k]; k--) index[k] = 0;
  }
  return { shape: keepAxes ? shape : shape.filter((_, axis) => !axes.includes(axis)), data: y.data };
};

/** Calls f(start, step, count) for every line of x along an axis. */
function forEachLine(x, axis, f) {
  const step = sizeOf(x.shape.slice(axis + 1));
  const count = x.shape[axis];
  for (let outer = 0; outer < x.data.length / (step * count); outer++) {
    for (let inner = 0; inner < step; inner++) f(outer * step * count + inner, step, count);
  }
}

operations.cumulativeSum = ([x], { axis }) => {
  const y = zeros(x.shape);
  forEachLine(x, axis, (start, step, count) => {
    let sum = 0;
    for (let i = 0; i < count; i++) y.data[start + i * step] = sum += x.data[start + i * step];
  });
  return y;
};

operations.argmax = ([x], { axis }) => {
  const y = zeros(x.shape.map((size, k) => (k === axis ? 1 : size)));
  let line = 0;
  forEachLine(x, axis, (start, step, count) => {
    let best = 0;
    for (let i = 1; i < count; i++) if (x.data[start + i * step] > x.data[start + best * step]) best = i;
    y.data[line++] = best;
  });
  return y;
};

operations.pad = ([x], { axis, before = 0, behind = 0, value = 0 }) => {
  const shape = x.shape.slice();
  shape[axis] += before + behind;
  const y = zeros(shape);
  y.data.fill(value);
  const inner = sizeOf(x.shape.slice(axis + 1));
  const run = x.shape[axis] * inner;
  for (let outer = 0; outer < x.data.length / run; outer++) {
    y.data.set(x.data.subarray(outer * run, (outer + 1) * run), (outer * shape[axis] + before) * inner);
  }
  return y;
};

operations.gather = ([x, indices], { axis }) => {
  const shape = x.shape.slice();
  shape[axis] = indices.shape[axis];
  const strides = stridesOf(x.shape);
  const steps = stridesOf(indices.shape).map((stride, k) => (indices.shape[k] === 1 ? 0 : stride));
  const y = zeros(shape);
  const index = new Array(shape.length).fill(0);
  for (let i = 0; i < y.data.length; i++) {
    const place = indices.data[index.reduce((sum, digit, k) => sum + digit * steps[k], 0)];
    y.data[i] = x.data[index.reduce((sum, digit, k) => sum + (k === axis ? place : digit) * strides[k], 0)];
    for (let k = index.length - 1; k >= 0 && ++index[k] === shape[k]; k--) index[k] = 0;
  }
  return y;
};

/** Places of the largest of a row, largest first, the first of equals. */
function largestOf(row, count) {
  return [...row.keys()].sort((a, b) => row[b] - row[a] || a - b).slice(0, count);
}

operations.topK = ([x], { count }) => {
  const width = x.shape[x.shape.length - 1];
  const y = zeros([...x.shape.slice(0, -1), count]);
  for (let row = 0; row < x.data.length / width; row++) {
    const values = x.data.subarray(row * width, (row + 1) * width);
    largestOf(values, count).forEach((place, rank) => (y.data[row * count + rank] = values[place]));
  }
  return y;
};

operations.topKScatter = ([x, values], { count }) => {
  const width = x.shape[x.shape.length - 1];
  const y = zeros(x.shape);
  for (let row = 0; row < x.data.length / width; row++) {
    largestOf(x.data.subarray(row * width, (row + 1) * width), count).forEach((place, rank) => {
      y.data[row * width + place] = values.data[row * count + rank];
    });
  }
  return y;
};

operations.rotaryTable = ([x, cosines, sines]) => {
  const half = x.shape[x.shape.length - 1] / 2;
  const turned = zeros(x.shape);
  for (let i = 0; i < x.data.length; i++) {
    turned.data[i] = i % (2 * half) < half ? -x.data[i + half] : x.data[i - half];
  }
  return broadcasted([x, turned, cosines, sines], (a, b, cosine, sine) => a * cosine + b * sine);
};

operations.recurrent = ([x, weight, stateWeight, bias, stateBias], { cell, reverse = 0 }) => {
  const [batch, steps] = x.shape;
  const units = stateWeight.shape[1];
  const width = stateWeight.shape[0];
  const y = zeros([batch, steps, units]);
  const sigmoid = unaryFunctions.sigmoid;
  for (let example = 0; example < batch; example++) {
    let state = { shape: [1, units], data: new Float64Array(units) };
    let memory = new Float64Array(units);
    for (let step = 0; step < steps; step++) {
      const now = example * steps + (reverse ? steps - 1 - step : step);
      const row = { shape: [1, x.shape[2]], data: x.data.subarray(now * x.shape[2], (now + 1) * x.shape[2]) };
      const a = operations.linear(bias ? [row, weight, bias] : [row, weight], {}).data;
      const b = operations.linear(stateBias ? [state, stateWeight, stateBias] : [state, stateWeight], {}).data;
      const sum = (gate, i) => a[gate * units + i] + b[gate * units + i];
      const next = new Float64Array(units);
      for (let i = 0; i < units; i++) {
        if (cell === "tanh") next[i] = Math.tanh(sum(0, i));
        else if (cell === "relu") next[i] = Math.max(0, sum(0, i));
        else if (cell === "lstm") {
          memory[i] = sigmoid(sum(1, i)) * memory[i] + sigmoid(sum(0, i)) * Math.tanh(sum(2, i));
          next[i] = sigmoid(sum(3, i)) * Math.tanh(memory[i]);
        } else {
          const update = sigmoid(sum(1, i));
          const fresh = Math.tanh(a[width - units + i] + sigmoid(sum(0, i)) * b[width - units + i]);
          next[i] = (1 - update) * fresh + update * state.data[i];
        }
      }
      state = { shape: [1, units], data: next };
      y.data.set(next, now * units);
    }
  }
  return y;
};
