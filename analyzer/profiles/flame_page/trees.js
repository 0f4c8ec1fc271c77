// Trees as parallel arrays, parents before children; node 0 is the whole.
// A frame below 0 is no function: the whole, what was cut, or (from -10 down) a value of the label split by.
const ROOT = -1, OTHER = -2, LABEL = -10;
const data = JSON.parse(document.getElementById("data").textContent);
const compared = data.compared;
const columns = data.types.length;

function rising(steps) {
  const values = new Int32Array(steps.length);
  for (let i = 0, sum = 0; i < steps.length; i++) values[i] = sum += steps[i];
  return values;
}

function received(raw) {
  const inlined = new Uint8Array(raw.frame.length);
  for (const node of rising(raw.inlined)) inlined[node] = 1;
  return {
    size: raw.frame.length, frame: Int32Array.from(raw.frame), parent: rising(raw.parent), inlined,
    cells: { ...raw.cells, node: rising(raw.cells.node) },
  };
}

// Collects nodes one by one; add() returns the child of a node with a frame, made at the first call.
class Builder {
  constructor(frame) {
    this.frame = [frame]; this.parent = [-1]; this.inlined = [0];
    this.known = new Map();
    this.width = data.frames.name.length + 200;
  }
  add(parent, frame, inlined) {
    const key = parent * this.width + frame + 100;
    let node = this.known.get(key);
    if (node === undefined) {
      node = this.frame.length;
      this.known.set(key, node);
      this.frame.push(frame); this.parent.push(parent); this.inlined.push(inlined);
    } else if (!inlined) this.inlined[node] = 0;
    return node;
  }
  tree(more) {
    return {
      size: this.frame.length, frame: Int32Array.from(this.frame), parent: Int32Array.from(this.parent),
      inlined: Uint8Array.from(this.inlined), ...more,
    };
  }
}

// The tree from the leaves up: what a node takes itself goes to the path of its callers.
function upsideDown(tree) {
  const built = new Builder(ROOT), end = new Int32Array(tree.size).fill(-1);
  const node = tree.cells.node.map(from => {
    if (end[from] < 0) {
      let at = 0;
      for (let n = from; n > 0; n = tree.parent[n]) at = built.add(at, tree.frame[n], tree.inlined[n]);
      end[from] = at;
    }
    return end[from];
  });
  return built.tree({ cells: { ...tree.cells, node } });
}

// The same tree once for each value of a label.
function splitBy(tree, label) {
  const built = new Builder(ROOT), seen = new Map(), chain = [];
  const node = tree.cells.node.map((from, cell) => {
    const value = data.sets[tree.cells.set ? tree.cells.set[cell] : 0][label];
    const top = built.add(0, LABEL - value, 0);
    let n = from, at;
    for (chain.length = 0; n > 0; n = tree.parent[n]) {
      if ((at = seen.get(n * 64 + value)) !== undefined) break;
      chain.push(n);
    }
    if (n <= 0) at = top;
    while (chain.length) {
      n = chain.pop();
      seen.set(n * 64 + value, at = built.add(at, tree.frame[n], tree.inlined[n]));
    }
    return at;
  });
  return built.tree({ cells: { ...tree.cells, node } });
}

// Adds own and total values of one measure, of the newer and of the older profile.
function weighed(tree, type) {
  const { node, values, factors } = tree.cells;
  for (const [own, total, column] of [["own", "total", type], ["oldOwn", "oldTotal", columns + type]]) {
    const sums = new Float64Array(tree.size);
    if (values[column]) node.forEach((n, cell) => { sums[n] += values[column][cell] * factors[column]; });
    tree[own] = sums;
    tree[total] = Float64Array.from(sums);
  }
  rollUp(tree);
  return tree;
}

function rollUp(tree) {
  for (let n = tree.size - 1; n > 0; n--) {
    tree.total[tree.parent[n]] += tree.total[n];
    tree.oldTotal[tree.parent[n]] += tree.oldTotal[n];
  }
}

// Nodes of one function that have no other node of it above them: recursion counts once.
function outermost(tree, frame) {
  const inside = new Uint8Array(tree.size), found = [];
  for (let n = 0; n < tree.size; n++) {
    if (n && inside[tree.parent[n]]) inside[n] = 1;
    else if (tree.frame[n] === frame) { inside[n] = 2; found.push(n); }
  }
  return { found, inside };
}

// Two trees of one function, from a weighed tree: everything it calls, and everyone who calls it.
function aroundOf(tree, frame) {
  const { found, inside } = outermost(tree, frame);
  const below = new Builder(frame), above = new Builder(frame), place = new Int32Array(tree.size);
  const sums = [[], [], [], []];
  const put = (kind, node, value) => { sums[kind][node] = (sums[kind][node] || 0) + value; };
  for (let n = 0; n < tree.size; n++) if (inside[n]) {
    place[n] = inside[n] === 2 ? 0 : below.add(place[tree.parent[n]], tree.frame[n], tree.inlined[n]);
    put(0, place[n], tree.own[n]); put(1, place[n], tree.oldOwn[n]);
  }
  for (const from of found) {
    let at = 0;
    for (let n = tree.parent[from]; n > 0; n = tree.parent[n]) at = above.add(at, tree.frame[n], tree.inlined[n]);
    put(2, at, tree.total[from]); put(3, at, tree.oldTotal[from]);
  }
  const grown = (built, own, oldOwn) => {
    const size = built.frame.length, filled = list => Float64Array.from({ length: size }, (_, i) => list[i] || 0);
    const made = built.tree({ own: filled(own), oldOwn: filled(oldOwn) });
    made.total = Float64Array.from(made.own); made.oldTotal = Float64Array.from(made.oldOwn);
    rollUp(made);
    return made;
  };
  return { callees: grown(below, sums[0], sums[1]), callers: grown(above, sums[2], sums[3]) };
}
