// The host's operations (docs/ops.md), one function each: (inputs, attributes) => tensor. Computed in double precision.
const operations = {};

function mapped(x, f) {
  const y = zeros(x.shape);
  for (let i = 0; i < y.data.length; i++) y.data[i] = f(x.data[i]);
  return y;
}

/** f of the elements of several tensors, each repeating over the largest shape (NumPy's broadcasting). */
function broadcasted(tensors, f, shape = []) {
  const rank = Math.max(shape.length, ...tensors.map((tensor) => tensor.shape.length));
  const full = new Array(rank).fill(1);
  for (const sizes of [...tensors.map((tensor) => tensor.shape), shape]) {
    const first = rank - sizes.length;
    sizes.forEach((size, axis) => (full[first + axis] = Math.max(size, full[first + axis])));
  }
  const steps = tensors.map((tensor) => {
    const own = stridesOf(tensor.shape).map((stride, axis) => (tensor.shape[axis] === 1 ? 0 : stride));
    return [...new Array(rank - own.length).fill(0), ...own];
  });
  const y = zeros(full);
  const index = new Array(rank).fill(0);
  for (let i = 0; i < y.data.length; i++) {
    const values = tensors.map((tensor, n) => {
      let place = 0;
      for (let k = 0; k < rank; k++) place += index[k] * steps[n][k];
      return tensor.data[place];
    });
    y.data[i] = f(...values);
    for (let k = rank - 1; k >= 0 && ++index[k] === full[k]; k--) index[k] = 0;
  }
  return y;
}

operations.add = (inputs) => broadcasted(inputs, (x, y) => x + y);
operations.mul = (inputs) => broadcasted(inputs, (x, y) => x * y);
operations.scale = ([x], { factor }) => mapped(x, (value) => Math.fround(factor) * value);
operations.relu = ([x]) => mapped(x, (value) => (value > 0 ? value : 0));
operations.tanh = ([x]) => mapped(x, Math.tanh);
operations.silu = ([x]) => mapped(x, (value) => value / (1 + Math.exp(-value)));

/** The error function: its series near 0, a continued fraction of the complement far out. */
function erf(x) {
  const z = Math.abs(x);
  if (z > 6) return Math.sign(x);
  if (z < 2.5) {
    let term = z;
    let sum = z;
    for (let n = 1; n < 80; n++) {
      term *= (-z * z) / n;
      sum += term / (2 * n + 1);
    }
    return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (z + fraction);
  return Math.sign(x) * (1 - Math.exp(-z * z) / ((z + fraction) * Math.sqrt(Math.PI)));
}

operations.gelu = ([x], { approximation = "erf" }) => {
  if (approximation === "erf") return mapped(x, (value) => (value / 2) * (1 + erf(value / Math.SQRT2)));
  const scale = Math.sqrt(2 / Math.PI);
  return mapped(x, (value) => (value / 2) * (1 + Math.tanh(scale * (value + 0.044715 * value ** 3))));
};

operations.reshape = ([x], { shape }) => {
  const known = shape.reduce((product, size) => (size === -1 ? product : product * size), 1);
  return { shape: shape.map((size) => (size === -1 ? x.data.length / known : size)), data: x.data };
};

operations.transpose = ([x], { axes }) => {
  const strides = stridesOf(x.shape);
  const y = zeros(axes.map((axis) => x.shape[axis]));
  const index = new Array(axes.length).fill(0);
  for (let i = 0; i < y.data.length; i++) {
    let source = 0;
    for (let k = 0; k < axes.length; k++) source += index[k] * strides[axes[k]];
    y.data[i] = x.data[source];
    for (let k = axes.length - 1; k >= 0 && ++index[k] === y.shape[k]; k--) index[k] = 0;
  }
  return y;
};

operations.slice = ([x], { axis, start, end }) => {
  const shape = x.shape.slice();
  shape[axis] = end - start;
  const y = zeros(shape);
  const inner = sizeOf(x.shape.slice(axis + 1));
  const run = (end - start) * inner;
  for (let outer = 0; outer < y.data.length / run; outer++) {
    const from = (outer * x.shape[axis] + start) * inner;
    y.data.set(x.data.subarray(from, from + run), outer * run);
  }
  return y;
};

operations.concat = (inputs, { axis }) => {
  const shape = inputs[0].shape.slice();
  shape[axis] = inputs.reduce((sum, x) => sum + x.shape[axis], 0);
  const y = zeros(shape);
  const inner = sizeOf(shape.slice(axis + 1));
  const step = shape[axis] * inner;
  let begin = 0;
  for (const x of inputs) {
    const run = x.shape[axis] * inner;
    for (let outer = 0; outer < x.data.length / run; outer++) {
      y.data.set(x.data.subarray(outer * run, (outer + 1) * run), outer * step + begin);
    }
    begin += run;
  }
  return y;
};

operations.expand = ([x], { count }) => {
  const y = zeros([count, ...x.shape]);
  for (let i = 0; i < count; i++) y.data.set(x.data, i * x.data.length);
  return y;
};

operations.embedding = ([ids, table]) => {
  const width = table.shape[1];
  const y = zeros([...ids.shape, width]);
  ids.data.forEach((id, i) => {
    if (!(id >= 0 && id < table.shape[0])) throw new RangeError(`embedding: no row ${id} of ${table.shape[0]}`);
    y.data.set(table.data.subarray(id * width, (id + 1) * width), i * width);
  });
  return y;
};

operations.mean = ([x], { axes, keepAxes = 0 }) => {
  const shape = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const y = zeros(shape);
  const strides = stridesOf(shape).map((stride, axis) => (axes.includes(axis) ? 0 : stride));
  const index = new Array(x.shape.length).fill(0);
  for (let i = 0; i < x.data.length; i++) {
    let target = 0;
    for (let k = 0; k < index.length; k++) target += index[k] * strides[k];
    y.data[target] += x.data[i];
    for (let k = index.length - 1; k >= 0 && ++index[k] === x.shape[k]; k--) index[k] = 0;
  }
  const count = x.data.length / y.data.length;
  for (let i = 0; i < y.data.length; i++) y.data[i] /= count;
  return { shape: keepAxes ? shape : shape.filter((_, axis) => !axes.includes(axis)), data: y.data };
};
