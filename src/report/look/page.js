"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const make = (name, properties = {}, ...inside) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...inside);
    return element;
  };
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // Numbers as the report writes them: "1,234.5", "7.6 %", "1m12.5s", "–".
  const UNITS = { ms: 1e-3, s: 1, m: 60, h: 3600, d: 86400 };
  const value = (text) => {
    const plain = text.trim().replace(/,/g, "");
    if (/^-?[\d.]+(\D*)$/.test(plain) && !/^-?[\d.]+(ms|s|m|h|d)(?=\d|$)/.test(plain)) return parseFloat(plain);
    const parts = [...plain.split("–")[0].matchAll(/([\d.]+)(ms|s|m|h|d)/g)];
    return parts.length ? parts.reduce((sum, [, count, unit]) => sum + count * UNITS[unit], 0) : NaN;
  };

  // Tables: a button in every head, and a filter over the long ones.
  const sort = (table, column, numeric, head) => {
    const down = head.getAttribute("aria-sort") === "ascending" ||
      (numeric && !head.hasAttribute("aria-sort"));
    all("th[aria-sort]", table.tHead).forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const rows = [...table.tBodies[0].rows].map((row) => {
      const text = row.cells[column].textContent;
      return { row, text, number: value(text) };
    });
    const way = down ? -1 : 1;
    rows.sort((one, other) => {
      const [left, right] = [isNaN(one.number), isNaN(other.number)];
      // What does not apply stays last either way.
      if (numeric && left !== right) return left ? 1 : -1;
      if (!left && !right) return way * (one.number - other.number);
      return way * one.text.localeCompare(other.text);
    });
    table.tBodies[0].append(...rows.map(({ row }) => row));
  };
  const tables = all("table");
  tables.forEach((table, place) => {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = make("button", { type: "button", className: "sort" }, head.textContent);
      button.onclick = () => sort(table, column, head.classList.contains("number"), head);
      head.replaceChildren(button);
    });
    const rows = [...table.tBodies[0].rows];
    if (rows.length < 8) return;
    const status = make("span", { className: "soft" });
    status.setAttribute("role", "status");
    const input = make("input", { type: "search", id: `filter-${place}` });
    input.oninput = () => {
      const wanted = input.value.toLowerCase();
      let shown = 0;
      rows.forEach((row) => {
        row.classList.toggle("filtered", !row.textContent.toLowerCase().includes(wanted));
        shown += !row.classList.contains("filtered");
      });
      status.textContent = wanted ? `${shown} of ${rows.length} rows` : "";
    };
    const label = make("label", { htmlFor: input.id }, "filter ");
    table.closest(".scroll").before(make("p", { className: "tools" }, label, input, " ", status));
  });

  // Charts over time: one stretch of time for all of them.
  const charts = all("svg[data-time]").map((svg) => {
    const [left, right, top, bottom, end] = svg.dataset.time.split(" ").map(Number);
    return { svg, left, right, top, bottom, end };
  });
  const clock = (s, step) => {
    const places = step < 1 ? Math.ceil(-Math.log10(step)) : 0;
    if (s < 60 && step < 60) return `${s.toFixed(places)}s`;
    const h = Math.floor(s / 3600), m = Math.floor((s % 3600) / 60), rest = s % 60;
    const minutes = h ? `${h}h${String(m).padStart(2, "0")}m` : `${m}m`;
    return step < 60 ? `${minutes}${rest.toFixed(places).padStart(2, "0")}s` : minutes;
  };
  const STEPS = [60, 120, 300, 600, 1800, 3600, 7200, 21600, 43200, 86400];
  const ticks = (from, to) => {
    const rough = (to - from) / 8;
    let step = STEPS.find((step) => step >= rough);
    if (rough < 30) {
      const decade = 10 ** Math.floor(Math.log10(rough));
      step = [1, 2, 5, 10].map((part) => part * decade).find((step) => step >= rough);
    }
    step = step || Math.ceil(rough / 86400) * 86400;
    const found = [];
    for (let at = Math.ceil(from / step) * step; at <= to + step / 1e6; at += step) found.push(at);
    return { found, step };
  };
  const prepare = (chart, place) => {
    const { svg, left, right, top, bottom } = chart;
    const id = `clip-${place}`;
    const clip = document.createElementNS(SVG, "clipPath");
    const hole = document.createElementNS(SVG, "rect");
    for (const [name, at] of [["x", left], ["y", top - 12], ["width", right - left], ["height", bottom - top + 13]])
      hole.setAttribute(name, at);
    clip.id = id;
    clip.append(hole);
    const outer = document.createElementNS(SVG, "g");
    outer.setAttribute("clip-path", `url(#${id})`);
    chart.data = document.createElementNS(SVG, "g");
    outer.append(chart.data);
    chart.ticks = document.createElementNS(SVG, "g");
    const inside = (box) => box.y + box.height > top - 8 && box.x + box.width > left - 1 && box.x < right + 1;
    const shapes = all("path,rect,circle", svg).filter((shape) => !shape.matches(".grid,.axis") && inside(shape.getBBox()));
    all("text.soft", svg).filter((text) => +text.getAttribute("y") > bottom && +text.getAttribute("y") < bottom + 24)
      .forEach((text) => text.remove());
    all("path.axis", svg).filter((path) => path.getBBox().y > bottom - 1 && path.getBBox().width < 1)
      .forEach((path) => path.remove());
    // Labels are drawn after the data and stay above it.
    (shapes[0] || svg.lastElementChild).before(outer);
    chart.data.append(...shapes);
    svg.prepend(clip);
    svg.append(chart.ticks);
  };
  const zoom = (from, to) => charts.forEach((chart, place) => {
    if (!chart.data) prepare(chart, place);
    const { left, right, bottom, end, data } = chart;
    const [begin, stop] = [from * end, to * end];
    const scale = end / (stop - begin);
    const unit = (right - left) / end;
    data.setAttribute("transform", `translate(${left - scale * (left + begin * unit)} 0) scale(${scale} 1)`);
    const { found, step } = ticks(begin, stop);
    chart.ticks.replaceChildren(...found.flatMap((at) => {
      const x = left + (at - begin) * unit * scale;
      const text = document.createElementNS(SVG, "text");
      const mark = document.createElementNS(SVG, "path");
      for (const [name, value] of [["class", "soft"], ["x", x], ["y", bottom + 14], ["dy", ".35em"], ["text-anchor", "middle"]])
        text.setAttribute(name, value);
      mark.setAttribute("class", "line axis");
      mark.setAttribute("d", `M${x} ${bottom}v4`);
      text.textContent = clock(at, step);
      return [mark, text];
    }));
  });

  const figures = document.querySelector(".figures");
  const tools = make("form", { className: "tools" });
  tools.setAttribute("aria-label", "what the charts show");
  tools.onsubmit = () => false;
  if (charts.length) {
    const end = Math.max(...charts.map((chart) => chart.end));
    const range = (id, word, at) => {
      const input = make("input", { type: "range", id, min: 0, max: 1000, value: at });
      return [make("label", { htmlFor: id }, word), input];
    };
    const [fromLabel, from] = range("zoom-from", "from ", 0);
    const [toLabel, to] = range("zoom-to", "to ", 1000);
    const shown = make("output", { className: "soft" });
    const reset = make("button", { type: "button", id: "zoom-reset" }, "whole run");
    const update = (moved) => {
      // A hundredth of the run is the least that is shown.
      if (+to.value - +from.value < 10) {
        if (moved === from) from.value = +to.value - 10; else to.value = +from.value + 10;
        if (+to.value - +from.value < 10) { from.value = Math.min(+from.value, 990); to.value = +from.value + 10; }
      }
      const [begin, stop] = [+from.value / 1000, +to.value / 1000];
      const step = ((stop - begin) * end) / 100;
      for (const input of [from, to]) input.setAttribute("aria-valuetext", clock((+input.value / 1000) * end, step));
      shown.textContent = `${clock(begin * end, step)} to ${clock(stop * end, step)}`;
      zoom(begin, stop);
    };
    from.oninput = () => update(from);
    to.oninput = () => update(to);
    reset.onclick = () => {
      [from.value, to.value] = [0, 1000];
      update(from);
    };
    tools.append(make("span", { className: "group" }, "time ", fromLabel, from, toLabel, to, shown, " ", reset));
  }

  // Subscriptions: what is not picked is hidden in charts and tables.
  const listing = tables.find((table) => table.tHead.rows[0].cells[0].textContent === "subscription");
  const names = listing ? [...listing.tBodies[0].rows].map((row) => row.cells[0].textContent) : [];
  if (names.length > 1 && names.length <= 200) {
    const hidden = new Set();
    const short = (name) => {
      const letters = [...name];
      return letters.length <= 12 ? name : [...letters.slice(0, 5), "…", ...letters.slice(-6)].join("");
    };
    const pick = () => {
      const labels = new Set([...hidden].map(short));
      all("main tbody tr").forEach((row) => {
        const named = [...row.cells].some((cell) => hidden.has(cell.textContent));
        row.classList.toggle("unpicked", named);
      });
      all(".figures svg title").forEach((title) => {
        const text = title.textContent;
        const named = hidden.has(text) || [...hidden].some((name) => text.startsWith(`${name}: `));
        title.parentElement.classList.toggle("unpicked", named);
      });
      all(".figures svg text").forEach((text) => text.classList.toggle("unpicked", labels.has(text.textContent)));
    };
    const boxes = names.map((name, place) => {
      const box = make("input", { type: "checkbox", checked: true, id: `pick-${place}` });
      box.onchange = () => { hidden[box.checked ? "delete" : "add"](name); pick(); };
      return make("label", { htmlFor: box.id, className: "pick" }, box, make("bdi", {}, ` ${name}`));
    });
    tools.append(make("details", {}, make("summary", {}, "subscriptions"), make("div", { className: "picks" }, ...boxes)));
  }
  if (tools.childElementCount && figures) figures.before(tools);

  // Hover: what a browser would show after a second, at once.
  const tip = make("div", { className: "tip", hidden: true });
  tip.setAttribute("aria-hidden", "true");
  document.body.append(tip);
  document.addEventListener("pointermove", (event) => {
    const shape = event.target.closest?.(".figures svg *");
    const title = shape && [...shape.children].find((child) => child.localName === "title");
    tip.hidden = !title;
    if (!title) return;
    tip.textContent = title.textContent;
    const room = document.documentElement.clientWidth - tip.offsetWidth - 8;
    tip.style.setProperty("left", `${Math.max(4, Math.min(event.clientX + 14, room))}px`);
    tip.style.setProperty("top", `${event.clientY + 18}px`);
  });
})();
