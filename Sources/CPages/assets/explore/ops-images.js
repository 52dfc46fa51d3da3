// Operations on images: [n, channels, height, width].

/** Vertical and horizontal numbers of a window; padding as top, left, bottom, right. */
function windowOf(attributes, kernel, usualStride) {
  const pair = (value) => (Array.isArray(value) ? value : [value, value]);
  const padding = pair(attributes.padding ?? 0);
  return {
    kernel,
    stride: pair(attributes.stride ?? usualStride),
    padding: padding.length === 4 ? padding : [...padding, ...padding],
    dilation: pair(attributes.dilation ?? 1),
    outputSize(height, width) {
      const [top, left, bottom, right] = this.padding;
      const reach = kernel.map((size, axis) => (size - 1) * this.dilation[axis] + 1);
      return [
        Math.floor((height + top + bottom - reach[0]) / this.stride[0]) + 1,
        Math.floor((width + left + right - reach[1]) / this.stride[1]) + 1,
      ];
    },
  };
}

/** Calls f(pixel, tap) for the pixels of one plane under a window; padding is left out. */
function underWindow(view, shape, y, x, f) {
  const [height, width] = shape.slice(2);
  for (let i = 0; i < view.kernel[0]; i++) {
    const row = y * view.stride[0] - view.padding[0] + i * view.dilation[0];
    if (row < 0 || row >= height) continue;
    for (let j = 0; j < view.kernel[1]; j++) {
      const column = x * view.stride[1] - view.padding[1] + j * view.dilation[1];
      if (column >= 0 && column < width) f(row * width + column, i * view.kernel[1] + j);
    }
  }
}

operations.conv2d = ([x, weight, bias], attributes) => {
  const groups = attributes.groups ?? 1;
  const [outputs, inputs, kh, kw] = weight.shape;
  const view = windowOf(attributes, [kh, kw], 1);
  const [height, width] = view.outputSize(x.shape[2], x.shape[3]);
  const y = zeros([x.shape[0], outputs, height, width]);
  const plane = x.shape[2] * x.shape[3];
  let position = 0;
  for (let n = 0; n < x.shape[0]; n++) {
    for (let out = 0; out < outputs; out++) {
      const first = Math.floor(out / (outputs / groups)) * inputs;
      for (let row = 0; row < height; row++) {
        for (let column = 0; column < width; column++) {
          let sum = bias ? bias.data[out] : 0;
          for (let i = 0; i < inputs; i++) {
            const image = (n * x.shape[1] + first + i) * plane;
            const kernel = (out * inputs + i) * kh * kw;
            underWindow(view, x.shape, row, column, (pixel, tap) => {
              sum += x.data[image + pixel] * weight.data[kernel + tap];
            });
          }
          y.data[position++] = sum;
        }
      }
    }
  }
  return y;
};

/** One number for each window of each plane. */
function pooled(x, attributes, f) {
  const kernel = Array.isArray(attributes.kernel) ? attributes.kernel : [attributes.kernel, attributes.kernel];
  const view = windowOf(attributes, kernel, kernel);
  const [height, width] = view.outputSize(x.shape[2], x.shape[3]);
  const y = zeros([x.shape[0], x.shape[1], height, width]);
  const plane = x.shape[2] * x.shape[3];
  for (let i = 0; i < y.data.length; i++) {
    const start = Math.floor(i / (height * width)) * plane;
    const values = [];
    const row = Math.floor(i / width) % height;
    underWindow(view, x.shape, row, i % width, (pixel) => values.push(x.data[start + pixel]));
    y.data[i] = f(values, kernel[0] * kernel[1]);
  }
  return y;
}

operations.averagePool2d = ([x], attributes) =>
  pooled(x, attributes, (values, area) => values.reduce((a, b) => a + b, 0) / area);

operations.maxPool2d = ([x], attributes) => pooled(x, attributes, (values) => Math.max(...values));

operations.globalAveragePool = ([x]) => {
  const y = zeros(x.shape.slice(0, 2));
  const run = x.data.length / y.data.length;
  for (let i = 0; i < x.data.length; i++) y.data[Math.floor(i / run)] += x.data[i] / run;
  return y;
};

operations.convTranspose2d = ([x, weight, bias], attributes) => {
  const groups = attributes.groups ?? 1;
  const [inputs, outputs, kh, kw] = weight.shape;
  const view = windowOf(attributes, [kh, kw], 1);
  const extra = attributes.outputPadding ?? 0;
  const [height, width] = [0, 1].map((axis) => {
    const reach = (weight.shape[2 + axis] - 1) * view.dilation[axis] + 1;
    const added = Array.isArray(extra) ? extra[axis] : extra;
    return (x.shape[2 + axis] - 1) * view.stride[axis] - view.padding[axis] - view.padding[axis + 2] + reach + added;
  });
  const y = zeros([x.shape[0], outputs * groups, height, width]);
  if (bias) y.data.forEach((_, i) => (y.data[i] = bias.data[Math.floor(i / (height * width)) % bias.data.length]));
  const pixels = x.shape[2] * x.shape[3];
  for (let i = 0; i < x.data.length; i++) {
    const channel = Math.floor(i / pixels) % inputs;
    const image = Math.floor(i / pixels / inputs) * outputs * groups;
    const first = Math.floor(channel / (inputs / groups)) * outputs;
    const row = Math.floor(i / x.shape[3]) % x.shape[2];
    for (let out = 0; out < outputs; out++) {
      const plane = (image + first + out) * height * width;
      underWindow(view, y.shape, row, i % x.shape[3], (pixel, tap) => {
        y.data[plane + pixel] += x.data[i] * weight.data[(channel * outputs + out) * kh * kw + tap];
      });
    }
  }
  return y;
};

/** An operation on sequences [n, channels, length] as its image's with a height of 1. */
function asImage(operation, [x, weight, bias], attributes) {
  const lift = (tensor) => ({ shape: [tensor.shape[0], tensor.shape[1], 1, tensor.shape[2]], data: tensor.data });
  const one = (value, usual) => (Array.isArray(value) ? value[0] : (value ?? usual));
  const padding = Array.isArray(attributes.padding) ? attributes.padding : [attributes.padding ?? 0];
  const wide = {
    groups: attributes.groups ?? 1,
    stride: [1, one(attributes.stride, 1)],
    dilation: [1, one(attributes.dilation, 1)],
    padding: [0, padding[0], 0, padding[padding.length - 1]],
    outputPadding: [0, one(attributes.outputPadding, 0)],
  };
  const y = operation(bias ? [lift(x), lift(weight), bias] : [lift(x), lift(weight)], wide);
  return { shape: [y.shape[0], y.shape[1], y.shape[3]], data: y.data };
}

operations.conv1d = (inputs, attributes) => asImage(operations.conv2d, inputs, attributes);
operations.convTranspose1d = (inputs, attributes) => asImage(operations.convTranspose2d, inputs, attributes);
