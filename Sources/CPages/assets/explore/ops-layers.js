// Operations with weights, and those that look at several positions at once.

operations.linear = ([x, weight, bias], { layout = "outFirst" }) => {
  const inputs = x.shape[x.shape.length - 1];
  const outFirst = layout === "outFirst";
  const outputs = weight.shape[outFirst ? 0 : 1];
  const [stepOut, stepIn] = outFirst ? [inputs, 1] : [1, outputs];
  const y = zeros([...x.shape.slice(0, -1), outputs]);
  for (let row = 0; row < x.data.length / inputs; row++) {
    for (let out = 0; out < outputs; out++) {
      let sum = bias ? bias.data[out] : 0;
      for (let i = 0; i < inputs; i++) sum += x.data[row * inputs + i] * weight.data[out * stepOut + i * stepIn];
      y.data[row * outputs + out] = sum;
    }
  }
  return y;
};

operations.matmul = ([a, b], { transposeA = 0, transposeB = 0 }) => {
  const [p, q] = a.shape.slice(-2);
  const [r, s] = b.shape.slice(-2);
  const [m, k] = transposeA ? [q, p] : [p, q];
  const n = transposeB ? r : s;
  const y = zeros([...a.shape.slice(0, -2), m, n]);
  for (let batch = 0; batch < y.data.length / (m * n); batch++) {
    const startA = batch * m * k;
    const startB = b.shape.length === 2 ? 0 : batch * k * n;
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let l = 0; l < k; l++) {
          const left = a.data[startA + (transposeA ? l * m + i : i * k + l)];
          sum += left * b.data[startB + (transposeB ? j * k + l : l * n + j)];
        }
        y.data[batch * m * n + i * n + j] = sum;
      }
    }
  }
  return y;
};

/** Each row of the last axis handed to f with a place for its result. */
function byRows(x, f) {
  const width = x.shape[x.shape.length - 1];
  const y = zeros(x.shape);
  for (let start = 0; start < x.data.length; start += width) {
    f(x.data.subarray(start, start + width), y.data.subarray(start, start + width));
  }
  return y;
}

operations.softmax = ([x]) =>
  byRows(x, (row, out) => {
    const largest = row.reduce((a, b) => Math.max(a, b), -Infinity);
    let sum = 0;
    for (let i = 0; i < row.length; i++) sum += out[i] = Math.exp(row[i] - largest);
    for (let i = 0; i < row.length; i++) out[i] /= sum;
  });

operations.layerNorm = ([x, weight, bias], { epsilon = 1e-5 }) =>
  byRows(x, (row, out) => {
    const mean = row.reduce((a, b) => a + b, 0) / row.length;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
    const scale = 1 / Math.sqrt(variance + epsilon);
    for (let i = 0; i < row.length; i++) {
      out[i] = (row[i] - mean) * scale * (weight ? weight.data[i] : 1) + (bias ? bias.data[i] : 0);
    }
  });

operations.rmsNorm = ([x, weight], { epsilon = 1e-6 }) =>
  byRows(x, (row, out) => {
    const scale = 1 / Math.sqrt(row.reduce((sum, value) => sum + value * value, 0) / row.length + epsilon);
    for (let i = 0; i < row.length; i++) out[i] = row[i] * scale * (weight ? weight.data[i] : 1);
  });

operations.batchNorm = ([x, weight, bias, mean, variance], { epsilon = 1e-5 }) => {
  const y = zeros(x.shape);
  const channels = x.shape[1];
  const run = sizeOf(x.shape.slice(2));
  for (let i = 0; i < y.data.length; i++) {
    const channel = Math.floor(i / run) % channels;
    const scale = weight.data[channel] / Math.sqrt(variance.data[channel] + epsilon);
    y.data[i] = (x.data[i] - mean.data[channel]) * scale + bias.data[channel];
  }
  return y;
};

operations.attention = ([q, k, v, bias], { heads, kvHeads = heads, causal = 0, window = 0, scale }) => {
  const [batch, length, width] = q.shape;
  const keys = k.shape[1];
  const size = width / heads;
  const valueSize = v.shape[2] / kvHeads;
  const factor = scale ?? 1 / Math.sqrt(size);
  const y = zeros([batch, length, valueSize * heads]);
  const added = bias && broadcasted([bias], (value) => value, [batch, heads, length, keys]);
  for (let b = 0; b < batch; b++) {
    for (let head = 0; head < heads; head++) {
      const keyHead = Math.floor(head / (heads / kvHeads));
      for (let t = 0; t < length; t++) {
        const query = (b * length + t) * width + head * size;
        const result = ((b * length + t) * heads + head) * valueSize;
        const end = causal ? Math.min(t + 1, keys) : keys;
        const first = window ? Math.max(0, Math.min(t + 1 - window, end - 1)) : 0;
        const weights = zeros([1, end - first]);
        for (let s = first; s < end; s++) {
          const key = ((b * keys + s) * kvHeads + keyHead) * size;
          let sum = 0;
          for (let i = 0; i < size; i++) sum += q.data[query + i] * k.data[key + i];
          const score = ((b * heads + head) * length + t) * keys + s;
          weights.data[s - first] = factor * sum + (added ? added.data[score] : 0);
        }
        const shares = operations.softmax([weights]).data;
        for (let s = first; s < end; s++) {
          const value = ((b * keys + s) * kvHeads + keyHead) * valueSize;
          for (let i = 0; i < valueSize; i++) y.data[result + i] += shares[s - first] * v.data[value + i];
        }
      }
    }
  }
  return y;
};

/** Frequencies of a rotary embedding, rounded to float32 at each step as the host rounds them. */
function rotaryFrequencies({ width, theta, factor, lowFactor, highFactor, positions }) {
  const f = Math.fround;
  return Array.from({ length: width / 2 }, (_, i) => {
    const frequency = f(1 / f(theta ** f(f(2 * i) / f(width))));
    if (factor === undefined) return frequency;
    const wavelength = f(f(2 * f(Math.PI)) / frequency);
    if (wavelength > positions / lowFactor) return f(frequency / factor);
    if (wavelength < positions / highFactor) return frequency;
    const smooth = f((positions / wavelength - lowFactor) / (highFactor - lowFactor));
    return f(((1 - smooth) * frequency) / factor + smooth * frequency);
  });
}

operations.rotary = ([x], attributes) => {
  const half = attributes.width / 2;
  const frequencies = rotaryFrequencies(attributes);
  const stride = x.shape[2];
  const y = zeros(x.shape);
  for (let row = 0; row < x.data.length / stride; row++) {
    const position = row % x.shape[1];
    for (let head = row * stride; head < (row + 1) * stride; head += attributes.width) {
      for (let i = 0; i < half; i++) {
        const angle = Math.fround(position * frequencies[i]) * (attributes.inverse ? -1 : 1);
        const [a, b] = [x.data[head + i], x.data[head + i + half]];
        y.data[head + i] = a * Math.cos(angle) - b * Math.sin(angle);
        y.data[head + i + half] = b * Math.cos(angle) + a * Math.sin(angle);
      }
    }
  }
  return y;
};

operations.crossEntropy = ([logits, labels], { ignoreIndex = -100, shift = 0 }) => {
  const classes = logits.shape[logits.shape.length - 1];
  const length = labels.shape[labels.shape.length - 1] ?? 1;
  let sum = 0;
  let count = 0;
  for (let row = 0; row < labels.data.length; row++) {
    if ((row % length) + shift >= length) continue;
    const label = labels.data[row + shift];
    if (label === ignoreIndex) continue;
    const scores = logits.data.subarray(row * classes, (row + 1) * classes);
    const largest = scores.reduce((a, b) => Math.max(a, b), -Infinity);
    sum += largest + Math.log(scores.reduce((total, s) => total + Math.exp(s - largest), 0)) - scores[label];
    count++;
  }
  return { shape: [], data: Float64Array.of(sum / count) };
};
