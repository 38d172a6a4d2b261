// Measures every frame of the page: what sticks out, what cannot be read, what is marked. Runs in a
// browser, after the frames have loaded; leaves its result as JSON in #result.

function rgb(colour) {
  const [r, g, b, a] = colour.match(/[\d.]+/g).map(Number);
  return { r, g, b, a: a === undefined ? 1 : a };
}

// WCAG 2.2, relative luminance and contrast ratio.
function luminance({ r, g, b }) {
  const [x, y, z] = [r, g, b].map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * x + 0.7152 * y + 0.0722 * z;
}

function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

// The first colour behind an element that lets nothing through.
function behind(element, view) {
  for (let at = element; at; at = at.parentElement) {
    const colour = rgb(view.getComputedStyle(at).backgroundColor);
    if (colour.a === 1) return colour;
  }
  return rgb("rgb(255, 255, 255)");
}

function unreadable(frame) {
  const found = [];
  const view = frame.defaultView;
  const walker = frame.createTreeWalker(frame.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    if (!text) continue;
    const element = walker.currentNode.parentElement;
    const style = view.getComputedStyle(element);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = contrast(rgb(style.color), behind(element, view));
    if (ratio < (large ? 3 : 4.5)) found.push(`${ratio.toFixed(2)} ${text.slice(0, 30)}`);
    if (size < 9.9) found.push(`${size}px ${text.slice(0, 30)}`);
  }
  return found;
}

function sticksOut(frame) {
  const found = [];
  const width = frame.documentElement.clientWidth;
  if (frame.documentElement.scrollWidth > width) {
    found.push(`page ${frame.documentElement.scrollWidth}`);
  }
  for (const element of frame.body.querySelectorAll("*")) {
    const box = element.getBoundingClientRect();
    const name = `${element.tagName} ${element.textContent.trim().slice(0, 20)}`;
    if (box.right > width + 0.5 || box.left < -0.5) found.push(`${name} to ${box.right}`);
    if (element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0) {
      found.push(`${name} ${element.scrollWidth} in ${element.clientWidth}`);
    }
  }
  return found;
}

function marked(frame) {
  const view = frame.defaultView;
  const shade = (cell) => JSON.stringify(behind(cell, view));
  return [...frame.querySelectorAll("td[title]")]
    .filter((cell) => shade(cell) !== shade(frame.body))
    .map((cell) => cell.title);
}

window.addEventListener("load", () => {
  const results = [...document.querySelectorAll("iframe")].map((iframe) => {
    const frame = iframe.contentDocument;
    return {
      name: iframe.id,
      width: frame.documentElement.clientWidth,
      dark: frame.defaultView.matchMedia("(prefers-color-scheme: dark)").matches,
      sticks_out: sticksOut(frame),
      unreadable: unreadable(frame),
      marked: marked(frame),
    };
  });
  document.getElementById("result").textContent = JSON.stringify(results);
});
