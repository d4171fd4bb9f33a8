import { type Frame, LINE, line, round, svg, TOP, text, ticks, WIDTH } from "./svg.ts";

/** A bar and its label. */
export interface Bar {
  readonly value: number;
  readonly label: string;
}

export interface Group {
  readonly name: string;
  /** A second line below the name. */
  readonly detail?: string;
  /** In the order of the series. */
  readonly bars: readonly Bar[];
}

const BAR = 16;
const BETWEEN_GROUPS = 14;
const LEFT = 176;
/** Pixels for the longest label behind a bar. */
const RIGHT = 130;

/** Draws groups of horizontal bars that start at 0. */
export function barChart(frame: Omit<Frame, "height">, groups: readonly Group[]): string {
  const scale = ticks(Math.max(...groups.flatMap(({ bars }) => bars.map(({ value }) => value))));
  const most = scale.at(-1) ?? 1;
  const x = (value: number) => LEFT + (value / most) * (WIDTH - LEFT - RIGHT);
  const drawing: string[] = [];
  let y = TOP;
  for (const { name, detail, bars } of groups) {
    const middle = y + (bars.length * BAR) / 2 + (detail ? -4 : 4);
    drawing.push(text(LEFT - 10, middle, name, "end"));
    if (detail) drawing.push(text(LEFT - 10, middle + LINE, detail, "quiet end"));
    for (const [index, { value, label }] of bars.entries()) {
      drawing.push(
        `<rect class="fill${index}" x="${LEFT}" y="${y}" width="${round(x(value) - LEFT)}" height="${BAR - 3}"/>`,
        text(x(value) + 6, y + 11, label),
      );
      y += BAR;
    }
    y += BETWEEN_GROUPS;
  }
  const grid = scale.flatMap((tick) => [
    line(x(tick), TOP - 8, x(tick), y - 4),
    text(x(tick), y + 12, String(tick), "quiet middle"),
  ]);
  return svg({ ...frame, height: y + 26 }, [...grid, ...drawing]);
}
