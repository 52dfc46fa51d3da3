// What is shown of a graph: one layer or all, some edge types, what a search finds. All of it is in the page already.

const layers = [...document.querySelectorAll("details.layer")];
const openAtFirst = layers.findIndex((layer) => layer.open);
const rows = [...document.querySelectorAll("table.blocks tbody tr")];

function showLayer(choice) {
  layers.forEach((layer, index) => {
    layer.hidden = choice !== "all" && Number(choice) !== index;
    layer.open = choice === "all" ? index === openAtFirst : Number(choice) === index;
  });
}

function showTypes() {
  const off = new Set(
    [...document.querySelectorAll(".legend input")].filter((box) => !box.checked).map((box) => box.dataset.type),
  );
  for (const row of rows) row.hidden = off.has(row.dataset.type);
  for (const shape of document.querySelectorAll(".shape")) {
    shape.style.display = off.has(shape.dataset.type) ? "none" : "";
  }
  for (const loops of document.querySelectorAll(".loops")) loops.style.display = off.has("t13") ? "none" : "";
}

function search(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const row of rows) {
    // A layer's rows show names without those of the layer.
    const content = `${row.dataset.name} ${row.textContent}`.toLowerCase();
    const isHit = words.length > 0 && words.every((word) => content.includes(word));
    row.classList.toggle("hit", isHit);
    if (!isHit) continue;
    count++;
    if (count <= 20) row.closest("details").open = true;
    if (count === 1) row.scrollIntoView({ block: "nearest" });
  }
  document.getElementById("found").textContent = words.length ? `${count} of ${rows.length} blocks` : "";
}

/** A link to a block or a layer opens what it is folded in. */
function reveal() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (!target) return;
  const layer = target.closest("details");
  layer.hidden = false;
  layer.open = true;
  target.scrollIntoView({ block: "nearest" });
  target.focus();
}

document.getElementById("layer")?.addEventListener("change", (event) => showLayer(event.target.value));
document.getElementById("search").addEventListener("input", (event) => search(event.target.value));
for (const box of document.querySelectorAll(".legend input")) box.addEventListener("change", showTypes);
window.addEventListener("hashchange", reveal);
window.addEventListener("beforeprint", () => layers.forEach((layer) => (layer.open = true)));
reveal();
