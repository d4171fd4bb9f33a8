import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundle } from "../../build/bundle.ts";
import type { ContractServer } from "../contract/contract-server.ts";
import { createCanary } from "../support/canary.ts";
import { DATABASE_CONTROLS } from "./database/controls.ts";
import { runDatabasePart } from "./database/matrix.ts";
import { runPart } from "./matrix.ts";
import { runOutside } from "./outside/part.ts";
import { runRaces } from "./races/part.ts";
import type { Row } from "./rows.ts";
import type { StrategyName } from "./scene.ts";
import type { Result } from "./tally.ts";

interface Control {
  /** A function below controls/, with one mistake. */
  readonly name: string;
  readonly strategy: StrategyName;
  /** One case that brings the mistake to light. */
  readonly only: string;
  /** What the mistake must be seen in. */
  readonly column: string;
  isRed(result: Result, leaks: number): boolean;
}

const CONTROLS: readonly Control[] = [
  {
    name: "never-tries-pending",
    strategy: "single-user",
    only: "later/testSecret.login.1/before/cut",
    column: "converged",
    isRed: ({ converged, tried }) => converged < tried,
  },
  {
    name: "password-in-between",
    strategy: "single-user",
    only: "later/setSecret.login.1/before/cut",
    column: "lock-outs",
    isRed: ({ lockOuts }) => lockOuts > 0,
  },
  {
    name: "clone-without-privileges",
    strategy: "master-user",
    only: "new-clone/setSecret.login.1/before/cut",
    column: "wrong promotions",
    isRed: ({ wrongPromotions }) => wrongPromotions > 0,
  },
  {
    name: "says-passwords",
    strategy: "single-user",
    only: "later/setSecret.login.1/before/cut",
    column: "leaks",
    isRed: (_, leaks) => leaks > 0,
  },
];

const ROW_CONTROLS = [
  {
    name: "without-lock",
    run: runRaces,
    only: "later/3 of each step at once, from the effect on/2",
    column: "failed",
    isRed: ({ counts }: Row) => (counts.failed ?? 0) > 0,
  },
  {
    name: "promotes-abandoned",
    run: runOutside,
    only: "later/put/before/finishSecret.DescribeSecret.1",
    column: "wrong promotions of a secret that is changed from outside",
    isRed: ({ counts }: Row) => (counts["wrong promotions"] ?? 0) > 0,
  },
];

/**
 * Functions with a mistake each, on PostgreSQL: a column of the table that one of them does not turn red proves nothing.
 *
 * @returns what proves nothing, as sentences.
 */
export async function runControls(server: ContractServer): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "controls-"));
  const common = { engine: "postgres", server, seed: 1, onProgress: () => {} } as const;
  const blind: string[] = [];
  const see = async ({ name, column }: Pick<Control, "name" | "column">, isRed: IsRed) => {
    await bundle(join(import.meta.dirname, "controls", `${name}.ts`), join(folder, name, "index.mjs"));
    if (!(await isRed(join(folder, name))))
      blind.push(`The column "${column}" does not show the mistake of controls/${name}.ts.`);
  };
  try {
    for (const control of CONTROLS) {
      const { strategy, only } = control;
      await see(control, async (folder) => {
        const canary = createCanary();
        const result = await runPart({ ...common, bundle: folder, canary, strategy, only, pairs: 0 });
        return control.isRed(result, canary.leaks().length);
      });
    }
    for (const control of DATABASE_CONTROLS) {
      await see(control, async (folder) => {
        const { strategy, only } = control;
        const canary = createCanary();
        return control.isRed(await runDatabasePart({ ...common, bundle: folder, canary, strategy, only }));
      });
    }
    for (const control of ROW_CONTROLS) {
      await see(control, async (folder) => {
        const { run, only } = control;
        const canary = createCanary();
        const strategy = "single-user";
        return control.isRed(await run({ ...common, bundle: folder, canary, strategy, only, pairs: 0 }));
      });
    }
    return blind;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param folder of the bundle. */
type IsRed = (folder: string) => Promise<boolean>;

export const CONTROL_COUNT = CONTROLS.length + DATABASE_CONTROLS.length + ROW_CONTROLS.length;
