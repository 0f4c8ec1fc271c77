// From weighed trees to boxes: x and w as shares of the whole, rows from top to bottom.

// One tree; sign -1 lays it out upwards. Heavier siblings come first, what was cut last.
function placed(tree, weight) {
  const { size, parent, frame } = tree;
  const whole = weight[0] || 1;
  const x = new Float64Array(size), w = new Float64Array(size), row = new Int32Array(size);
  const first = new Int32Array(size).fill(-1), next = new Int32Array(size);
  for (let n = size - 1; n > 0; n--) { next[n] = first[parent[n]]; first[parent[n]] = n; }
  w[0] = weight[0] ? 1 : 0;
  const rows = [[0]];
  for (let r = 0; r < rows.length; r++) {
    const below = [];
    for (const p of rows[r]) {
      const children = [];
      for (let n = first[p]; n >= 0; n = next[n]) if (weight[n] > 0) children.push(n);
      children.sort((a, b) => (frame[a] === OTHER) - (frame[b] === OTHER) || weight[b] - weight[a] || a - b);
      let at = x[p];
      for (const n of children) {
        x[n] = at; w[n] = weight[n] / whole; row[n] = r + 1;
        at += w[n];
        below.push(n);
      }
    }
    if (below.length) rows.push(below);
  }
  return { x, w, row, rows };
}

function widthOf(now, old, width) { return width === "old" ? old : width === "both" ? now + old : now; }

// Everything that is painted; `side` is -1 for callers above the function of a sandwich.
function sceneOf(trees, scale, width) {
  const scene = { size: 0, rows: [], middle: 0 };
  const parts = trees.map(tree => {
    const weight = tree.total.map((now, n) => widthOf(now, tree.oldTotal[n] * scale, width));
    return { tree, ...placed(tree, weight) };
  });
  const names = ["x", "w", "row", "frame", "parent", "inlined", "own", "total", "oldOwn", "oldTotal"];
  const size = parts.reduce((sum, part) => sum + part.tree.size, 0);
  for (const name of names) {
    const values = parts.map(part => part[name] || part.tree[name]);
    scene[name] = new values[0].constructor(size);
    values.reduce((at, list) => (scene[name].set(list, at), at + list.length), 0);
  }
  scene.size = size;
  for (let n = 0; n < size; n++) { scene.oldOwn[n] *= scale; scene.oldTotal[n] *= scale; }
  scene.rows = parts[0].rows;
  if (parts[1]) {
    // callers: upside down, on top of the callees; their root is the callees' root
    const shift = parts[0].tree.size, above = parts[1].rows.slice(1);
    scene.w[shift] = 0;
    for (let n = shift; n < size; n++) {
      scene.row[n] = -scene.row[n];
      scene.parent[n] = scene.parent[n] > 0 ? scene.parent[n] + shift : 0;
    }
    scene.rows = [...above.map(list => list.map(n => n + shift)).reverse(), ...scene.rows];
    scene.middle = above.length;
    for (let n = 0; n < size; n++) scene.row[n] += scene.middle;
  }
  scene.gone = vanished(scene);
  return scene;
}

// Children that are in the older profile only, by parent.
function vanished(scene) {
  const gone = new Map();
  if (compared) for (let n = 1; n < scene.size; n++) {
    const p = scene.parent[n];
    if (!scene.total[n] && scene.oldTotal[n] && p >= 0 && scene.total[p]) {
      if (!gone.has(p)) gone.set(p, []);
      gone.get(p).push(n);
    }
  }
  return gone;
}

// First box of a row that ends to the right of a place.
function firstAfter(scene, list, place) {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (scene.x[list[middle]] + scene.w[list[middle]] <= place) low = middle + 1; else high = middle;
  }
  return low;
}

function boxAt(scene, row, place) {
  const list = scene.rows[row];
  if (!list) return -1;
  const n = list[firstAfter(scene, list, place)];
  return n !== undefined && scene.x[n] <= place ? n : -1;
}

// The neighbour in a direction: towards the function in the middle its caller, away from it the heaviest box.
function neighbour(scene, node, across, down) {
  const row = scene.row[node];
  if (across) {
    const list = scene.rows[row], at = list.indexOf(node) + across;
    return list[at] ?? node;
  }
  const to = row + down;
  if (!scene.rows[to]) return node;
  const away = row === scene.middle || (row > scene.middle) === (down > 0);
  if (!away) return scene.parent[node];
  const child = scene.rows[to][firstAfter(scene, scene.rows[to], scene.x[node] + scene.w[node] * 1e-9)];
  return child !== undefined && scene.parent[child] === node ? child : node;
}
