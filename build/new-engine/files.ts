import { readFileSync } from "node:fs";
import { join } from "node:path";

interface Entry {
  readonly name: string;
  readonly product: string;
  readonly port: number;
}

/** The files of a new engine, from templates/ with the names filled in. Key: path. */
export function filesOf({ name, product, port }: Entry): Record<string, string> {
  const values: Record<string, string> = { engine: name, product, port: String(port) };
  const files: Record<string, string> = {};
  for (const [file, template] of Object.entries(TEMPLATES)) {
    const text = readFileSync(join(import.meta.dirname, "templates", template), "utf8");
    files[file.replace("*", name)] = text.replaceAll(/\{\{(\w+)\}\}/g, (_, key: string) => values[key] ?? "");
  }
  return files;
}

const TEMPLATES = {
  "functions/*/engine.ts": "engine.ts.txt",
  "functions/*/single-user.ts": "single-user.ts.txt",
  "local/servers/*/database.ts": "database.ts.txt",
  "rescue/set-password/*.ts": "set-password.ts.txt",
  "test/contract/*-server.ts": "contract-server.ts.txt",
  "test/contract/*.test.ts": "contract.test.ts.txt",
  "test/support/database-gate/protocols/*.ts": "protocol.ts.txt",
};
