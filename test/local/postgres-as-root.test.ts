import { chown, cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { findPrograms, runnablePrograms } from "../../local/servers/postgres/programs.ts";
import { startPostgres } from "../../local/servers/postgres/server.ts";
import { runAs } from "../../local/servers/run.ts";
import { serviceAccount } from "../../local/servers/service-account.ts";

// Requirements of PostgreSQL if the tests run as root. If they do not, every other test shows that the server does not
// need it.
describe.runIf(process.getuid?.() === 0)("as root, the server", () => {
  it("runs as a user other than root", async () => {
    await using server = await startPostgres();
    const account = await serviceAccount();
    const { rows } = await server.query("SELECT pg_read_file('/proc/self/status') AS status");
    expect(rows[0].status).toContain(`Uid:\t${account?.uid}\t${account?.uid}\t`);
  });

  it("starts with umask 077", async () => {
    const before = process.umask(0o077);
    try {
      await using server = await startPostgres();
      await server.query("SELECT 1");
    } finally {
      process.umask(before);
    }
  });

  it("starts from a copy of the binaries if only root may enter their folder", async () => {
    const home = await mkdtemp(join(tmpdir(), "root-"));
    const folder = await mkdtemp(join(tmpdir(), "service-"));
    try {
      const account = await serviceAccount();
      if (account) await chown(folder, account.uid, account.gid);
      const { postgres } = await findPrograms();
      await mkdir(join(home, "node_modules"));
      const native = join(home, "node_modules", "native");
      await cp(dirname(dirname(postgres)), native, { recursive: true, verbatimSymlinks: true });
      const hidden = { initdb: join(native, "bin", "initdb"), postgres: join(native, "bin", "postgres") };

      const programs = await runnablePrograms(hidden, account, folder);
      expect(programs.initdb.startsWith(folder)).toBe(true);
      await runAs(account, [programs.initdb, "-D", join(folder, "data"), "--no-sync", "--auth=reject"]);
    } finally {
      await rm(home, { recursive: true });
      await rm(folder, { recursive: true });
    }
  });
});
