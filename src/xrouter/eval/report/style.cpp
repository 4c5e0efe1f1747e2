#include "xrouter/eval/report/parts.hpp"

namespace xrouter::eval::report {

// Series colours c0 to c7 are Okabe and Ito's, told apart with every common kind of colour blindness; shapes differ too.
const char* const kStyle = R"css(
:root{--bg:#fff;--ink:#1a1f26;--soft:#5b6573;--line:#dfe3e8;--card:#f6f7f9;--grid:#e8ebef;--accent:#0b62a8;
--good:#00694c;--bad:#a33a00;--open:#5b6573;--single:#7d8794;--hull:#b9c1cb;--hull-fill:#eef1f4;
--c0:#c84400;--c1:#0072b2;--c2:#009e73;--c3:#b65f97;--c4:#a87400;--c5:#2f9fd8;--c6:#6b5bb5;--c7:#4d5661;
--m0:#0072b2;--m1:#e69f00;--m2:#009e73;--m3:#cc79a7;--m4:#56b4e9;--m5:#d55e00;--m6:#b8ad1a;--m7:#6b5bb5;--m8:#8c6d46;--m9:#3f8f8b;--m10:#9aa3ad}
:root[data-theme=dark]{color-scheme:dark;--bg:#12161b;--ink:#e6e9ed;--soft:#9ba6b3;--line:#2c343d;--card:#1a2027;--grid:#232a32;--accent:#7dbcf0;
--good:#4fd1a5;--bad:#ff9a63;--open:#9ba6b3;--single:#8b96a3;--hull:#4b5661;--hull-fill:#1a2027;
--c0:#ff7a3c;--c1:#56a8e0;--c2:#2fc79b;--c3:#e39ac4;--c4:#e6b04a;--c5:#8fd0f5;--c6:#a99bec;--c7:#b4bec9;
--m0:#4a9fd6;--m1:#e69f00;--m2:#2fbf95;--m3:#d98fb8;--m4:#86cbf2;--m5:#ee7a35;--m6:#d6cb3f;--m7:#9184dd;--m8:#b8976c;--m9:#66b5b1;--m10:#6c7681}
@media (prefers-color-scheme:dark){:root:not([data-theme=light]){color-scheme:dark;--bg:#12161b;--ink:#e6e9ed;--soft:#9ba6b3;--line:#2c343d;--card:#1a2027;--grid:#232a32;--accent:#7dbcf0;
--good:#4fd1a5;--bad:#ff9a63;--open:#9ba6b3;--single:#8b96a3;--hull:#4b5661;--hull-fill:#1a2027;
--c0:#ff7a3c;--c1:#56a8e0;--c2:#2fc79b;--c3:#e39ac4;--c4:#e6b04a;--c5:#8fd0f5;--c6:#a99bec;--c7:#b4bec9;
--m0:#4a9fd6;--m1:#e69f00;--m2:#2fbf95;--m3:#d98fb8;--m4:#86cbf2;--m5:#ee7a35;--m6:#d6cb3f;--m7:#9184dd;--m8:#b8976c;--m9:#66b5b1;--m10:#6c7681}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{overflow-wrap:anywhere;margin:0 auto;max-width:1120px;padding:0 20px 80px;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
h1{font-size:1.6rem;margin:0}h2{font-size:1.3rem;margin:0 0 4px}h3{font-size:1rem;margin:26px 0 6px}
section{padding-top:44px}
a{color:var(--accent)}small{color:var(--soft);font-size:.82em;font-weight:400}.muted{color:var(--soft)}
.skip{position:absolute;left:-999px}.skip:focus{left:8px;top:8px;background:var(--bg);padding:6px 10px;z-index:9}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
header{padding-top:28px}.top{display:flex;justify-content:space-between;align-items:center}
nav{display:flex;flex-wrap:wrap;gap:4px 18px;border-bottom:1px solid var(--line);padding-bottom:10px}
button,select,input{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:6px;padding:5px 10px}
button{cursor:pointer}
.notice{background:var(--card);border-left:3px solid var(--c4);padding:10px 14px 10px 14px;border-radius:4px}ul.notice{padding-left:32px}
.cards{list-style:none;display:grid;grid-template-columns:repeat(auto-fit,minmax(280px,1fr));gap:12px;padding:0;margin:14px 0 20px}
.card{background:var(--card);border:1px solid var(--line);border-left:4px solid var(--c0);border-radius:8px;padding:12px 16px}
.card h3{margin:2px 0 4px;font-size:1.05rem}.card p{margin:0}.card-head{display:flex;justify-content:space-between;gap:8px;color:var(--soft);font-size:.88em}
.verdict{font-weight:600;white-space:nowrap}.good{color:var(--good)}.bad{color:var(--bad)}.open{color:var(--open)}
.switch{display:inline-block;margin-top:14px}
.wide{overflow-x:auto;-webkit-overflow-scrolling:touch}
table{overflow-wrap:normal;border-collapse:collapse;width:100%;margin:18px 0 6px;font-size:.9em}
caption{text-align:left;font-weight:600;padding-bottom:6px}
th,td{padding:5px 10px;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
thead th{color:var(--soft);font-weight:600;font-size:.88em;line-height:1.25;vertical-align:bottom;border-bottom:2px solid var(--line)}
.num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}thead th.num{white-space:normal}
tbody th{overflow-wrap:anywhere;font-weight:500;min-width:150px;position:sticky;left:0;background:var(--bg)}
tr.k-policy>th,tr.k-policy>td{background:var(--card)}tr.k-policy .name{font-weight:700;color:var(--c0)}
.badge{color:var(--soft);font-size:.78em;white-space:nowrap}
.sortable thead th button{all:unset;cursor:pointer}.sortable thead th button:focus-visible{outline:2px solid var(--accent)}
.sortable th[aria-sort=ascending] button::after{content:" \25B2";font-size:.8em}.sortable th[aria-sort=descending] button::after{content:" \25BC";font-size:.8em}
.meter{display:block;position:relative;height:5px;margin-top:3px;background:var(--grid);border-radius:3px;min-width:110px}
.meter i{position:absolute;top:1px;height:3px;background:var(--soft);border-radius:2px}.meter u{position:absolute;top:-1px;width:3px;height:7px;margin-left:-1.5px;background:var(--ink);border-radius:1px}
.minor,.bar-row.minor{display:none}.show-minor .minor{display:revert}.show-minor .bar-row.minor{display:grid}
details{margin-top:20px;border-top:1px solid var(--line);padding-top:10px}summary{cursor:pointer;font-weight:600}
.plot{margin:16px 0 0}.plot svg{display:block;width:100%;min-width:620px;height:auto;font-size:12px}
svg text{fill:var(--ink)}.axes line{stroke:var(--grid)}.axes text{fill:var(--soft);font-size:11.5px}.axes .axis{font-size:12px}
.hull-area{fill:var(--hull-fill)}.hull{fill:none;stroke:var(--hull);stroke-width:2}
.curve{fill:none;stroke-width:1.8;opacity:.75;stroke-linejoin:round}
.c0{--s:var(--c0)}.c1{--s:var(--c1)}.c2{--s:var(--c2)}.c3{--s:var(--c3)}.c4{--s:var(--c4)}.c5{--s:var(--c5)}.c6{--s:var(--c6)}.c7{--s:var(--c7)}
.k-single{--s:var(--single)}.k-oracle{--s:var(--ink)}
.curve{stroke:var(--s)}.m{fill:var(--s);stroke:var(--bg);stroke-width:1.2}.k-single .m{fill:var(--bg);stroke:var(--single);stroke-width:1.8}
.whisker{stroke:var(--s,var(--soft));stroke-width:1.2;fill:none;opacity:.5}
.pt{cursor:default}.pt:hover .whisker,.pt:focus .whisker{opacity:1;stroke-width:2}.pt:focus{outline:none}.pt:focus .m,.pt:hover .m{stroke:var(--ink);stroke-width:1.8}
.label{font-size:11.5px;pointer-events:none;paint-order:stroke;stroke:var(--bg);stroke-width:3px;stroke-linejoin:round}.label.k-single{fill:var(--soft)}.label.k-policy{font-weight:700}
.off{display:none}
.legend{display:flex;flex-wrap:wrap;gap:6px;align-items:center;margin-top:6px;font-size:.85em}
.legend button{display:inline-flex;gap:6px;align-items:center;padding:2px 9px 2px 6px;border-radius:14px}.legend svg{width:16px;min-width:0;height:16px}.legend button[aria-pressed=false]{opacity:.45;text-decoration:line-through}
.hull-key{color:var(--soft);display:inline-flex;align-items:center;gap:6px}.hull-key i{width:22px;height:8px;border-top:2px solid var(--hull);background:var(--hull-fill)}
.bars{display:grid;gap:5px}.bar-row{display:grid;grid-template-columns:minmax(110px,200px) 1fr 70px;gap:10px;align-items:center;font-size:.88em}
.bar-name{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}.k-policy .bar-name{font-weight:700;color:var(--c0)}
.bar{display:flex;height:22px;border-radius:4px;overflow:hidden;background:var(--grid)}.bar span{flex-basis:0;min-width:1px;color:#fff;font-size:11px;line-height:22px;text-align:center;overflow:hidden;text-shadow:0 0 3px rgba(0,0,0,.75);border-right:1px solid var(--bg)}
.bar-end{color:var(--soft);font-variant-numeric:tabular-nums;white-space:nowrap;text-align:right}
.m0{background:var(--m0)}.m1{background:var(--m1)}.m2{background:var(--m2)}.m3{background:var(--m3)}.m4{background:var(--m4)}.m5{background:var(--m5)}.m6{background:var(--m6)}.m7{background:var(--m7)}.m8{background:var(--m8)}.m9{background:var(--m9)}.m10{background:var(--m10)}
.model-legend{font-size:.85em;display:flex;flex-wrap:wrap;gap:2px 14px;margin:4px 0 10px}.model-legend i{display:inline-block;width:11px;height:11px;border-radius:2px;margin-right:5px;vertical-align:-1px}
.reliabilities{display:flex;flex-wrap:wrap;gap:10px 26px}.reliability{margin:8px 0;width:236px}.reliability figcaption{line-height:1.3}.reliability svg{width:236px;font-size:11px}
.curve.k-baseline{opacity:.8}.reliability .box{fill:none;stroke:var(--line)}.ideal{stroke:var(--soft);stroke-dasharray:4 4}.count{fill:var(--grid)}.gap{stroke:var(--soft);stroke-width:1.2;opacity:.7}.reliability circle{fill:var(--c1)}.reliability.k-policy circle{fill:var(--c0)}
.forest svg{width:120px;height:16px;min-width:0}.forest .zero{stroke:var(--line)}.forest .whisker{stroke:var(--soft);opacity:1;stroke-width:1.6}.forest circle{fill:var(--ink)}.k-policy .forest circle,.k-policy .forest .whisker{fill:var(--c0);stroke:var(--c0)}
.facts{display:grid;grid-template-columns:max-content 1fr;gap:4px 20px}.facts dt{color:var(--soft)}.facts dd{margin:0;overflow-wrap:anywhere}
code{font-size:.9em;overflow-wrap:anywhere}
#tip{position:fixed;z-index:8;pointer-events:none;white-space:pre-line;background:var(--ink);color:var(--bg);padding:7px 11px;border-radius:6px;font-size:13px;max-width:320px;line-height:1.4}
#tip[hidden]{display:none}
#filters{display:flex;flex-wrap:wrap;gap:10px 14px}#filters label{display:grid;gap:2px;font-size:.85em;color:var(--soft)}#filters select{max-width:260px}#f-text{width:260px;max-width:100%}
#list details{margin:0;padding:7px 0}#list>details>summary{font-weight:400;display:grid;grid-template-columns:minmax(0,1fr) auto;gap:12px;list-style:none}#list>details>summary::-webkit-details-marker{display:none}
#list .q-text{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}#list .q-id{color:var(--soft);font-size:.82em}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--card);border:1px solid var(--line);border-radius:6px;padding:10px 12px;margin:6px 0;font:13px/1.45 ui-monospace,"DejaVu Sans Mono",monospace;max-height:420px;overflow-y:auto}
#list .sample{border-top:0;border-left:3px solid var(--line);padding:2px 0 2px 12px;margin:10px 0}#list .sample.o1{border-color:var(--good)}#list .sample.o0{border-color:var(--bad)}
.sample summary{font-weight:400}.sample .route{color:var(--soft);overflow-wrap:anywhere}.tally{white-space:nowrap;font-variant-numeric:tabular-nums;font-size:.88em}
#more{margin-top:12px}
@media (max-width:640px){body{padding:0 12px 60px;font-size:14px}.bar-row{grid-template-columns:1fr 60px}.bar-row .bar{grid-column:1/-1;grid-row:2}.facts{grid-template-columns:1fr}.facts dt{margin-top:6px}tbody th{min-width:110px;max-width:150px}
#filters label,#filters select,#f-text{width:100%;max-width:none}h1{font-size:1.35rem}}
@media print{nav,#theme,#questions,.switch,.skip{display:none}details{break-inside:avoid}}
)css";

}  // namespace xrouter::eval::report
