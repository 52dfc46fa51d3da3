// Dense row-major tensors: {shape, data}, data a Float64Array or, for integers, a plain array.

function sizeOf(shape) {
  return shape.reduce((product, size) => product * size, 1);
}

function zeros(shape) {
  return { shape, data: new Float64Array(sizeOf(shape)) };
}

function copyOf(tensor) {
  return { shape: tensor.shape, data: tensor.data.slice() };
}

/** Elements from one index of each axis to the next. */
function stridesOf(shape) {
  const strides = new Array(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1] * shape[axis + 1];
  return strides;
}

/** float32, little-endian, in base64. */
function decodeFloats(text, shape) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const tensor = zeros(shape);
  for (let i = 0; i < tensor.data.length; i++) tensor.data[i] = view.getFloat32(4 * i, true);
  return tensor;
}

/** Largest |a - b| over the largest |b|. */
function relativeChange(a, b) {
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < b.data.length; i++) {
    const distance = Math.abs(a.data[i] - b.data[i]);
    if (!(distance <= difference)) difference = distance; // NaN counts as the largest
    largest = Math.max(largest, Math.abs(b.data[i]));
  }
  return largest > 0 ? difference / largest : difference;
}
