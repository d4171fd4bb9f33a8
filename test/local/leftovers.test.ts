import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { isRunning, until } from "./processes.ts";

const LOCAL = join(import.meta.dirname, "..", "..", "local");

/** Runs `script` in a process of its own. `line` is the first line that it prints. */
async function program(script: string, environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: LOCAL,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(createInterface(child.stdout), "line");
  return { child, line: String(line) };
}

describe("when the test process is killed", () => {
  it("the process of a function ends too, even if it never yields", async () => {
    const folder = await mkdtemp(join(tmpdir(), "bundle-"));
    const { child, line } = await program(`
      import { writeFileSync } from "node:fs";
      import { startFunction } from "./lambda/function.ts";
      const bundle = ${JSON.stringify(join(folder, "index.mjs"))};
      writeFileSync(bundle, "export const handler = async () => { console.log(process.pid); for (;;); }");
      const onLog = (line) => console.log(line);
      await startFunction({ name: "f", bundle, secretsManagerUrl: "http://127.0.0.1:9", onLog }).then((f) => f.invoke({}));
    `);
    const pid: number = JSON.parse(line).message;
    expect(isRunning(pid)).toBe(true);
    child.kill("SIGKILL");
    await until(() => !isRunning(pid));
    await rm(folder, { recursive: true });
  });

  it.each(["SIGKILL", "SIGINT"] as const)(
    "(by %s) a database server ends, and its folder is removed",
    async (signal) => {
      const { child, line } = await program(`
        import { readFileSync } from "node:fs";
        import { startPostgres } from "./servers/postgres/server.ts";
        const { directory } = await startPostgres();
        console.log(directory + " " + readFileSync(directory + "/data/postmaster.pid", "utf8").split("\\n")[0]);
      `);
      const [directory = "", pid] = line.split(" ");
      expect(isRunning(Number(pid))).toBe(true);
      child.kill(signal);
      await until(() => !isRunning(Number(pid)));
      await until(() =>
        access(directory).then(
          () => false,
          () => true,
        ),
      );
    },
  );

  it("nothing is left of a database server whose creation had only started", async () => {
    const folder = await mkdtemp(join(tmpdir(), "half-"));
    const script = `
      import { startPostgres } from "./servers/postgres/server.ts";
      setTimeout(() => console.log(), 200);
      await startPostgres();
    `;
    // The service account has to enter the folder.
    await chmod(folder, 0o755);
    const { child } = await program(script, { TMPDIR: folder });
    expect(await readdir(folder)).toHaveLength(1);
    child.kill("SIGKILL");
    await until(async () => (await readdir(folder)).length === 0);
    await rm(folder, { recursive: true });
  });
});
