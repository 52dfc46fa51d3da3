// The neural graph beside the weights: node blocks in columns, and the edges of the two items that are chosen.

const svgName = "http://www.w3.org/2000/svg";

function svg(name, attributes = {}, text) {
  const element = document.createElementNS(svgName, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

/** Column of each node block: one to the right of the last block that feeds it; blocks that nothing feeds, as late. */
function columnsOf(graph) {
  const joins = graph.edges.map((edge) => (edge.reversed ? [edge.to, edge.from] : [edge.from, edge.to]));
  const depth = graph.nodes.map(() => 0);
  graph.nodes.forEach((_, node) => {
    for (const [source, target] of joins) {
      if (target === node && source < node) depth[node] = Math.max(depth[node], depth[source] + 1);
    }
  });
  for (let node = graph.nodes.length - 1; node > 0; node--) {
    if (joins.some(([source, target]) => target === node && source !== node)) continue;
    const targets = joins.filter(([source]) => source === node).map(([, target]) => depth[target]);
    if (targets.length) depth[node] = Math.max(0, Math.min(...targets) - 1);
  }
  return depth;
}

class GraphView {
  constructor(model, place) {
    this.model = model;
    this.graph = model.data.graph;
    this.picture = svg("svg", { role: "img", class: "graph" });
    this.edgeLayer = svg("g");
    this.dotLayer = svg("g");
    this.labelLayer = svg("g");
    this.picture.append(this.edgeLayer, this.dotLayer, this.labelLayer);
    this.dots = new Map();
    this.columns = columnsOf(this.graph);
    place.append(this.picture);
  }

  /** Nodes of a block that belong to an item of the chosen group. */
  nodesOf(block, choice, digit) {
    if (!block.axis) return [];
    const positions = this.model.symmetry.positions(block.axis);
    return positions
      .filter((position) => this.model.symmetry.isOf(position, choice.group, choice.member, digit))
      .map((position) => position.position);
  }

  /** The blocks worth showing: those the group moves and their neighbours, or all. */
  visibleBlocks(choice, isWhole) {
    if (isWhole) return new Set(this.graph.nodes.keys());
    const moved = new Set(
      [...this.graph.nodes.keys()].filter((node) => this.nodesOf(this.graph.nodes[node], choice, choice.a).length),
    );
    const seen = new Set(moved);
    for (const edge of this.graph.edges) {
      if (moved.has(edge.from)) seen.add(edge.to);
      if (moved.has(edge.to)) seen.add(edge.from);
    }
    return seen;
  }

  /** Positions of a block that get a dot: the chosen ones, and others spread evenly. */
  shownNodes(block, choice) {
    const most = 12;
    if (block.count <= most) return Array.from({ length: block.count }, (_, i) => i);
    const chosen = [choice.a, choice.b].flatMap((digit) => this.nodesOf(block, choice, digit).slice(0, 4));
    const spread = Array.from({ length: most - chosen.length }, (_, i) => Math.floor((i * block.count) / most));
    return [...new Set([...chosen, ...spread])].sort((a, b) => a - b);
  }

  draw(choice, isWhole) {
    const visible = this.visibleBlocks(choice, isWhole);
    const used = [...new Set([...visible].map((node) => this.columns[node]))].sort((a, b) => a - b);
    const heights = used.map(() => 8);
    this.places = new Map();
    this.labelLayer.replaceChildren();
    const wanted = new Map();
    for (const node of [...visible].sort((a, b) => a - b)) {
      const block = this.graph.nodes[node];
      const column = used.indexOf(this.columns[node]);
      const x = 62 + column * 124;
      let y = heights[column] + 14;
      const shown = this.shownNodes(block, choice);
      const count = shown.length < block.count ? `${shown.length} of ${block.count}` : `${block.count}`;
      const label = svg("text", { x, y, "text-anchor": "middle", class: "block-label halo" }, shortened(block.name));
      label.append(svg("title", {}, `${block.name}, ${block.count} nodes`));
      this.labelLayer.append(label, svg("text", { x, y: y + 13, "text-anchor": "middle", class: "tick halo" }, count));
      y += 27;
      for (const position of shown) {
        this.places.set(`${node}:${position}`, { node, position, x, y });
        y += 15;
      }
      heights[column] = y;
    }
    const width = Math.max(260, 124 * used.length);
    const height = Math.max(...heights) + 8;
    this.picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.picture.style.width = `${width}px`;
    this.picture.setAttribute("aria-label", `${visible.size} node blocks; the edges of two nodes are drawn`);
    this.drawEdges(choice, visible);
    this.drawDots(choice, wanted);
  }

  drawEdges(choice, visible) {
    this.edgeLayer.replaceChildren();
    this.carriedAt = new Map();
    let left = 900;
    this.graph.edges.forEach((edge) => {
      if (!visible.has(edge.from) || !visible.has(edge.to)) return;
      for (const end of ["from", "to"]) {
        for (const digit of [choice.a, choice.b]) {
          for (const position of this.nodesOf(this.graph.nodes[edge[end]], choice, digit).slice(0, 4)) {
            left -= this.drawFan(edge, end, position, choice, digit, left);
          }
        }
      }
    });
  }

  /** Edges of one node within a block of edges, coloured by the item whose weights they carry. */
  drawFan(edge, end, position, choice, digit, most) {
    const other = end === "from" ? "to" : "from";
    const start = this.places.get(`${edge[end]}:${position}`);
    if (!start) return 0;
    const carried = this.carriedBy(edge, end, position, choice, digit);
    if (carried !== undefined) {
      const key = `${edge[end]}:${position}`;
      if (!this.carriedAt.has(key)) this.carriedAt.set(key, new Set());
      this.carriedAt.get(key).add(carried);
    }
    const style = carried === choice.a ? "first" : carried === choice.b ? "second" : "still";
    let drawn = 0;
    for (const place of this.places.values()) {
      if (place.node !== edge[other] || !joins(this.graph, edge, end, position, place.position)) continue;
      if (++drawn > Math.min(24, most)) break;
      const attributes = { x1: start.x, y1: start.y, x2: place.x, y2: place.y, class: `edge ${style}` };
      this.edgeLayer.append(svg("line", attributes));
    }
    return drawn;
  }

  /** The item whose weights an edge block has at a node: undefined where the block holds no weights of the group. */
  carriedBy(edge, end, position, choice, digit) {
    if (!edge.rule) return undefined;
    const [i, j] = end === "from" ? [position, partner(this.graph, edge, position)] : [0, position];
    const tensor = this.model.info.get(edge.rule.tensor);
    if (!tensor) return undefined; // the program does not read it
    let rest = addressOf(edge, i, j);
    const strides = stridesOf(tensor.shape);
    for (let axis = 0; axis < tensor.shape.length; axis++) {
      const index = Math.floor(rest / strides[axis]);
      rest %= strides[axis];
      const found = this.model.symmetry.positions(tensor.axes[axis])[index];
      if (!this.model.symmetry.isOf(found, choice.group, choice.member, digit)) continue;
      return this.model.carried(choice, digit, { tensor: tensor.name, axis, segment: found.segment });
    }
    return undefined;
  }

  /** One dot a node. A dot whose edges all moved goes along with them; one with edges of two items is torn. */
  drawDots(choice) {
    const kept = new Set();
    for (const { node, position, x, y } of this.places.values()) {
      const carried = this.carriedAt.get(`${node}:${position}`) ?? new Set();
      const isTorn = carried.size > 1;
      const item = isTorn ? undefined : [...carried][0];
      const key = item === undefined ? `${node}:${position}` : `${node}:${this.home(node, position, item, choice)}`;
      kept.add(key);
      let dot = this.dots.get(key);
      if (!dot) {
        dot = svg("g", { class: "node" });
        dot.append(svg("circle", { r: 5 }), svg("text", { x: 0, y: 4, "text-anchor": "middle" }), svg("title"));
        this.dots.set(key, dot);
        this.dotLayer.append(dot);
      }
      dot.style.transform = `translate(${x}px, ${y}px)`;
      const style = isTorn ? "torn" : item === choice.a ? "first" : item === choice.b ? "second" : "";
      dot.setAttribute("class", `node ${style}`);
      dot.children[0].setAttribute("r", style ? 7 : 4);
      dot.children[1].textContent = { first: "A", second: "B", torn: "!" }[style] ?? "";
      dot.children[2].textContent = `${this.graph.nodes[node].name}, node ${position}`;
    }
    for (const [key, dot] of this.dots) {
      if (kept.has(key)) continue;
      dot.remove();
      this.dots.delete(key);
    }
  }

  /** Where the node that an item had at first stood. */
  home(node, position, item, choice) {
    const found = this.model.symmetry.positions(this.graph.nodes[node].axis)[position];
    const { digit, step } = found.digits.get(choice.group);
    return position + (item - digit) * step;
  }
}

function shortened(name) {
  return name.length <= 17 ? name : `…${name.slice(-16)}`;
}

/** Nodes of `to` in a run: they are joined with the same nodes of `from`, one in a fan. */
function runLength(graph, edge) {
  return (graph.nodes[edge.to].count * edge.partners) / graph.nodes[edge.from].count;
}

function joins(graph, edge, end, position, other) {
  if (edge.topology === "allPairs") return true;
  const [i, j] = end === "from" ? [position, other] : [other, position];
  return Math.floor(j / runLength(graph, edge)) === Math.floor(i / edge.partners);
}

/** A node of `to` that node i of `from` is joined with. */
function partner(graph, edge, i) {
  return edge.topology === "allPairs" ? 0 : Math.floor(i / edge.partners) * runLength(graph, edge);
}

/** First scalar of the edge from i to j within its tensor (docs/neural-graphs.md 1.2). */
function addressOf(edge, i, j) {
  const along = (levels, index) => {
    let sum = 0;
    for (const [extent, stride] of levels.slice().reverse()) {
      sum += (index % extent) * stride;
      index = Math.floor(index / extent);
    }
    return sum;
  };
  return edge.rule.offset + along(edge.rule.from, i % edge.partners) + along(edge.rule.to, j);
}
