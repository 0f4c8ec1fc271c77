// Paints the visible part of a scene. Boxes narrower than half a pixel become one grey stripe.
const ROW = 19, FONT = "12px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace";
const canvas = document.getElementById("flame"), pen = canvas.getContext("2d", { alpha: false });
const more = [227, 74, 51], less = [59, 130, 214];
let letter = 7.2;

function isDark() { return document.documentElement.dataset.theme === "dark"; }

function change(now, old) {
  const largest = Math.max(Math.abs(now), Math.abs(old));
  return largest ? (now - old) / largest : 0;
}

function mixed(from, to, share) {
  return `rgb(${from.map((value, i) => Math.round(value + (to[i] - value) * share))})`;
}

function fillOf(scene, n, dark) {
  if (compared) {
    const ratio = change(scene.total[n], scene.oldTotal[n]);
    const same = dark ? [62, 70, 82] : [229, 231, 235], to = ratio > 0 ? more : less;
    return mixed(same, dark ? to.map(value => value * .86) : to, Math.abs(ratio) ** .7);
  }
  const frame = scene.frame[n];
  if (frame <= LABEL) return dark ? "#4a5568" : "#d5dbe5";
  if (frame < 0) return dark ? "#2d343e" : "#e5e7eb";
  return data.palette[data.frames.tints[data.frames.package[frame]]][dark ? 1 : 0];
}

function nameOf(frame) {
  if (frame >= 0) return data.frames.name[frame];
  if (frame <= LABEL) return data.labels[splitLabel].values[LABEL - frame];
  return frame === ROOT ? "all" : "(other)";
}

function fitted(name, letters) {
  if (name.length <= letters) return name;
  const bracket = name.indexOf("["), plain = bracket > 0 ? name.slice(0, bracket) : name;
  const last = plain.slice(plain.lastIndexOf("/") + 1) + (bracket > 0 ? "[…]" : "");
  return last.length <= letters ? last : last.slice(0, letters - 1) + "…";
}

function paint(scene, view) {
  const dark = isDark(), { width, height, left, right, top, hover, chosen, found } = view;
  const ratio = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio); canvas.height = Math.round(height * ratio);
    canvas.style.height = height + "px";
  }
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.fillStyle = dark ? "#14181e" : "#fff";
  pen.fillRect(0, 0, width, height);
  pen.font = FONT;
  pen.textBaseline = "middle";
  letter = pen.measureText("M").width;
  const scale = width / (right - left);
  const last = Math.min(scene.rows.length, Math.ceil((top + height) / ROW));
  let drawn = 0;
  if (!scene.w[0]) {
    pen.fillStyle = dark ? "#9aa5b3" : "#5b6673";
    pen.fillText("Nothing of this measure", 12, 30);
  }
  for (let r = Math.max(0, Math.floor(top / ROW)); r < last; r++) {
    const list = scene.rows[r], y = r * ROW - top;
    let from = -1, to = -1;
    const flush = () => {
      if (from >= 0 && to - from >= .5) {
        pen.fillStyle = dark ? "#323a45" : "#dfe3e8";
        pen.fillRect(from, y, to - from, ROW - 1);
      }
      from = -1;
    };
    for (let i = firstAfter(scene, list, left); i < list.length; i++) {
      const n = list[i], x = (scene.x[n] - left) * scale, w = scene.w[n] * scale;
      if (x > width) break;
      if (w < .5) {
        if (from >= 0 && x - to > 1) flush();
        if (from < 0) from = x;
        to = x + w;
        continue;
      }
      flush();
      box(scene, n, x, y, w, width, dark, found, n === chosen ? 2 : n === hover ? 1 : 0);
      drawn++;
    }
    flush();
  }
  return drawn;
}

function box(scene, n, x, y, w, width, dark, found, mark) {
  const begin = Math.max(x, 0), end = Math.min(x + w, width), gap = w > 3 ? 1 : 0, wide = Math.max(end - begin - gap, .5);
  const dim = found && !found[n];
  pen.globalAlpha = dim ? .28 : 1;
  pen.fillStyle = fillOf(scene, n, dark);
  pen.fillRect(begin, y, wide, ROW - 1);
  const fresh = compared && scene.total[n] && !scene.oldTotal[n], lost = compared && !scene.total[n];
  if (found && found[n]) {
    pen.fillStyle = dark ? "#ffd34d" : "#7a2bd6";
    pen.fillRect(begin, y + ROW - 4, wide, 3);
  }
  if (scene.gone.has(n) && end - begin > 8) {
    // something below it is gone: a notch in its lower right corner
    pen.fillStyle = `rgb(${less})`;
    pen.beginPath(); pen.moveTo(end - gap, y + ROW - 9); pen.lineTo(end - gap, y + ROW - 1); pen.lineTo(end - gap - 8, y + ROW - 1); pen.fill();
  }
  const letters = Math.floor((end - begin - 7) / letter);
  if (letters >= 3) {
    const name = (fresh ? "+ " : lost ? "− " : "") + nameOf(scene.frame[n]);
    pen.fillStyle = dark ? "#f3f5f8" : "#111827";
    pen.fillText(fitted(name, letters), begin + 4, y + ROW / 2, end - begin - 6);
  }
  pen.globalAlpha = 1;
  if (lost && wide > 3) outline(begin, y, wide, 1, dark, [3, 3]);
  if (mark) outline(begin, y, wide, mark, dark, []);
}

function outline(x, y, w, line, dark, dashes) {
  pen.strokeStyle = dark ? "#fff" : "#0b1220";
  pen.lineWidth = line;
  pen.setLineDash(dashes);
  pen.strokeRect(x + line / 2, y + line / 2, Math.max(w - line, 1), ROW - 1 - line);
}
