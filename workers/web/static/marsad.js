// What pages do beyond showing: changes that come in by themselves, and sliders that set a date. Without this file every
// page still reads the same. It must never make markup out of data: new parts come from the server, as pages do.
"use strict";

const DAY = 24 * 60 * 60 * 1000;

function slide(range) {
  const date = range.form.elements[range.dataset.for];
  const first = Date.parse(range.dataset.first);
  const last = Math.max(Date.parse(range.dataset.last), first);
  range.min = 0;
  range.max = Math.round((last - first) / DAY);
  const place = () => { range.value = date.value ? Math.round((Date.parse(date.value) - first) / DAY) : range.max; };
  place();
  range.addEventListener("input", () => {
    date.value = Number(range.value) === Number(range.max) ? "" : new Date(first + range.value * DAY).toISOString().slice(0, 10);
    range.setAttribute("aria-valuetext", date.value || range.dataset.last);
  });
  range.addEventListener("change", () => range.form.requestSubmit());
  date.addEventListener("input", place);
  range.hidden = last === first;
}

function live(status) {
  const target = status.dataset.target;
  const keys = () => new Set([...document.querySelectorAll(`${target} [data-key]`)].map((e) => e.dataset.key));
  let waiting = null;
  async function renew() {
    waiting = null;
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector(target);
    if (!fresh) return;
    const known = keys();
    document.querySelector(target).replaceWith(document.adoptNode(fresh));
    const added = [...document.querySelectorAll(`${target} [data-key]`)].filter((e) => !known.has(e.dataset.key));
    added.forEach((e) => e.classList.add("new"));
    if (added.length) status.textContent = added.length === 1 ? status.dataset.one : status.dataset.many.replace("{n}", added.length);
  }
  const source = new EventSource(status.dataset.live);
  status.hidden = false;
  status.textContent = status.dataset.off;
  source.addEventListener("open", () => { status.textContent = status.dataset.on; });
  source.addEventListener("error", () => { status.textContent = status.dataset.off; });
  source.addEventListener("change", () => { if (waiting === null) waiting = setTimeout(renew, 300); });
  addEventListener("pagehide", () => source.close());
}

document.querySelectorAll("input.slide").forEach(slide);
document.querySelectorAll("[data-live]").forEach(live);
