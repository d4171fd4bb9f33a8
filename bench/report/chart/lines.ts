import { type Frame, LINE, line, round, svg, TOP, text, ticks, WIDTH } from "./svg.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
  readonly label: string;
}

const LEFT = 70;
/** Pixels for the label of the last point. */
const RIGHT = 120;
const HEIGHT = 300;

/**
 * Draws lines over a logarithmic x axis.
 *
 * @param frame `limit` is the least possible value of y, where the y axis starts
 * @param curves one for each series
 */
export function lineChart(
  frame: Omit<Frame, "height"> & { readonly xAxis: string; readonly limit: { y: number; name: string } },
  curves: readonly (readonly Point[])[],
): string {
  const { limit } = frame;
  const points = curves.flat();
  const xs = [...new Set(points.map((point) => point.x))].toSorted((one, other) => one - other);
  const [least = 1, most = 10] = [xs[0], xs.at(-1)];
  const x = (value: number) =>
    LEFT + (Math.log(value / least) / Math.log(most / least)) * (WIDTH - LEFT - RIGHT);
  const above = ticks(Math.max(...points.map((point) => point.y)) - limit.y);
  const y = (value: number) => TOP + HEIGHT - ((value - limit.y) / (above.at(-1) ?? 1)) * HEIGHT;
  const bottom = y(limit.y);

  const grid = [
    ...above.flatMap((tick) => {
      const value = Number((limit.y + tick).toPrecision(6));
      return [
        line(LEFT, y(value), WIDTH - RIGHT, y(value)),
        text(LEFT - 10, y(value) + 4, value.toFixed(2), "quiet end"),
      ];
    }),
    ...xs.map((value) => text(x(value), bottom + LINE, value.toLocaleString("en-US"), "quiet middle")),
    text(WIDTH - RIGHT, bottom + 2 * LINE, frame.xAxis, "quiet middle"),
    line(LEFT, bottom, WIDTH - RIGHT, bottom, "limit"),
    text(LEFT, bottom + 2 * LINE, `${limit.y.toFixed(2)}: ${limit.name}`, "quiet"),
  ];
  const drawing = curves.flatMap((curve, index) => [
    `<polyline class="curve stroke${index}" points="${curve.map((one) => `${round(x(one.x))},${round(y(one.y))}`).join(" ")}"/>`,
    ...curve.map(
      (one) => `<circle class="fill${index}" cx="${round(x(one.x))}" cy="${round(y(one.y))}" r="4"/>`,
    ),
  ]);
  const labels = points.map((one) => text(x(one.x) + 8, y(one.y) - 8, one.label, "label"));
  return svg({ ...frame, height: bottom + 2 * LINE + 16 }, [...grid, ...drawing, ...labels]);
}
