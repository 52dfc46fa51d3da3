// Permutation groups and where they act (docs/symmetry.md). A factor of an axis is {group: index} or {fixed: count}.

class Symmetry {
  constructor(groups) {
    this.groups = groups;
    this.decoded = new Map();
  }

  /** For every position of an axis: its segment, its digits by group, and the step of each digit. */
  positions(axis) {
    if (this.decoded.has(axis)) return this.decoded.get(axis);
    const all = [];
    axis.forEach((factors, segment) => {
      const sizes = factors.map((factor) => factor.fixed ?? this.groups[factor.group].size);
      const steps = stridesOf(sizes);
      const start = all.length;
      for (let index = 0; index < sizeOf(sizes); index++) {
        const digits = new Map();
        factors.forEach((factor, i) => {
          if (factor.group === undefined) return;
          digits.set(factor.group, { digit: Math.floor(index / steps[i]) % sizes[i], step: steps[i] });
        });
        all.push({ segment, digits, position: start + index });
      }
    });
    this.decoded.set(axis, all);
    return all;
  }

  /** True where a position belongs to item `digit` of a group, in the family member that is meant. */
  isOf(position, group, member, digit) {
    const found = position.digits.get(group);
    if (!found || found.digit !== digit) return false;
    return this.groups[group].dependsOn.every((other, i) => position.digits.get(other)?.digit === member[i]);
  }

  /** Where each position of an axis goes when items a and b change places; in one segment only, if it is given. */
  images(axis, { group, member, a, b }, segment) {
    return this.positions(axis).map((position) => {
      if (segment !== undefined && position.segment !== segment) return position.position;
      const step = position.digits.get(group)?.step;
      if (this.isOf(position, group, member, a)) return position.position + (b - a) * step;
      if (this.isOf(position, group, member, b)) return position.position + (a - b) * step;
      return position.position;
    });
  }

  /** Every place where a group acts: a segment of an axis of a tensor. */
  places(tensors, group) {
    return tensors.flatMap((tensor) =>
      tensor.axes.flatMap((axis, axisIndex) =>
        axis.flatMap((factors, segment) => {
          if (!factors.some((factor) => factor.group === group)) return [];
          return [{ tensor: tensor.name, axis: axisIndex, segment, segments: axis.length }];
        }),
      ),
    );
  }
}

/** A tensor with the positions of one axis moved. */
function permuteAxis(tensor, axis, images) {
  const result = copyOf(tensor);
  const inner = sizeOf(tensor.shape.slice(axis + 1));
  const size = tensor.shape[axis];
  for (let outer = 0; outer < tensor.data.length / (inner * size); outer++) {
    images.forEach((image, position) => {
      if (image === position) return;
      const from = (outer * size + position) * inner;
      result.data.set(tensor.data.subarray(from, from + inner), (outer * size + image) * inner);
    });
  }
  return result;
}
