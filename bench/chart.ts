/** One number for each of several things, as bars. */
export interface Chart {
  readonly title: string;
  readonly bars: readonly Bar[];
}

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** The lowest and the highest round. */
  readonly low?: number;
  readonly high?: number;
  /** What is drawn in menjin's colour; the rest is grey. */
  readonly isOurs?: boolean;
}

const WIDTH = 720;
const LABELS = 200;
const NUMBERS = 90;
const ROW = 28;
const TOP = 40;

/** Read on white and on black: it asks the browser which. */
const STYLE = `text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600 } .number { fill: #57606a }
.bar { fill: #afb8c1 } .ours { fill: #1a7f37 } .range { stroke: #24292f; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .number { fill: #9da7b3 } .bar { fill: #57606a } .ours { fill: #3fb950 } .range { stroke: #e6edf3 }
}`;

/** A file of its own. */
export function svgOf({ title, bars }: Chart): string {
  const most = Math.max(...bars.map(({ value, high = value }) => Math.max(value, high)));
  const scale = most > 0 ? (WIDTH - LABELS - NUMBERS) / most : 0;
  const height = TOP + bars.length * ROW + 8;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}</style>`,
    `<text class="title" x="0" y="20">${escaped(title)}</text>`,
    ...bars.map((bar, index) => rowOf(bar, TOP + index * ROW, scale)),
    '</svg>',
    '',
  ].join('\n');
}

function rowOf({ label, value, low, high, isOurs = false }: Bar, y: number, scale: number): string {
  const x = (each: number) => (LABELS + each * scale).toFixed(1);
  const middle = y + 10;
  const end = (LABELS + Math.max(value, high ?? value) * scale + 8).toFixed(1);
  return [
    `<text x="${LABELS - 10}" y="${y + 15}" text-anchor="end">${escaped(label)}</text>`,
    `<rect class="${isOurs ? 'ours' : 'bar'}" x="${LABELS}" y="${y}" width="${(value * scale).toFixed(1)}" height="20" rx="2"/>`,
    ...(low === undefined || high === undefined
      ? []
      : [
          `<path class="range" d="M${x(low)} ${middle}H${x(high)}M${x(low)} ${middle - 4}v8M${x(high)} ${middle - 4}v8"/>`,
        ]),
    `<text class="number" x="${end}" y="${y + 15}">${numberText(value)}</text>`,
  ].join('\n');
}

function numberText(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 100 ? 2 : 0 });
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
