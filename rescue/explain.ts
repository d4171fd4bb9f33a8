import { RotationError } from "../shared/report/errors.ts";
import type { Context } from "./context.ts";
import { diagnose } from "./diagnosis.ts";
import {
  isUnreached,
  type Knowledge,
  searchUnlabeled,
  tryLabeled,
  whyUnknown,
  workingVersion,
} from "./logins.ts";
import { nextRotation } from "./next-rotation.ts";
import { type ReadVersion, readState, type SecretState, type Version } from "./secret-state.ts";

/** The object that --json prints. */
interface Report {
  readonly arn: string;
  readonly name: string;
  readonly rotation: { readonly enabled: boolean; readonly function: string | undefined };
  readonly versions: readonly ReportedVersion[];
  /** Why the database did not answer; null if it did. */
  readonly databaseUnknown: string | null;
  readonly nextRotation: readonly string[];
  /** Null if unknown. */
  readonly healthy: boolean | null;
  readonly findings: readonly string[];
  /** Commands, and sentences that say when to run them. */
  readonly recommended: readonly string[];
}

interface ReportedVersion {
  readonly id: string;
  readonly labels: readonly string[];
  readonly created: string | undefined;
  /** Null if the value was not read. */
  readonly hasValue: boolean | null;
  readonly username: string | undefined;
  /** Null if unknown; `note` has the reason. */
  readonly logsIn: boolean | null;
  readonly note: string | undefined;
}

/** Reports the state of a secret. Reads and logs in, and changes nothing. @returns the exit status */
export async function explain(context: Context): Promise<number> {
  const report = await reportOn(context);
  if (context.options.json) {
    context.screen.json(report);
  } else {
    print(context, report);
  }
  return report.healthy ? 0 : 1;
}

async function reportOn({ options, secretsManager, databases }: Context): Promise<Report> {
  const state = await readState(secretsManager);
  const logins = new Map(await tryLabeled(databases, state));
  const current = state.current?.usable;
  const unknown = whyUnknown(state, logins);
  let found: string | undefined | null = null;
  if (options.tryUnlabeled && current && !unknown && !workingVersion(state, logins)) {
    const search = await searchUnlabeled(databases, secretsManager, state.unlabeled, current);
    found = search.found?.id;
    for (const { id } of state.unlabeled) {
      if (id === found) logins.set(id, "logs in");
    }
  }
  const { healthy, findings, recommended } = diagnose(state, logins, found);
  const { arn, name, rotationEnabled, rotationFunction } = state;
  return {
    arn,
    name,
    rotation: { enabled: rotationEnabled, function: rotationFunction },
    versions: reported(state, logins),
    databaseUnknown: current ? unreached(unknown) : "AWSCURRENT has no usable value to log in with.",
    nextRotation: nextRotation(state, logins),
    healthy,
    findings,
    recommended,
  };
}

function unreached(unknown: RotationError | undefined): string | null {
  return unknown && isUnreached(unknown) ? unknown.message : null;
}

function reported(state: SecretState, logins: ReadonlyMap<string, Knowledge>): ReportedVersion[] {
  const labeled = state.labeled.map((version) => {
    const known = logins.get(version.id);
    return {
      ...common(version),
      hasValue: version.hasValue,
      username: version.usable?.secret.login.username,
      logsIn: known === "logs in" ? true : known === "refused" ? false : null,
      note: noteOn(version, known),
    };
  });
  const unlabeled = state.unlabeled.map((version) => ({
    ...common(version),
    hasValue: null,
    username: undefined,
    logsIn: logins.get(version.id) === "logs in" ? true : null,
    note: undefined,
  }));
  return [...labeled, ...unlabeled];
}

function common({ id, labels, created }: Version) {
  return { id, labels, created: created?.toISOString() };
}

function noteOn({ hasValue, problem }: ReadVersion, known: Knowledge | undefined): string | undefined {
  if (!hasValue) return "no value";
  if (problem !== undefined) return problem;
  if (known instanceof RotationError) return `not known: ${known.reason}`;
  return typeof known === "object" ? `not tried: ${known.notTried}` : undefined;
}

function verdict({ healthy }: Report): string {
  if (healthy === null) return "It is unknown whether something is wrong";
  return healthy ? "Nothing is wrong" : "Something is wrong";
}

function print({ screen }: Context, report: Report): void {
  const { rotation, versions, databaseUnknown } = report;
  screen.line(`${report.name}  ${report.arn}`);
  screen.line(
    rotation.function === undefined
      ? "Rotation was never configured."
      : `Rotation is ${rotation.enabled ? "on" : "off"}, with ${rotation.function}`,
  );
  screen.heading("Versions");
  for (const { id, labels, username, logsIn, note } of versions) {
    const outcome = logsIn === null ? (note ?? "") : logsIn ? "logs in" : "is refused";
    screen.line(
      `  ${id}  ${(labels.join(", ") || "no label").padEnd(24)}  ${[username, outcome].filter(Boolean).join(" ")}`,
    );
  }
  if (databaseUnknown !== null) {
    screen.heading("The database did not answer");
    screen.line(`  ${databaseUnknown}`);
  }
  screen.heading("The next rotation");
  for (const sentence of report.nextRotation) screen.line(`  ${sentence}`);
  screen.heading(verdict(report));
  for (const sentence of report.findings) screen.line(`  ${sentence}`);
  for (const sentence of report.recommended) screen.line(`  ${sentence}`);
}
