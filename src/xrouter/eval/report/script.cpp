#include "xrouter/eval/report/parts.hpp"

namespace xrouter::eval::report {

// Foreign text reaches the page as textContent only; nothing here builds HTML from it.
const char* const kScript = R"js(
(() => {
'use strict';
const $ = (id) => document.getElementById(id);
const make = (tag, text, name) => { const e = document.createElement(tag); if (text) e.textContent = text; if (name) e.className = name; return e; };

// Theme: as the system says until the button is used.
$('theme').addEventListener('click', () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'light' : 'dark';
});

// Tooltips for whatever carries data-tip, by pointer, touch and keyboard.
const tip = $('tip');
const show = (element, x, y) => {
  tip.textContent = element.dataset.tip;
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  tip.style.left = Math.max(4, Math.min(x + 14, innerWidth - box.width - 8)) + 'px';
  tip.style.top = (y + box.height + 20 > innerHeight ? Math.max(4, y - box.height - 12) : y + 14) + 'px';
};
const tipped = (event) => event.target.closest && event.target.closest('[data-tip]');
document.addEventListener('pointermove', (event) => { const e = tipped(event); if (e) show(e, event.clientX, event.clientY); else tip.hidden = true; });
document.addEventListener('pointerdown', (event) => { const e = tipped(event); if (e) show(e, event.clientX, event.clientY); });
document.addEventListener('focusin', (event) => { const e = tipped(event); if (e && e.matches(':focus-visible')) { const b = e.getBoundingClientRect(); show(e, b.right, b.top); } });
document.addEventListener('focusout', () => { tip.hidden = true; });
document.addEventListener('scroll', () => { tip.hidden = true; }, {passive: true});
document.addEventListener('keydown', (event) => { if (event.key === 'Escape') tip.hidden = true; });

// Legends hide and show their series.
for (const button of document.querySelectorAll('.legend button')) button.addEventListener('click', () => {
  const on = button.getAttribute('aria-pressed') !== 'true';
  button.setAttribute('aria-pressed', on);
  const figure = button.closest('figure');
  for (const e of figure.querySelectorAll('svg [data-series="' + button.dataset.series + '"]')) e.classList.toggle('off', !on);
});
const minor = $('show-minor');
if (minor) minor.addEventListener('change', () => document.body.classList.toggle('show-minor', minor.checked));

// Tables sort by their headings.
for (const table of document.querySelectorAll('table.sortable')) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    if (!head.textContent.trim()) return;
    const button = make('button');
    button.type = 'button';
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener('click', () => {
      const down = head.getAttribute('aria-sort') !== 'descending';
      heads.forEach((h) => h.removeAttribute('aria-sort'));
      head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      const value = (row) => { const cell = row.cells[column]; return cell.dataset.order !== undefined ? Number(cell.dataset.order) : cell.textContent.trim(); };
      const rows = [...table.tBodies[0].rows].sort((a, b) => { const x = value(a), y = value(b); return (typeof x === 'number' ? x - y : String(x).localeCompare(String(y))) * (down ? -1 : 1); });
      table.tBodies[0].append(...rows);
    });
  });
}

// The browser of single questions, on pages that have one.
if (!$('browser-data')) return;
const data = JSON.parse($('browser-data').textContent);
const page = 25;
let shown = page;
const grades = ['\u2717 wrong', '\u2713 right', '? not scored'];
for (const q of data.questions) {
  q.text = (q.p + '\n' + q.id + '\n' + q.g).toLowerCase();
  q.right = q.s.filter((s) => s.o === 1).length;
  q.scored = q.s.filter((s) => s.o !== 2).length;
}
const answer = (s) => s.x < 0 ? '' : data.texts[s.x];
const money = (c) => '$' + c;

function sample(s) {
  const box = make('details', '', 'sample o' + s.o);
  const line = make('summary');
  line.append(make('b', data.systems[s.s].l), ' ', make('span', grades[s.o], 'verdict ' + ['bad', 'good', 'open'][s.o]), ' \u00b7 ' + money(s.c) + (s.cu ? ' at least' : ''));
  if (s.n) line.append(' \u00b7 sample ' + (s.n + 1));
  if (s.cf !== undefined) line.append(' \u00b7 confidence ' + Math.round(100 * s.cf) + ' %');
  line.append(make('br'), make('span', s.r + ' \u00b7 ' + s.by, 'route'));
  box.append(line);
  box.addEventListener('toggle', () => {
    if (box.dataset.filled) return;
    box.dataset.filled = '1';
    const facts = [];
    if (s.e) facts.push('read as: ' + s.e);
    if (s.w) facts.push('grader: ' + s.w);
    if (s.st !== 'scored') facts.push('status: ' + s.st);
    if (s.er) facts.push('error: ' + s.er);
    if (s.cut) facts.push('cut off by a token limit');
    if (facts.length) box.append(make('p', facts.join(' \u00b7 '), 'muted'));
    box.append(make('pre', answer(s) || '(no answer)'));
  });
  return box;
}

function entry(q, system) {
  const box = make('details');
  const line = make('summary');
  const left = make('div', '', 'q-text');
  left.append(make('span', data.tasks[q.t] + (q.sub ? ' / ' + q.sub : '') + ' \u00b7 ' + q.id, 'q-id'), make('br'), (q.b || q.p).replace(/\s+/g, ' ').slice(0, 240));
  const mine = system === '' ? null : q.s.find((s) => s.s === Number(system));
  const right = make('div', '', 'tally');
  if (mine) right.append(make('span', grades[mine.o], 'verdict ' + ['bad', 'good', 'open'][mine.o]), make('br'));
  right.append(q.right + ' of ' + q.scored + ' right');
  line.append(left, right);
  box.append(line);
  box.addEventListener('toggle', () => {
    if (box.dataset.filled) return;
    box.dataset.filled = '1';
    box.append(make('pre', q.p), make('p', 'Expected: ' + q.g));
    const order = {policy: 0, oracle: 2, baseline: 1, single: 3};
    const rank = (s) => (system !== '' && s.s === Number(system) ? -1 : 10 * order[data.systems[s.s].k] + (data.systems[s.s].m ? 5 : 0));
    const all = [...q.s].sort((a, b) => rank(a) - rank(b));
    const front = all.filter((s) => !data.systems[s.s].m || rank(s) < 0);
    const rest = all.filter((s) => !front.includes(s));
    box.append(...front.map(sample));
    if (rest.length) {
      const more = make('button', 'Show ' + rest.length + ' more points of the curves');
      more.type = 'button';
      more.addEventListener('click', () => more.replaceWith(...rest.map(sample)));
      box.append(more);
    }
  });
  return box;
}

function matches(q, f) {
  if (f.task !== '' && q.t !== Number(f.task)) return false;
  const of = f.system === '' ? q.s : q.s.filter((s) => s.s === Number(f.system));
  if (f.system !== '' && of.length === 0) return false;
  if (f.grade !== '' && !of.some((s) => s.o === Number(f.grade))) return false;
  return f.words.every((w) => q.text.includes(w) || of.some((s) => answer(s).toLowerCase().includes(w)));
}

function list() {
  const f = {task: $('f-task').value, system: $('f-system').value, grade: $('f-grade').value, words: $('f-text').value.toLowerCase().split(/\s+/).filter(Boolean)};
  const found = data.questions.filter((q) => matches(q, f));
  $('found').textContent = found.length + ' of ' + data.questions.length + ' questions';
  $('list').replaceChildren(...found.slice(0, shown).map((q) => entry(q, f.system)));
  $('more').hidden = found.length <= shown;
}
let waiting = 0;
$('filters').addEventListener('input', () => { clearTimeout(waiting); waiting = setTimeout(() => { shown = page; list(); }, 120); });
$('filters').addEventListener('submit', (event) => event.preventDefault());
$('more').addEventListener('click', () => { shown += page; list(); });
list();
})();
)js";

}  // namespace xrouter::eval::report
