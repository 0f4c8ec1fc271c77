// What the page shows, and how it answers to pointer and keys.
const $ = id => document.getElementById(id), scroller = $("scroll");
const state = {
  type: data.shown, label: "", inverted: data.inverted, focus: -1, width: data.signed ? "both" : "now", normal: false,
  query: "", regex: false, sort: "flat", rising: false,
};
const view = { width: 0, height: 0, left: 0, right: 1, top: 0, hover: -1, chosen: -1, found: null };
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const idle = $("detail").textContent;
let scene, splitLabel = 0, moving = 0, waiting = 0;

// --- numbers as text
function amount(value) {
  const steps = data.types[state.type].steps, size = Math.abs(value);
  const [factor, suffix] = steps.findLast(step => size >= step[0]) || steps[0];
  if (!size) return "0";
  const shown = value / factor, whole = Math.abs(shown) >= 100 || Number.isInteger(shown);
  const text = shown.toLocaleString("en", whole ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 });
  return suffix ? `${text} ${suffix}` : text;
}
const percent = (value, whole) => whole ? (Math.abs(value / whole) * 100).toFixed(2) + " %" : "–";
function changeText(now, old) {
  if (now === old) return "no change";
  const sign = now > old ? "+" : "−", by = sign + amount(Math.abs(now - old));
  return !old ? `new, ${by}` : !now ? `gone, ${by}` : `${by} (${sign}${(Math.abs(now - old) / Math.abs(old) * 100).toFixed(1)} %)`;
}

// --- the scene
const trees = data.trees, cut = trees.up ? " (without frames too small for this page)" : "";
for (const name of Object.keys(trees)) trees[name] = received(trees[name]);
const splits = new Map();
function source(inverted) {
  if (inverted && !trees.up) trees.up = upsideDown(trees.down);
  const name = inverted ? "up" : "down";
  if (state.label === "") return trees[name];
  const key = name + state.label;
  if (!splits.has(key)) splits.set(key, splitBy(trees[name], splitLabel));
  return splits.get(key);
}
function rebuild() {
  splitLabel = +state.label;
  let shown;
  if (state.focus >= 0) {
    const both = aroundOf(weighed(source(false), state.type), state.focus);
    shown = [both.callees, both.callers];
  } else shown = [weighed(source(state.inverted), state.type)];
  const all = weighed(trees.down, state.type);
  view.whole = all.total[0]; view.oldWhole = all.oldTotal[0];
  view.scale = state.normal && view.oldWhole ? view.whole / view.oldWhole : 1;
  view.oldWhole *= view.scale;
  scene = sceneOf(shown, view.scale, state.width);
  Object.assign(view, { left: 0, right: 1, hover: -1, chosen: -1 });
  $("room").style.height = scene.rows.length * ROW + "px";
  scroller.scrollTop = state.focus >= 0 ? Math.max(0, (scene.middle + .5) * ROW - view.height / 2) : 0;
  $("crumb").hidden = state.focus < 0;
  if (state.focus >= 0) {
    $("crumb-text").textContent = `Callers above, callees below: ${nameOf(state.focus)}, ${share(0)}${cut}`;
  }
  const kind = data.types[state.type].name;
  canvas.setAttribute("aria-label", `Flame graph of ${data.title}, ${kind}, ${amount(view.whole)} in all, `
    + `${scene.size} frames. Arrow keys go from frame to frame, question mark shows all keys.`);
  for (const [id, on] of [["down", !state.inverted && state.focus < 0], ["up", state.inverted && state.focus < 0]])
    $(id).setAttribute("aria-pressed", on);
  for (const button of $("widths").children) button.setAttribute("aria-pressed", button.dataset.width === state.width);
  search();
  table();
  describe();
}
function share(n) { return `${amount(scene.total[n])}, ${percent(scene.total[n], view.whole)}`; }

// --- drawing, at most once a frame of the screen
function draw() {
  if (waiting) return;
  waiting = requestAnimationFrame(() => {
    waiting = 0;
    const begun = performance.now();
    view.top = scroller.scrollTop;
    canvas.dataset.boxes = paint(scene, view);
    canvas.dataset.took = performance.now() - begun;
  });
}
function zoom(left, right, quick) {
  const span = Math.min(Math.max(right - left, 1e-9), 1);
  left = Math.min(Math.max(left, 0), 1 - span);
  cancelAnimationFrame(moving);
  if (quick || calm.matches) { view.left = left; view.right = left + span; draw(); return; }
  const from = [view.left, view.right], begun = performance.now();
  const step = now => {
    const t = Math.min(Math.max((now - begun) / 140, 0), 1), e = 1 - (1 - t) ** 3;
    view.left = from[0] + (left - from[0]) * e;
    view.right = from[1] + (left + span - from[1]) * e;
    draw();
    if (t < 1) moving = requestAnimationFrame(step);
  };
  step(begun);
}
function zoomTo(n) { if (n >= 0) { choose(n); zoom(scene.x[n], scene.x[n] + scene.w[n]); } }
function zoomBy(factor, place = (view.left + view.right) / 2) {
  zoom(place - (place - view.left) * factor, place + (view.right - place) * factor, true);
}
function reset() {
  if (state.focus >= 0) return leave();
  view.chosen = -1;
  zoom(0, 1);
  describe();
}
function sandwich(frame) {
  if (!(frame >= 0)) return;
  state.focus = frame;
  rebuild();
  choose(0);
}
function leave() { state.focus = -1; rebuild(); }

// --- what is chosen
function choose(n) {
  if (n < 0) return;
  view.chosen = n;
  const y = scene.row[n] * ROW;
  if (y < scroller.scrollTop) scroller.scrollTop = y - ROW;
  else if (y + ROW > scroller.scrollTop + view.height) scroller.scrollTop = y + 2 * ROW - view.height;
  describe();
  draw();
}
function follow(n) {  // keep a box that keys went to in sight
  choose(n);
  const x = scene.x[n], w = scene.w[n], span = view.right - view.left, half = Math.max(w, span / 2) / 2, middle = x + w / 2;
  if (x + w <= view.left || x >= view.right || w < span / 400) zoom(middle - half, middle + half);
  say($("detail").textContent);
}
function say(text) { $("said").textContent = text; }
function facts(n) {
  const frame = scene.frame[n], now = scene.total[n], own = scene.own[n];
  const rows = [["total", amount(now), percent(now, view.whole)], ["self", amount(own), percent(own, view.whole)]];
  if (compared) {
    const [newer, older] = data.signed ? ["grew", "shrank"] : ["newer", "older"];
    rows[0][0] = newer; rows[1][0] = newer + " self";
    rows.push([older, amount(scene.oldTotal[n]), percent(scene.oldTotal[n], view.oldWhole)]);
    rows.push([older + " self", amount(scene.oldOwn[n]), percent(scene.oldOwn[n], view.oldWhole)]);
  }
  return {
    name: nameOf(frame) + (scene.inlined[n] ? " (inlined)" : ""), rows, change: compared ? changeText(now, scene.oldTotal[n]) : "",
    file: frame < 0 ? frame === OTHER ? "frames too small for this page, added up" : "" : data.frames.files[data.frames.file[frame]],
    gone: (scene.gone.get(n) || []).slice().sort((a, b) => scene.oldTotal[b] - scene.oldTotal[a]),
  };
}
function describe() {
  const n = view.chosen, on = n >= 0;
  $("sandwich").disabled = !on || scene.frame[n] < 0;
  if (!on) { $("detail").textContent = idle; return; }
  const { name, rows, change, file } = facts(n);
  const texts = [name, ...rows.map(row => `${row[0]} ${row[1]} (${row[2]})`), change, file];
  $("detail").textContent = $("detail").title = texts.filter(Boolean).join(" · ");
}
function add(parent, tag, text, className) {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return parent.appendChild(made);
}
function tip(n, event) {
  const box = $("tip");
  box.hidden = n < 0;
  if (n < 0) return;
  const { name, rows, change, file, gone } = facts(n);
  box.replaceChildren();
  add(box, "b", name);
  if (file) add(box, "div", file, "file");
  const grid = add(box, "div", "", "nums");
  for (const row of rows) for (const cell of row) add(grid, "span", cell);
  if (change) add(box, "div", change);
  const lost = gone.slice(0, 4).map(g => `${fitted(nameOf(scene.frame[g]), 50)} (${amount(scene.oldTotal[g])})`);
  if (gone.length > 4) lost.push(`${gone.length - 4} more`);
  if (lost.length) add(box, "div", "gone below: " + lost.join(", "), "file");
  const stage = $("stage").getBoundingClientRect(), size = box.getBoundingClientRect();
  const x = event.clientX - stage.left, y = event.clientY - stage.top;
  box.style.left = Math.max(4, Math.min(x + 14, stage.width - size.width - 6)) + "px";
  box.style.top = (y + 18 + size.height > stage.height ? Math.max(4, y - size.height - 12) : y + 18) + "px";
}

// --- search
function matcher() {
  const field = $("search");
  field.classList.remove("bad");
  field.title = "";
  if (!state.query) return null;
  if (!state.regex) {
    const wanted = state.query.toLowerCase();
    return text => text.toLowerCase().includes(wanted);
  }
  try {
    // a repeated group with a repeat inside can take for ever on one name
    if (/[*+}][^()]*\)[*+{]/.test(state.query)) throw new Error("a repeat inside a repeat may never end");
    const pattern = new RegExp(state.query, "i");
    return text => pattern.test(text);
  } catch (error) {
    field.classList.add("bad");
    field.title = error.message;
    return null;
  }
}
function search() {
  const matches = matcher(), box = $("matched");
  view.found = null;
  state.match = matches;
  if (!matches) { box.textContent = state.query ? "not a pattern" : ""; draw(); return; }
  const begun = performance.now(), { name, file, files } = data.frames;
  const late = () => performance.now() - begun > 500;
  const hit = name.map((text, i) => !late() && (matches(text) || matches(files[file[i]])));
  const found = new Uint8Array(scene.size), above = new Uint8Array(scene.size);
  let sum = 0, count = 0;
  const weight = n => widthOf(scene.total[n], scene.oldTotal[n], state.width);
  const matched = n => scene.frame[n] >= 0 ? hit[scene.frame[n]] : scene.frame[n] <= LABEL && matches(nameOf(scene.frame[n]));
  for (let n = 0; n < scene.size; n++) {
    const p = scene.parent[n];
    if (p >= 0) above[n] = above[p] | found[p];
    if (!scene.w[n] || !matched(n)) continue;
    found[n] = 1;
    count++;
    // of a sandwich only the callees add up: its callers are the same time once more
    if (!above[n] && scene.row[n] >= scene.middle) sum += weight(n);
  }
  view.found = found;
  box.textContent = `${(weight(0) ? sum / weight(0) * 100 : 0).toFixed(1)} % in ${count.toLocaleString("en")} frames${late() ? " (gave up)" : ""}`;
  draw();
}
function step(by) {
  if (!view.found) return;
  const list = scene.rows.flat().filter(n => view.found[n]);
  if (list.length) follow(list[(list.indexOf(view.chosen) + by + (by < 0 && view.chosen < 0 ? 1 : 0) + list.length) % list.length]);
}

// --- table of hot functions
const heads = [["name", "Function"], ["flat", "Self"], ["flatShare", "Self %"], ["cum", "Total"], ["cumShare", "Total %"]];
if (compared) heads.splice(1, 4, ["flat", "Self"], ["flatChange", "Change"], ["cum", "Total"], ["cumChange", "Change"]);
function table() {
  const { frame, flat, cum } = data.hot, t = state.type;
  const rows = frame.map((f, i) => {
    const [own, all, oldOwn, old] = [flat[t], cum[t], flat[columns + t], cum[columns + t]].map(list => list ? list[i] : 0);
    return {
      frame: f, name: nameOf(f), flat: own, cum: all, flatShare: own, cumShare: all, old,
      flatChange: own - oldOwn * view.scale, cumChange: all - old * view.scale,
    };
  }).filter(row => (row.cum || row.old) && (!state.match || state.match(row.name)));
  const sign = state.rising ? 1 : -1;
  const by = row => Math.abs(row[state.sort]);
  rows.sort((a, b) => sign * (state.sort === "name" ? b.name.localeCompare(a.name) : by(a) - by(b)) || b.cum - a.cum);
  $("hot-head").replaceChildren();
  for (const [key, title] of heads) {
    const th = add($("hot-head"), "th", ""), button = add(th, "button", title + (state.sort === key ? state.rising ? " ▴" : " ▾" : ""));
    th.scope = "col";
    th.ariaSort = state.sort === key ? state.rising ? "ascending" : "descending" : "none";
    button.onclick = () => { state.rising = state.sort === key && !state.rising; state.sort = key; table(); };
  }
  $("hot-rows").replaceChildren(...rows.map(row => {
    const tr = document.createElement("tr"), button = add(add(tr, "td", ""), "button", "");
    add(button, "bdi", row.name);
    button.title = `${row.name}: callers and callees`;
    button.onclick = () => sandwich(row.frame);
    for (const [key] of heads.slice(1)) {
      const value = row[key], sign = /Change/.test(key) ? Math.sign(value) : 0;
      add(tr, "td", /Share/.test(key) ? percent(value, view.whole) : ["−", "", "+"][sign + 1] + amount(Math.abs(value)), ["less", "", "more"][sign + 1]);
    }
    return tr;
  }));
}
function showTable(on) {
  $("hot").hidden = !on;
  $("table").setAttribute("aria-pressed", on);
}

// --- pointer
const place = event => view.left + (event.clientX - canvas.getBoundingClientRect().left) / view.width * (view.right - view.left);
const under = event => boxAt(scene, Math.floor((event.clientY - canvas.getBoundingClientRect().top + scroller.scrollTop) / ROW), place(event));
const on = (name, act, options) => canvas.addEventListener(name, act, options);
let grip = null;
on("pointermove", event => {
  if (grip) {
    const dx = event.clientX - grip.x, dy = event.clientY - grip.y;
    if (grip.moved || Math.hypot(dx, dy) > 4) {
      if (!grip.moved) { grip.moved = true; canvas.setPointerCapture(event.pointerId); tip(-1); }
      const shift = dx / view.width * (grip.right - grip.left);
      zoom(grip.left - shift, grip.right - shift, true);
      scroller.scrollTop = grip.top - dy;
    }
    return;
  }
  const n = under(event);
  tip(n, event);
  if (n !== view.hover) { view.hover = n; canvas.style.cursor = n < 0 ? "" : "pointer"; draw(); }
});
on("pointerdown", event => {
  if (!event.button) grip = { x: event.clientX, y: event.clientY, left: view.left, right: view.right, top: scroller.scrollTop, moved: false };
});
on("pointerup", event => {
  const still = grip && !grip.moved, n = under(event);
  grip = null;
  if (!still || n < 0) return;
  if (event.shiftKey) sandwich(scene.frame[n]); else zoomTo(n);
});
on("pointercancel", () => { grip = null; });
on("pointerleave", () => { view.hover = -1; tip(-1); draw(); });
on("dblclick", reset);
on("wheel", event => {
  const amountOf = delta => delta * [1, 16, 300][event.deltaMode];
  // inside a notebook the wheel scrolls the notebook, until the flame graph was clicked
  if (parent !== window && document.activeElement !== canvas) return;
  event.preventDefault();
  tip(-1);
  if (event.shiftKey) { scroller.scrollTop += amountOf(event.deltaY || event.deltaX); return; }
  if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
    const shift = amountOf(event.deltaX) / view.width * (view.right - view.left);
    zoom(view.left + shift, view.right + shift, true);
  } else zoomBy(Math.exp(Math.max(-1, Math.min(1, amountOf(event.deltaY) / 300))), place(event));
}, { passive: false });
scroller.addEventListener("scroll", draw);

// --- keys
const arrows = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
const keys = {
  Enter: () => zoomTo(view.chosen), Escape: reset, i: () => invert(!state.inverted), "?": () => $("help").showModal(),
  "/": () => $("search").select(), s: () => sandwich(scene.frame[view.chosen]), t: () => showTable($("hot").hidden),
  d: theme, n: () => step(1), p: () => step(-1), "+": () => zoomBy(.6), "=": () => zoomBy(.6), "-": () => zoomBy(1 / .6),
};
addEventListener("keydown", event => {
  tip(-1);
  if (event.ctrlKey || event.metaKey || event.altKey || $("help").open) return;
  const at = event.target, typing = at.matches("input[type=search], select");
  if (typing) {
    if (event.key === "Escape" && at === $("search")) { at.value = ""; typed(); canvas.focus(); }
    if (event.key === "Enter" && at === $("search")) { canvas.focus(); step(1); event.preventDefault(); }
    return;
  }
  if (arrows[event.key]) {
    if (at !== canvas && at !== document.body) return;
    follow(view.chosen < 0 ? 0 : neighbour(scene, view.chosen, ...arrows[event.key]));
  } else if (keys[event.key] && !(event.key === "Enter" && at.matches("button, input"))) keys[event.key]();
  else return;
  event.preventDefault();
});

// --- controls
function invert(on) { state.inverted = on; state.focus = -1; rebuild(); }
function typed() { state.query = $("search").value; search(); table(); }
function theme() {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  draw();
}
data.types.forEach((type, i) => $("type").add(new Option(type.name, i, false, i === state.type)));
data.labels.forEach((label, i) => $("label").add(new Option(label.key, i)));
$("label-box").hidden = !data.labels.length;
$("widths").hidden = !compared;
$("scale").hidden = !compared;
$("normal-box").hidden = !compared || data.signed;
if (data.signed) for (const [i, text] of ["Grew", "Shrank"].entries()) $("widths").children[i].textContent = text;
$("facts").textContent = data.facts.join(" · ");
$("legend").textContent = compared
  ? "Width: the newer profile. Red: more than in the older one, blue: less, stronger the larger the relative change. "
    + "+ marks what is new, − and a dashed line what is gone, a blue corner that something below it is gone."
  : "Colour: package, the same in every picture; the Go runtime is grey. (other): frames too small for this page, added up.";
$("type").onchange = event => { state.type = +event.target.value; rebuild(); canvas.focus(); };
$("label").onchange = event => { state.label = event.target.value; state.focus = -1; rebuild(); canvas.focus(); };
$("down").onclick = () => invert(false);
$("up").onclick = () => invert(true);
for (const button of $("widths").children) button.onclick = () => { state.width = button.dataset.width; rebuild(); };
$("normal").onchange = event => { state.normal = event.target.checked; rebuild(); };
let pause = 0;
$("search").addEventListener("input", () => { clearTimeout(pause); pause = setTimeout(typed, 90); });
$("regex").onclick = () => {
  state.regex = !state.regex;
  $("regex").setAttribute("aria-pressed", state.regex);
  typed();
};
$("reset").onclick = reset;
$("leave").onclick = leave;
$("theme").onclick = theme;
$("table").onclick = () => showTable($("hot").hidden);
$("ask").onclick = () => $("help").showModal();
$("sandwich").onclick = () => { sandwich(scene.frame[view.chosen]); canvas.focus(); };
const night = matchMedia("(prefers-color-scheme: dark)");
const follows = () => { document.documentElement.dataset.theme = night.matches ? "dark" : "light"; draw(); };
night.addEventListener("change", follows);
new ResizeObserver(() => {
  view.width = scroller.clientWidth;
  view.height = scroller.clientHeight;
  draw();
}).observe(scroller);
rebuild();
follows();
showTable(innerWidth > 1600);
