/** Width of a chart in pixels. */
export const WIDTH = 780;
/** y of the drawing, below the title and the legend. */
export const TOP = 76;
/** Height of a line of text in pixels. */
export const LINE = 18;

interface Palette {
  readonly back: string;
  readonly text: string;
  /** Color of units and axes. */
  readonly quiet: string;
  readonly grid: string;
  /** Blue, orange and gray, which people with color blindness can distinguish. */
  readonly series: readonly string[];
}

/** Colors of GitHub's pages. */
const LIGHT: Palette = {
  back: "#ffffff",
  text: "#1f2328",
  quiet: "#59636e",
  grid: "#d1d9e0",
  series: ["#0969da", "#bc4c00", "#818b98"],
};
const DARK: Palette = {
  back: "#0d1117",
  text: "#f0f6fc",
  quiet: "#9198a1",
  grid: "#3d444d",
  series: ["#4493f8", "#db6d28", "#656c76"],
};

const SHAPES = [
  'text{font:13px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}.title{font-size:16px;font-weight:600}',
  ".end{text-anchor:end}.middle{text-anchor:middle}.limit{stroke-dasharray:4 4}.curve{fill:none;stroke-width:2.5}",
  // An outline in the color of the background keeps lines away from letters.
  ".label{paint-order:stroke;stroke-width:5px;stroke-linejoin:round}",
];

/** Style rules of a palette. They use no CSS variables, which some viewers of SVG files do not support. */
function colors({ back, text: words, quiet, grid, series }: Palette): string[] {
  return [
    `.back{fill:${back};stroke:${grid}}text{fill:${words}}.quiet{fill:${quiet}}.grid{stroke:${grid}}.limit{stroke:${words}}.label{stroke:${back}}`,
    series.map((color, index) => `.fill${index}{fill:${color}}.stroke${index}{stroke:${color}}`).join(""),
  ];
}

const STYLE = [...SHAPES, ...colors(LIGHT), "@media (prefers-color-scheme:dark){", ...colors(DARK), "}"];

export interface Frame {
  readonly title: string;
  /** Unit of the numbers, below the title. */
  readonly unit: string;
  /** Names of the compared subjects. Each has the color of its index. */
  readonly series: readonly string[];
  readonly height: number;
}

/** Returns an SVG file with a drawing. The file has its own background, to be readable on light and dark pages. */
export function svg({ title, unit, series, height }: Frame, drawing: readonly string[]): string {
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    "<style>",
    ...STYLE,
    "</style>",
    `<rect class="back" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="6"/>`,
    text(16, 28, title, "title"),
    text(16, 48, unit, "quiet"),
    ...legend(series),
    ...drawing,
    "</svg>",
  ];
  return `${lines.join("\n")}\n`;
}

export function text(x: number, y: number, words: string, kind = ""): string {
  const attribute = kind === "" ? "" : ` class="${kind}"`;
  return `<text x="${round(x)}" y="${round(y)}"${attribute}>${escaped(words)}</text>`;
}

export function line(x1: number, y1: number, x2: number, y2: number, kind = "grid"): string {
  return `<line class="${kind}" x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"/>`;
}

/** Rounds to a tenth of a pixel. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Returns round numbers from 0 to at least the largest value, in up to six steps. */
export function ticks(largest: number): number[] {
  const size = 10 ** Math.floor(Math.log10(largest));
  const step = [0.2, 0.5, 1, 2].map((part) => part * size).find((one) => largest / one <= 6) ?? size;
  const count = Math.ceil(largest / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(6)));
}

/** Draws the legend at the right, in a row with the unit. Assumes 7 pixels per letter. */
function legend(series: readonly string[]): string[] {
  const widths = series.map((name) => 7 * name.length + 30);
  let x = WIDTH - 16 - widths.reduce((sum, width) => sum + width, 0);
  return series.flatMap((name, index) => {
    const parts = [
      `<rect class="fill${index}" x="${x}" y="38" width="12" height="12" rx="2"/>`,
      text(x + 18, 48, name),
    ];
    x += widths[index] ?? 0;
    return parts;
  });
}

function escaped(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
