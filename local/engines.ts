import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import list from "../engines.json" with { type: "json" };
import type { StartDatabase } from "./database.ts";
import type { Packaged } from "./servers/packaged.ts";

/** The name of a folder in functions/, and of the engine's other files and folders. */
export type EngineName = keyof typeof list;
export type StrategyName = (typeof STRATEGIES)[number];

/** An entry of engines.json, the one list of engines. */
export interface EngineEntry {
  /** Name of the product, such as PostgreSQL. */
  readonly product: string;
  /** TCP port that the product listens on by default. */
  readonly port: number;
  /** The npm package of the driver; null if functions/<engine>/ implements the protocol. */
  readonly driver: string | null;
}

const ROOT = join(import.meta.dirname, "..");

export const ENGINES: Readonly<Record<EngineName, EngineEntry>> = list;
export const ENGINE_NAMES = Object.keys(list) as EngineName[];
export const STRATEGIES = ["single-user", "master-user"] as const;

/** The strategies that an engine has a function for. */
export function strategiesOf(engine: EngineName): readonly StrategyName[] {
  return STRATEGIES.filter((strategy) => existsSync(join(ROOT, "functions", engine, `${strategy}.ts`)));
}

/** Imports a file of an engine. @param pattern path from the repository's root, with `*` for the engine's name */
export async function moduleOf<T>(pattern: string, engine: string): Promise<T> {
  return await import(pathToFileURL(join(ROOT, pattern.replace("*", engine))).href);
}

/** The exports of local/servers/<engine>/database.ts. */
export interface DatabaseModule {
  readonly startDatabase: StartDatabase;
  /** Undefined if the server comes with the npm packages. */
  readonly packaged?: Packaged;
}

export function databaseModule(engine: EngineName): Promise<DatabaseModule> {
  return moduleOf("local/servers/*/database.ts", engine);
}

/** Starts a private server of the engine's product. */
export const startDatabase = async (
  engine: EngineName,
  ...options: Parameters<StartDatabase>
): ReturnType<StartDatabase> => (await databaseModule(engine)).startDatabase(...options);
