import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { functionId } from "./names.ts";

/** Files that each engine has, and what fails without the file. */
const FILES: readonly (readonly [pattern: string, without: string])[] = [
  ["functions/*/engine.ts", "there is no engine that a function could use"],
  ["functions/*/single-user.ts", "there is no function for the single-user strategy"],
  ["local/servers/*/database.ts", "npm start has no private server for it"],
  ["rescue/set-password/*.ts", "npm run rescue -- reset cannot set its users' passwords"],
  ["test/contract/*-server.ts", "the contract, fault injection and fuzzing have no server for it"],
  ["test/contract/*.test.ts", "nothing holds it to the engine contract"],
  ["test/support/database-gate/protocols/*.ts", "fault injection does not know what its server says"],
  [
    "bench/budgets/*.json",
    "its size and its calls may grow unnoticed: npm run bench -- --budget --engine * writes it",
  ],
];

interface Entry {
  readonly product?: unknown;
  readonly port?: unknown;
  readonly driver?: unknown;
}

/** Sentences about the missing files of each engine in a checkout. Empty if none is missing. */
export function missing(root: string): string[] {
  const read = (file: string) => readFileSync(join(root, file), "utf8");
  const list: Record<string, Entry> = JSON.parse(read("engines.json"));
  const folders = globSync("functions/*/", { cwd: root }).map((folder) => basename(folder));
  const names = [...new Set([...Object.keys(list), ...folders])].sort();
  const dependencies: Record<string, string> = JSON.parse(read("package.json")).dependencies;
  const template = read("template.yaml");

  return names.flatMap((name) => {
    const entry = list[name];
    if (entry === undefined) {
      return [`engines.json does not list ${name}: npm start, rescue, bench and the tests do not know it.`];
    }
    const { product, port, driver } = entry;
    const isWhole =
      typeof product === "string" &&
      typeof port === "number" &&
      (driver === null || typeof driver === "string");
    return [
      ...(isWhole ? [] : [`engines.json lacks product, port or driver of ${name}.`]),
      ...(driver === null || String(driver) in dependencies
        ? []
        : [`package.json has no dependency "${driver}", the driver of ${name}: npm install ${driver}`]),
      ...FILES.flatMap(([pattern, without]) => {
        const file = pattern.replace("*", name);
        return existsSync(join(root, file)) ? [] : [`${file} is missing: ${without.replace("*", name)}.`];
      }),
      ...globSync(`functions/${name}/*-user.ts`, { cwd: root })
        .map((file) => basename(file, ".ts"))
        .filter((strategy) => !template.includes(`\n  ${functionId(name, strategy)}:\n`))
        .map((strategy) => `template.yaml has no function for ${name}, ${strategy}.`),
      ...(new RegExp(`AllowedValues: \\[[^\\]]*\\b${name}\\b`).test(template)
        ? []
        : [`template.yaml does not allow ${name} as a value of the parameter engine.`]),
      ...(new RegExp(`^ {4}${name}: \\{ default: ${port} \\}$`, "m").test(template)
        ? []
        : [`template.yaml's mapping Ports does not have ${port} for ${name}.`]),
    ];
  });
}
