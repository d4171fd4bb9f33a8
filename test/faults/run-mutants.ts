import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundle } from "../../build/bundle.ts";
import type { ContractServer } from "../contract/contract-server.ts";
import { createCanary } from "../support/canary.ts";
import { runDatabasePart } from "./database/matrix.ts";
import { runPart } from "./matrix.ts";
import { LEAKING_MUTANT, MUTANT_CASES, type MutantCase } from "./mutant-cases.ts";
import { runOutside } from "./outside/part.ts";
import { runRaces } from "./races/part.ts";

export const MUTANT_COUNT = MUTANT_CASES.length + 1;

const PARTS = {
  matrix: runPart,
  database: runDatabasePart,
  races: runRaces,
  outside: runOutside,
};

/**
 * Runs every mutant on PostgreSQL: a column of the tables that no mutant changes proves nothing.
 *
 * @returns a sentence for each mutant that its case did not detect.
 */
export async function runMutants(server: ContractServer): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "mutants-"));
  try {
    const blind: string[] = [];
    for (const mutant of MUTANT_CASES) {
      const { name, part, column, says } = mutant;
      const { problems } = await tried(mutant, server, folder);
      if (!problems.some((problem) => says.test(problem)))
        blind.push(`The column "${column}" (${part}) does not show the mistake of mutants/${name}.ts.`);
    }
    const { leaks } = await tried(LEAKING_MUTANT, server, folder);
    if (leaks === 0) blind.push(`Nobody hears what mutants/${LEAKING_MUTANT.name}.ts says.`);
    return blind;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function tried(
  { name, strategy, part, only }: Pick<MutantCase, "name" | "strategy" | "part" | "only">,
  server: ContractServer,
  folder: string,
): Promise<{ problems: readonly string[]; leaks: number }> {
  const built = join(folder, name);
  await bundle(join(import.meta.dirname, "mutants", `${name}.ts`), join(built, "index.mjs"));
  const canary = createCanary();
  const { failures } = await PARTS[part]({
    engine: "postgres",
    strategy,
    server,
    canary,
    bundle: built,
    seed: 1,
    pairs: 0,
    only,
    onProgress: () => {},
  });
  return { problems: failures.flatMap(({ problems }) => problems), leaks: canary.leaks().length };
}
