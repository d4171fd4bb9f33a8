import type { ServerCertificate } from "../../local/certificates.ts";
import type { Bundle } from "./bundles.ts";
import type { Evidence } from "./judge.ts";
import type { RealServers } from "./real-servers.ts";
import type { SecretsManagerEndpoint } from "./secrets-manager-endpoint.ts";

/** What cases have in common. */
export interface Bench {
  readonly endpoint: SecretsManagerEndpoint;
  readonly bundles: readonly Bundle[];
  readonly server: RealServers;
  /** For DATABASE_CA_FILE. */
  readonly caFile: string;
  readonly certificates: Readonly<Record<string, ServerCertificate | undefined>>;
}

export interface Case {
  /** All that it takes to see what was tried, as one line. */
  readonly title: string;
  /** @returns what is to be judged, and what the case has found itself; undefined if this machine cannot try it. */
  run(bench: Bench): Promise<(Evidence & { readonly findings?: readonly string[] }) | undefined>;
}

/** One kind of bad or hostile input. */
export interface Area {
  readonly name: string;
  /** How many of its cases run at the same time, if it matters. */
  readonly atOnce?: number;
  /** Its part of all cases. */
  readonly share: number;
  cases(seed: number, count: number): readonly Case[];
}

/** Milliseconds that a case is given which may wait for them to pass. */
export const SHORT = 700;

/** And one that waits for nobody, on a machine that may have much else to do. */
export const LONG = 5000;

/** A password that is found wherever it turns up. */
export const canary = (what: string) => `${what}-${crypto.randomUUID()}`;

export function bundleFor({ bundles }: Bench, engine: string, strategy: string): Bundle {
  const bundle = bundles.find((one) => one.engine === engine && one.strategy === strategy);
  if (bundle === undefined) throw new Error(`There is no function ${engine}-${strategy}.`);
  return bundle;
}

/** One line of what JSON cannot say either. */
export function show(value: unknown): string {
  const text =
    JSON.stringify(value, (_key, one) => (typeof one === "bigint" ? `${one}n` : one)) ?? String(value);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
