import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { type Distribution, readDistribution } from "../packages/distribution.ts";
import { fetchServer } from "./fetch-server.ts";
import type { Product } from "./product.ts";
import { installedPrograms, type Programs, unpackedPrograms } from "./programs.ts";

export type FindOptions = {
  /** A suite of the distribution, like "trixie"; the product's own choice unless told. */
  suite?: string;
  /** Takes one line per phase while something is fetched, which may take a minute; stderr unless told. */
  report?: (line: string) => void;
};

/** There is no server of this product, and none could be fetched. The message says why, and what to do. */
export class NoServer extends Error {}

/**
 * Finds a server: in our cache, else in the packages of a Debian or Ubuntu (they are fetched into the cache; nothing is
 * installed, and nobody has to be root), else in PATH.
 *
 * @throws NoServer
 */
export async function findPrograms(product: Product, options: FindOptions = {}): Promise<Programs> {
  const reasons: unknown[] = [];
  const distribution = await readDistribution();
  if (distribution === undefined) reasons.push("This is neither a Debian nor an Ubuntu.");
  else {
    try {
      return await fetchedPrograms(product, distribution, options);
    } catch (error) {
      reasons.push(error);
    }
  }
  // Nobody installs a suite.
  const path = options.suite === undefined ? await inPath(product.program) : undefined;
  if (path === undefined) reasons.push(`There is no ${product.program} in PATH.`);
  else {
    try {
      return suitable(product, await installedPrograms(path));
    } catch (error) {
      reasons.push(error);
    }
  }
  throw new NoServer(
    `No ${product.name} server was found, and none could be fetched. Run it again where the packages of a Debian or ` +
      `an Ubuntu can be reached, or install ${product.name}.\n${reasons.map(sentence).join("\n")}`,
    { cause: reasons[0] },
  );
}

async function fetchedPrograms(
  product: Product,
  distribution: Distribution,
  { suite = product.packages.suite(distribution), report = toStandardError }: FindOptions,
): Promise<Programs> {
  const folder = await fetchServer({ product, distribution, suite, report });
  return suitable(product, await unpackedPrograms(folder, product.program));
}

function suitable(product: Product, programs: Programs): Programs {
  if (product.suits(programs.version)) return programs;
  throw new Error(`${programs.command.at(-1)} is ${programs.version}: too old, or not ${product.name}.`);
}

async function inPath(program: string): Promise<string | undefined> {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const path = join(folder, program);
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  return undefined;
}

function sentence(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}

function toStandardError(line: string): void {
  process.stderr.write(`${line}\n`);
}
