// Names and sentences for people.

/** What an item of a group is called; plugins name their groups by these words, others are just items. */
const itemNames = {
  residual: "dimension of the residual stream",
  hidden: "hidden unit",
  heads: "attention head",
  kv: "head of keys and values",
  group: "query head of a group",
  qk: "dimension of queries and keys",
  v: "value dimension",
  channels: "channel",
};

function itemName(group) {
  const word = group.name.replace(/[_.\d[\]]+.*$/, "");
  return itemNames[group.name] ?? itemNames[word] ?? "item";
}

function groupTitle(group) {
  return `${group.name}: ${group.size} × ${itemName(group)}`;
}

function axisWord(place, tensor) {
  const word = tensor.shape.length === 2 ? ["rows", "columns"][place.axis] : `axis ${place.axis}`;
  const part = place.segments > 1 ? `, part ${place.segment + 1} of ${place.segments}` : "";
  return (tensor.shape.length === 1 ? "elements" : word) + part;
}

/** A share as people write it: 52 %, or 2.0 × 10⁻⁸. */
function shareText(value) {
  if (value === 0) return "exactly 0";
  if (!Number.isFinite(value)) return "not a number";
  if (value >= 0.01) return `${Number((100 * value).toPrecision(2))} %`;
  const [mantissa, exponent] = value.toExponential(1).split("e");
  return `${mantissa} × 10${superscript(Number(exponent))}`;
}

function superscript(number) {
  const digits = { "-": "⁻" };
  [..."⁰¹²³⁴⁵⁶⁷⁸⁹"].forEach((letter, i) => (digits[i] = letter));
  return [...String(number)].map((letter) => digits[letter]).join("");
}

function shapeText(shape) {
  return shape.length ? shape.join(" × ") : "one number";
}

/** A tensor's name that may go on in another line behind a dot or an underscore. */
function breakable(name) {
  return name.split(/(?<=[._])/).flatMap((part) => [part, document.createElement("wbr")]);
}

function memberText(groups, swap) {
  const parts = groups[swap.group].dependsOn.map((other, i) => `${itemName(groups[other])} ${swap.member[i]}`);
  return parts.length ? ` in ${parts.join(", ")}` : "";
}

/** What happened, and why the output stayed or changed. */
function verdictText(model, swap, places) {
  const all = model.places(swap.group).length;
  const name = itemName(model.data.groups[swap.group]);
  const what = `${name}s ${swap.a} and ${swap.b}${memberText(model.data.groups, swap)} changed places`;
  const where = places.length === all ? `in all ${all} places` : `in ${places.length} of ${all} places`;
  return `${what[0].toUpperCase()}${what.slice(1)} ${where}.`;
}

function explanation(model, swap, places) {
  const group = model.data.groups[swap.group];
  const name = itemName(group);
  const lines = [
    `“${group.name}” has ${group.size} items, each a ${name}. An item has no place of its own: what it computes, ` +
      "the next layer finds by its number. So items may change numbers, if everything that counts them follows.",
  ];
  if (group.dependsOn.length) {
    const others = group.dependsOn.map((other) => model.data.groups[other].name).join(" and ");
    lines.push(`There is one such permutation for every item of ${others}: here you move one of them.`);
  }
  const all = model.places(swap.group);
  const list = all.map((place) => {
    const isMoved = places.some((other) => keyOf(other) === keyOf(place));
    return `${place.tensor}, ${axisWord(place, model.info.get(place.tensor))}: ${isMoved ? "moves" : "stays"}`;
  });
  const end =
    places.length === all.length
      ? "All of these move together, so the network computes the same function with other weights: a symmetry. In " +
        "the neural graph it is a relabelling of nodes: the same picture."
      : "Some of these stay behind. Their weights now meet another item, so the function changes: this is no " +
        "symmetry. In the neural graph one node has the edges of two.";
  return { lines, list, end };
}
