"use strict";
// The page is complete without this: it adds a read-out under the pointer, and unfolds a sequence that is linked to.
for (const plot of document.querySelectorAll("svg[data-hover]")) {
  const data = JSON.parse(plot.dataset.hover);
  const figure = plot.closest("figure");
  const cursor = document.createElementNS(plot.namespaceURI, "line");
  cursor.setAttribute("class", "cursor");
  cursor.setAttribute("y1", 10);
  cursor.setAttribute("y2", plot.viewBox.baseVal.height - 36);
  const readout = document.createElement("div");
  readout.className = "readout";
  plot.addEventListener("pointermove", (event) => {
    const box = plot.getBoundingClientRect();
    const x = (event.clientX - box.left) * plot.viewBox.baseVal.width / box.width;
    let nearest = 0;
    data.at.forEach((at, index) => { if (Math.abs(at - x) < Math.abs(data.at[nearest] - x)) nearest = index; });
    cursor.setAttribute("x1", data.at[nearest]);
    cursor.setAttribute("x2", data.at[nearest]);
    const show = (value) => value === null ? "–" : String(Math.round(value * 100) / 100);
    const lines = data.series.map((series) => series.name + ": " + show(series.y[nearest]));
    readout.textContent = [data.label + " " + show(data.x[nearest]), ...lines].join("\n");
    plot.append(cursor);
    figure.append(readout);
    const left = event.clientX - figure.getBoundingClientRect().left;
    readout.style.top = 14 + (box.top - figure.getBoundingClientRect().top) + "px";
    if (left < box.width / 2) {
      readout.style.left = left + 14 + "px";
      readout.style.right = "auto";
    } else {
      readout.style.left = "auto";
      readout.style.right = box.width - left + 14 + "px";
    }
  });
  plot.addEventListener("pointerleave", () => { cursor.remove(); readout.remove(); });
}
const unfold = () => {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (target instanceof HTMLDetailsElement) { target.open = true; target.scrollIntoView(); }
};
addEventListener("hashchange", unfold);
unfold();
addEventListener("beforeprint", () => document.querySelectorAll("details.sequence").forEach((part) => { part.open = true; }));
