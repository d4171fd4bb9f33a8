import { mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { serviceAccount } from "../../local/servers/service-account.ts";
import { mysqlServers } from "./mysql-servers.ts";

const CACHE = "secrets-manager-rotation-functions";

/** A folder that only root may enter. */
async function rootsOwn() {
  const path = await mkdtemp(join(tmpdir(), "root-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

async function statusOf(server: { query(statement: string): Promise<{ [column: string]: string }[]> }) {
  const [row] = await server.query("SELECT @@pid_file AS file");
  const pid = (await readFile(row?.file ?? "", "utf8")).trim();
  return await readFile(`/proc/${pid}/status`, "utf8");
}

for (const { name, available, start } of await mysqlServers()) {
  // If the tests do not run as root, every other test shows that the server does not need it.
  describe.runIf(available && process.getuid?.() === 0)(`as root, a ${name} server`, () => {
    it("runs as a user other than root, in none of root's groups", async () => {
      await using server = await start();
      const account = await serviceAccount();
      const status = await statusOf(server);
      expect(status).toContain(`Uid:\t${account?.uid}\t${account?.uid}\t`);
      expect(status).toContain(`Gid:\t${account?.gid}\t${account?.gid}\t`);
      expect(status).toMatch(/^Groups:\s*$/m);
    });

    it("starts with umask 077", async () => {
      const before = process.umask(0o077);
      try {
        await using server = await start();
        await server.query("SELECT 1");
      } finally {
        process.umask(before);
      }
    });

    it("starts from a cache in a folder that only root may enter", async () => {
      await using home = await rootsOwn();
      const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), CACHE);
      await symlink(cache, join(home.path, CACHE));
      vi.stubEnv("XDG_CACHE_HOME", home.path);
      try {
        await using server = await start();
        await server.query("SELECT 1");
      } finally {
        vi.unstubAllEnvs();
      }
    });

    it("starts when TMPDIR is in a folder that only root may enter", async () => {
      await using home = await rootsOwn();
      const folder = join(home.path, "tmp");
      await mkdir(folder);
      vi.stubEnv("TMPDIR", folder);
      try {
        await using server = await start();
        expect(server.directory.startsWith(home.path)).toBe(false);
      } finally {
        vi.unstubAllEnvs();
      }
    });
  });
}
