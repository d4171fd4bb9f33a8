import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import type { OtherVersion, Packaged, Program } from "./packaged.ts";
import { type Distribution, readDistribution } from "./packages/distribution.ts";
import { fetchArtifact } from "./packages/fetch-artifact.ts";
import { fetchProgram } from "./packages/fetch-program.ts";
import { installedProgram, unpackedProgram } from "./program.ts";

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
export async function findProgram(product: Packaged, options: FindOptions = {}): Promise<Program> {
  const reasons: unknown[] = [];
  const distribution = await readDistribution();
  if (distribution === undefined) reasons.push("This is neither a Debian nor an Ubuntu.");
  else {
    try {
      return await fetchedProgram(product, distribution, options);
    } catch (error) {
      reasons.push(error);
    }
  }
  // A program in PATH is of no chosen suite or version.
  const chosen = options.suite !== undefined || otherVersion(product) !== undefined;
  const path = chosen ? undefined : await inPath(product.program);
  if (path === undefined) reasons.push(`There is no ${product.program} in PATH.`);
  else {
    try {
      return suitable(product, await installedProgram(product, path));
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

/** Fetches a server ahead of time, so that no test has to wait for it, and prints where it is. */
export async function installFromCommandLine(product: Packaged): Promise<void> {
  try {
    const { version, command } = await findProgram(product);
    console.log(`${product.name} ${version}: ${command.at(-1)}`);
  } catch (error) {
    if (!(error instanceof NoServer)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

async function fetchedProgram(
  product: Packaged,
  distribution: Distribution,
  { suite, report = toStandardError }: FindOptions,
): Promise<Program> {
  const other = otherVersion(product);
  const folder =
    other && "artifact" in other
      ? await fetchArtifact({ product, distribution, artifact: other.artifact, report })
      : await fetchProgram({
          product,
          distribution,
          suite: suite ?? other?.suite ?? product.packages.suite(distribution),
          report,
        });
  return suitable(product, await unpackedProgram(product, folder));
}

/** The version that MYSQL_VERSION or MARIADB_VERSION names; undefined if it is not set. */
function otherVersion({ name, versions = {} }: Packaged): OtherVersion | undefined {
  const variable = `${name.toUpperCase()}_VERSION`;
  const wanted = process.env[variable] ?? "";
  const found = versions[wanted];
  if (wanted !== "" && found === undefined) {
    throw new NoServer(
      `${variable}=${wanted}: choose one of ${Object.keys(versions).join(", ")}, or do not set it.`,
    );
  }
  return found;
}

function suitable(product: Packaged, program: Program): Program {
  if (product.suits(program.version)) return program;
  throw new Error(`${program.command.at(-1)} is ${program.version}: too old, or not ${product.name}.`);
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
