import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";

/** Number of characters at the start of each spelling that the search compares first, at most. */
const LONGEST_BEGINNING = 8;

/** The secrets that occur in a text, literally or in an encoding that logs and protocols use. */
export function findSecrets(secrets: Iterable<string>, text: string): string[] {
  const all = [...new Set(secrets)].flatMap((secret) =>
    spellings(secret).map((spelling) => ({ secret, spelling })),
  );
  const length = all.reduce((least, { spelling }) => Math.min(least, spelling.length), LONGEST_BEGINNING);
  const byBeginning = Map.groupBy(all, ({ spelling }) => spelling.slice(0, length));
  const hits = new Set<string>();
  // One pass through the text for all secrets: the text is long, and there are many secrets.
  for (let at = 0; at + length <= text.length; at++) {
    for (const { secret, spelling } of byBeginning.get(text.slice(at, at + length)) ?? []) {
      if (text.startsWith(spelling, at)) hits.add(secret);
    }
  }
  return [...new Set(secrets)].filter((secret) => hits.has(secret));
}

function spellings(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    secret.replaceAll("'", "''"),
    bytes.toString("base64").replaceAll("=", ""),
    bytes.toString("hex"),
  ];
}

/** The command lines of all processes of this machine, which every user can read. */
export async function commandLines(): Promise<string> {
  if (process.platform !== "linux") {
    return (await promisify(execFile)("ps", ["-A", "-ww", "-o", "command="])).stdout;
  }
  const processes = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  // A process may end while its command line is read.
  const lines = processes.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => ""));
  return (await Promise.all(lines)).join("\n");
}
