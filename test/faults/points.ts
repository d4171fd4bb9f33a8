import type { ApiRequest } from "../support/interception.ts";
import type { Effect } from "./harness.ts";

/** An external effect of a clean rotation, by a name that it has in every rotation of its kind. */
export interface Point {
  /** "setSecret.GetSecretValue-AWSPENDING.1", "setSecret.login.2.statement.5" */
  readonly name: string;
  readonly kind: Effect["kind"];
  /** What happens there, without what SQL has between quotes. */
  readonly what: string;
}

/**
 * Whether each rotation has the point. A step that is slow reads the labels again before it changes anything: what is to
 * happen there would not happen each time.
 */
export function isCertain(name: string): boolean {
  return name !== "setSecret.DescribeSecret.2";
}

export type Namer = (effect: Effect) => string;

/** Names effects by their step and their number in it. Calls that are made at the same time have names of their own. */
export function createNamer(arn: string): Namer {
  const counts = new Map<string, number>();
  const names = new Map<ApiRequest | number, string>();
  const statements = new Map<number, string>();
  const counted = (attempt: number, name: string) => {
    const key = `${attempt} ${name}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    return `${name}.${counts.get(key)}`;
  };
  const remembered = <Key>(map: Map<Key, string>, key: Key, begins: boolean, name: () => string) => {
    const found = begins ? name() : (map.get(key) ?? name());
    map.set(key, found);
    return found;
  };
  return ({ kind, moment, step, attempt, connection, request, retry, text }) => {
    const begins = moment === "before" && !retry;
    if (kind === "statement") {
      const login = names.get(connection) ?? `${step}.login`;
      return remembered(statements, connection, begins, () => counted(attempt, `${login}.statement`));
    }
    if (kind === "login" || request === undefined) {
      return remembered(names, connection, begins, () => counted(attempt, `${step}.login`));
    }
    return remembered(names, request, begins, () =>
      counted(attempt, `${step}.${[text, ...selector(request, arn)].join("-")}`),
    );
  };
}

function selector({ operation, input }: ApiRequest, arn: string): string[] {
  if (operation !== "GetSecretValue") return [];
  return input.SecretId === arn ? [String(input.VersionStage)] : ["master"];
}

export function pointOf(name: string, { kind, text }: Effect): Point {
  const what = text
    .replace(/'(?:[^']|'')*'/g, "'…'")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 70);
  return { name, kind, what };
}
