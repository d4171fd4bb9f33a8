import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { certificateAuthority } from "../../local/certificates.ts";
import type { Area, Bench, Case } from "./area.ts";
import { attempt } from "./attempt.ts";
import { loadBundles } from "./bundles.ts";
import { isLate, judge } from "./judge.ts";
import { type Mutant, whyUndetected } from "./mutant.ts";
import { mutantsOf } from "./mutants.ts";
import { resolveLocally } from "./names.ts";
import type { Part } from "./options.ts";
import { captureOutput, takeStrayLines } from "./output.ts";
import { realServers } from "./real-servers.ts";
import { startEndpoint } from "./secrets-manager-endpoint.ts";
import { type StallDetector, startStallDetector } from "./stall-detector.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** Most cases wait for a connection or for a deadline. */
const AT_ONCE = 16;

export interface AreaReport {
  readonly name: string;
  cases: number;
  /** Of them those that passed the checks of event, settings and secret, and reached the code behind. */
  behind: number;
}

export interface Report {
  readonly seed: number;
  readonly areas: readonly AreaReport[];
  /** How often a step ended with each reason; "success" as well. */
  readonly reasons: Readonly<Record<string, number>>;
  readonly findings: readonly string[];
  /** Mistakes made on purpose: how many were tried and seen, and why one that was not proves nothing. */
  readonly mutants: { readonly tried: number; readonly seen: number; readonly blind: readonly string[] };
  readonly seconds: number;
}

/** Errors about the input itself: the step has stopped before any call. */
const AT_THE_DOOR = ["malformed-event", "malformed-settings", "malformed-secret"];

export async function runCampaign(
  areas: readonly Area[],
  options: {
    seed: number;
    cases: number;
    /** Whether it also tries the functions with mistakes. */
    mutants: boolean;
    part?: Part | undefined;
    onProgress?(done: number, all: number): void;
  },
): Promise<Report> {
  const { seed, cases, part = { index: 0, of: 1 }, onProgress } = options;
  const isMine = (_: unknown, index: number) => index % part.of === part.index;
  const began = performance.now();
  await using cleanUp = new AsyncDisposableStack();
  captureOutput();
  resolveLocally();
  const stallDetector = cleanUp.use(startStallDetector());
  const bench = await startBench(cleanUp);
  const shares = areas.reduce((sum, { share }) => sum + share, 0);
  const planned = areas.map((area) => ({
    area,
    cases: area.cases(seed, Math.max(1, Math.round((cases * area.share) / shares))).filter(isMine),
    report: { name: area.name, cases: 0, behind: 0 },
  }));
  const all = planned.reduce((sum, { cases }) => sum + cases.length, 0);
  const reasons: Record<string, number> = {};
  const findings: string[] = [];
  let done = 0;

  /** @returns what is wrong with it. */
  async function tryOne(one: Case, report?: AreaReport): Promise<string[]> {
    const watched = stallDetector.begin(one.title);
    const { reason, findings } = (await examine(one, bench)) ?? { findings: [] };
    watched.end();
    if (report && reason !== undefined) {
      reasons[reason] = (reasons[reason] ?? 0) + 1;
      report.behind += AT_THE_DOOR.includes(reason) ? 0 : 1;
      report.cases++;
    }
    return findings;
  }

  const late: Case[] = [];
  for (const { area, cases, report } of planned) {
    await inParallel(cases, area.atOnce ?? AT_ONCE, async (one) => {
      const found = await tryOne(one, report);
      if (isLate(found)) late.push(one);
      else findings.push(...found.map((finding) => `${one.title}: ${finding}`));
      onProgress?.(++done, all);
    });
  }
  // Other cases may have slowed the process down, such as a server that sends without end. Now no other case runs in it.
  for (const one of late) {
    const found = await attempt(
      () => tryOne(one),
      (findings) => !isLate(findings),
    );
    findings.push(...found.map((finding) => `${one.title}: ${finding}`));
  }
  findings.push(...takeStrayLines().slice(0, 20), ...stallDetector.takeCrashes());
  const wrong = options.mutants ? (await mutantsOf(areas)).filter(isMine) : [];
  const mutants = await runMutants(wrong, bench, stallDetector);
  const seconds = (performance.now() - began) / 1000;
  return { seed, areas: planned.map(({ report }) => report), reasons, findings, mutants, seconds };
}

/** Functions with a mistake each: a campaign in which one of them goes unseen has proved nothing. */
async function runMutants(
  all: readonly Mutant[],
  bench: Bench,
  stallDetector: StallDetector,
): Promise<Report["mutants"]> {
  const mutants = { tried: 0, seen: 0, blind: [] as string[] };
  for (const mutant of all) {
    const blind = await whyUndetected(mutant, async (one, instead) => {
      const found = await examine(one, instead ? { ...bench, bundles: [instead] } : bench);
      return found && [...found.findings, ...takeStrayLines(), ...stallDetector.takeCrashes()];
    });
    if (blind === undefined) continue;
    mutants.tried++;
    mutants.seen += blind.length === 0 ? 1 : 0;
    mutants.blind.push(...blind);
  }
  return mutants;
}

/** @returns what a case ended with, if it came to an end, and what is wrong with it; undefined if it cannot be tried. */
async function examine(
  one: Case,
  bench: Bench,
): Promise<{ reason?: string; findings: string[] } | undefined> {
  try {
    const evidence = await one.run(bench);
    if (evidence === undefined) return undefined;
    const { reason = "success" } = evidence.outcome;
    return { reason, findings: [...judge(evidence), ...(evidence.findings ?? [])] };
  } catch (error) {
    return { findings: [`the case itself failed: ${error instanceof Error ? error.stack : error}`] };
  }
}

async function inParallel<Item>(items: readonly Item[], width: number, work: (item: Item) => Promise<void>) {
  const rest = items.values();
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (const item of rest) await work(item);
    }),
  );
}

async function startBench(cleanUp: AsyncDisposableStack): Promise<Bench> {
  const folder = cleanUp.use(await temporaryFolder());
  const endpoint = cleanUp.use(await startEndpoint());
  const [authority, other] = await Promise.all([certificateAuthority(), certificateAuthority()]);
  const caFile = join(folder.path, "authority.pem");
  await writeFile(caFile, authority.certificate);
  const hosts = ["localhost"];
  return {
    endpoint,
    bundles: await loadBundles(endpoint.url),
    server: realServers(cleanUp),
    caFile,
    certificates: {
      good: await authority.issue({ hosts }),
      otherName: await authority.issue({ hosts: ["elsewhere.example"] }),
      expired: await authority.issue({ hosts, expired: true }),
      otherAuthority: await other.issue({ hosts }),
    },
  };
}
