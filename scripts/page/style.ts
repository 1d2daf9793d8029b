/**
 * Style of a report: light or dark by the reader's system, one column on a phone, everything open on paper.
 * Each state has a sign and a word beside its colour.
 */
export const style = `
:root{color-scheme:light dark;--back:#f5f6f8;--card:#fff;--ink:#1b2330;--soft:#5c6675;--line:#dfe3e9;--accent:#2461c7;
--good:#147a46;--good-back:#e2f4e9;--bad:#b3261e;--bad-back:#fce8e6;--wait:#8a5a00;--wait-back:#fdf1d8;--skip:#5c6675;
--skip-back:#eceff3;--bar-good:#3fa56f;--bar-bad:#d6544b;--bar-wait:#dda235;--code:#f0f2f5}
@media (prefers-color-scheme:dark){:root{--back:#11151b;--card:#1a2029;--ink:#e7ebf1;--soft:#9aa5b4;--line:#2c3440;
--accent:#7aa7ff;--good:#6fd39d;--good-back:#153425;--bad:#ff9a90;--bad-back:#43201d;--wait:#f1c265;--wait-back:#3b2d10;
--skip:#9aa5b4;--skip-back:#262e39;--bar-good:#3f9f6d;--bar-bad:#cf5b52;--bar-wait:#c9932f;--code:#232b36}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--back);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif}
main,header.top{max-width:1120px;margin:0 auto;padding:0 20px}
header.top{padding-top:32px}
h1{font-size:1.85rem;line-height:1.2;margin:0 0 14px;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{font-size:1.25rem;margin:0 0 4px;display:flex;flex-wrap:wrap;align-items:baseline;gap:4px 12px}
h2 small{font-weight:400;font-size:.85rem;color:var(--soft)}
h3{font-size:1rem;margin:20px 0 8px;display:flex;flex-wrap:wrap;align-items:baseline;gap:4px 10px;overflow-wrap:anywhere}
h3 small{font-weight:400;color:var(--soft);font-size:.85rem}
p{margin:0 0 10px}
.note{color:var(--soft);margin:0 0 14px}
a{color:var(--accent)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:4px}
section{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:22px 24px;margin:18px 0;scroll-margin-top:12px}
.verdict{display:flex;gap:14px;align-items:flex-start;border-radius:14px;padding:16px 18px;margin:0 0 16px;border:1px solid}
.verdict p{margin:0}
.verdict strong{display:block;font-size:1.15rem;line-height:1.35;overflow-wrap:anywhere}
.verdict .sign{font-size:1.3rem;line-height:1.55rem;font-weight:700}
.verdict.good{background:var(--good-back);border-color:var(--bar-good)}
.verdict.bad{background:var(--bad-back);border-color:var(--bar-bad)}
.verdict.waiting{background:var(--wait-back);border-color:var(--bar-wait)}
.verdict.good .sign,.verdict.good strong{color:var(--good)}
.verdict.bad .sign,.verdict.bad strong{color:var(--bad)}
.verdict.waiting .sign,.verdict.waiting strong{color:var(--wait)}
.verdict ul{margin:6px 0 0;padding:0 0 0 18px;overflow-wrap:anywhere}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:0 0 8px;padding:0;list-style:none}
.tiles a{display:block;height:100%;background:var(--card);border:1px solid var(--line);border-radius:12px;padding:12px 16px;text-decoration:none;color:inherit}
.tiles a:hover{border-color:var(--accent)}
.tiles b{display:block;font-size:1.5rem;line-height:1.25;font-variant-numeric:tabular-nums}
.tiles span{color:var(--soft);font-size:.87rem}
.tiles .bad b{color:var(--bad)}.tiles .good b{color:var(--good)}.tiles .waiting b{color:var(--wait)}
dl.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(235px,1fr));gap:12px 28px;margin:14px 0 0}
dl.facts dt{color:var(--soft);font-size:.82rem}
dl.facts dd{margin:0;overflow-wrap:anywhere}
.tag{display:inline-block;white-space:nowrap;border-radius:99px;padding:1px 10px;font-size:.82rem;font-weight:600;line-height:1.55}
.tag.good,.tag.passed{background:var(--good-back);color:var(--good)}
.tag.bad,.tag.failed{background:var(--bad-back);color:var(--bad)}
.tag.waiting{background:var(--wait-back);color:var(--wait)}
.tag.skipped{background:var(--skip-back);color:var(--skip)}
code,pre,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.86em}
code{background:var(--code);border-radius:5px;padding:1px 5px;overflow-wrap:anywhere;-webkit-box-decoration-break:clone;box-decoration-break:clone}
pre{background:var(--code);border-radius:8px;padding:8px 12px;margin:0;white-space:pre-wrap;overflow-wrap:anywhere;max-height:22em;overflow-y:auto}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.93rem}
caption{text-align:left;font-weight:600;padding:0 0 6px}
th{text-align:left;font-size:.8rem;font-weight:600;color:var(--soft);padding:6px 12px 6px 0;border-bottom:1px solid var(--line);vertical-align:bottom}
td{padding:8px 12px 8px 0;border-bottom:1px solid var(--line);vertical-align:top}
tbody tr:last-child td{border-bottom:0}
td.number,th.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.text{overflow-wrap:anywhere;min-width:9em}
tr.bad td:first-child,tr.failed td:first-child{box-shadow:inset 3px 0 var(--bar-bad);padding-left:12px}
tr.waiting td:first-child{box-shadow:inset 3px 0 var(--bar-wait);padding-left:12px}
tr.good td:first-child,tr.passed td:first-child,tr.skipped td:first-child{padding-left:12px}
.empty{color:var(--soft);margin:0}
.chart{display:grid;grid-template-columns:minmax(120px,max-content) minmax(0,1fr);column-gap:14px}
.names{font-size:.88rem;padding-top:26px}
.names div{height:26px;line-height:26px;white-space:nowrap;overflow:hidden;text-overflow:ellipsis;max-width:240px}
.names .head{font-size:.76rem;font-weight:600;color:var(--soft);height:24px;line-height:28px}
.chart svg{display:block;overflow:visible}
.chart svg text{font-size:12px;fill:var(--soft);font-variant-numeric:tabular-nums}
.chart .grid{stroke:var(--line)}
.chart .mark{stroke:var(--accent);stroke-dasharray:3 3}
.chart text.mark-text{fill:var(--accent);font-weight:600}
.chart .band{fill:var(--skip-back);opacity:.45}
.chart .healthy{fill:var(--bar-good)}.chart .failed{fill:var(--bar-bad)}.chart .waiting{fill:var(--bar-wait)}
.chart text.value{fill:var(--ink)}
.chart text.beside,.chart text.mark-text{paint-order:stroke;stroke:var(--card);stroke-width:4px;stroke-linejoin:round}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;color:var(--soft);font-size:.85rem;margin:10px 0 0;padding:0;list-style:none}
.legend i{display:inline-block;width:12px;height:12px;border-radius:3px;margin-right:6px;vertical-align:-1px}
.legend .healthy{background:var(--bar-good)}.legend .failed{background:var(--bar-bad)}.legend .waiting{background:var(--bar-wait)}
details>summary{cursor:pointer}
.fold{margin-top:12px}
.fold>summary{color:var(--soft);font-size:.88rem}
.check{border-top:1px solid var(--line)}
.check:first-of-type{border-top:0}
.check>summary{display:flex;gap:10px;align-items:baseline;padding:8px 6px;list-style:none;border-radius:6px}
.check>summary::-webkit-details-marker{display:none}
.check>summary:hover{background:var(--skip-back)}
.check>summary::after{content:"+";color:var(--soft);margin-left:auto;padding-left:8px}
.check[open]>summary::after{content:"–"}
.check .what{overflow-wrap:anywhere;min-width:0}
.check .what small{display:block;color:var(--soft);overflow-wrap:anywhere}
.check .took{color:var(--soft);font-size:.85rem;white-space:nowrap}
.check dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:8px 16px;margin:2px 6px 16px;font-size:.93rem}
.check dt{color:var(--soft);padding-top:6px}
.check dd{margin:0}
.filters{border:0;padding:0;margin:0 0 10px;min-width:0}
.filters legend{float:left;color:var(--soft);font-size:.85rem;padding:3px 10px 0 0;min-width:5.5em}
.filters div{display:flex;flex-wrap:wrap;gap:6px}
.filters input{position:absolute;opacity:0;width:1px;height:1px}
.filters label{border:1px solid var(--line);border-radius:99px;padding:2px 12px;font-size:.85rem;cursor:pointer}
.filters label:hover{border-color:var(--accent)}
.filters input:checked+label{background:var(--accent);border-color:var(--accent);color:var(--card);font-weight:600}
.filters input:focus-visible+label{outline:2px solid var(--accent);outline-offset:2px}
.pictures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(330px,100%),1fr));gap:20px}
figure{margin:0}
figure img{display:block;width:100%;height:auto;border:1px solid var(--line);border-radius:10px;background:#fff}
figcaption{color:var(--soft);font-size:.88rem;padding:8px 2px 0;overflow-wrap:anywhere}
.meter{display:block;height:10px;border-radius:5px;background:var(--accent);min-width:2px}
.meter.failed{background:var(--bar-bad)}.meter.skipped{background:var(--line)}
td.gauge{width:45%;padding-top:13px}
tr.within td:first-child{padding-left:32px}
tr.within{color:var(--soft);font-size:.93rem}
tr.within .meter{opacity:.5}
.requests table{margin:0 0 16px}
footer{max-width:1120px;margin:0 auto;padding:4px 20px 40px;color:var(--soft);font-size:.85rem}
@media (max-width:720px){
body{font-size:16px}
main,header.top{padding-left:12px;padding-right:12px}
header.top{padding-top:18px}
section{padding:18px 14px;border-radius:12px}
.tiles{grid-template-columns:repeat(2,1fr)}
.chart{grid-template-columns:96px minmax(0,1fr);column-gap:8px}
.names{font-size:.78rem}
.names div{max-width:96px}
table.cards thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
table.cards,table.cards tbody{display:block}
table.cards tr{display:block;border-bottom:1px solid var(--line);padding:8px 0}
table.cards tbody tr:last-child{border-bottom:0}
table.cards th,table.cards td{display:block;border:0;padding:1px 0 1px 12px}
table.cards tr:not(:has(th)) td:first-child{font-weight:600}
table.cards tr.bad,table.cards tr.failed{box-shadow:inset 3px 0 var(--bar-bad)}
table.cards tr.waiting{box-shadow:inset 3px 0 var(--bar-wait)}
table.cards tr td:first-child{box-shadow:none!important}
table.cards td[data-name]{display:grid;grid-template-columns:5.4em minmax(0,1fr);gap:8px}
table.cards td[data-name]::before{content:attr(data-name);color:var(--soft);font-size:.85rem}
table.cards td[data-name]>.tag{justify-self:start}
table.cards td:empty{display:none}
.filters legend{float:none;padding-bottom:4px}
.check dl{grid-template-columns:1fr;gap:2px}
}
@media print{
:root{color-scheme:light;--back:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#bbb;--accent:#1b4fae;--good:#0b5c33;--good-back:#fff;--bad:#8c1d18;
--bad-back:#fff;--wait:#6b4600;--wait-back:#fff;--skip:#444;--skip-back:#fff;--code:#f4f4f4;--bar-good:#3fa56f;--bar-bad:#d6544b;--bar-wait:#dda235}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
body{font-size:10.5pt}
section{border:0;padding:0;margin:22px 0;border-radius:0}
.filters,.fold,.check>summary::after{display:none}
details::details-content{content-visibility:visible;display:block;height:auto}
pre{max-height:none;overflow:visible}
tr,figure,.check,.chart,.verdict{break-inside:avoid}
h2,h3{break-after:avoid}
.pictures{grid-template-columns:1fr 1fr}
}
`;
