import { readFile, stat } from "node:fs/promises";
import { type ConnectionOptions, createConnection } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CertificateAuthority, certificateAuthority } from "../../local/certificates.ts";
import type { Server } from "../../local/servers/mysql-family/server.ts";
import { mysqlServers } from "./mysql-servers.ts";

/** Logs in over TCP and disconnects. */
async function login({ host, port }: Server, options: ConnectionOptions = {}): Promise<void> {
  const session = await createConnection({ host, port, user: "app", password: "right", ...options });
  await session.end();
}

for (const { name, available, start } of await mysqlServers()) {
  describe.skipIf(!available)(`a ${name} server`, () => {
    let authority: CertificateAuthority;
    let server: Server;
    const trusting = () => ({ ca: authority.certificate, verifyIdentity: true });

    beforeAll(async () => {
      authority = await certificateAuthority();
      const tls = await authority.issue({ hosts: ["localhost"] });
      const settings = { max_connections: "17", init_connect: 'SET @said = "it\'s # \\\\ quoted"' };
      server = await start({ tls, settings });
      await server.query("CREATE USER app IDENTIFIED BY 'right'");
    });
    afterAll(() => server[Symbol.asyncDispose]());

    it("is verified by a client that trusts the CA", async () => {
      await login(server, { ssl: trusting() });
    });

    it("is refused by a client that trusts other CAs or expects another name", async () => {
      await expect(login(server, { ssl: { verifyIdentity: true } })).rejects.toThrow(
        "unable to verify the first certificate",
      );
      await using misnamed = await start({ tls: await authority.issue({ hosts: ["db.example"] }) });
      await expect(login(misnamed, { ssl: trusting() })).rejects.toThrow(
        "Hostname/IP does not match certificate's altnames",
      );
    });

    it("refuses a client without TLS, unless configured otherwise", async () => {
      await expect(login(server)).rejects.toThrow(/insecure transport are prohibited|Access denied/);
      await using lenient = await start({
        tls: await authority.issue({ hosts: ["localhost"] }),
        plainConnections: true,
      });
      await lenient.query("CREATE USER app IDENTIFIED BY 'right'");
      await login(lenient);
      await login(lenient, { ssl: trusting() });
    });

    it("offers no TLS without a certificate", async () => {
      await using plain = await start();
      await plain.query("CREATE USER app IDENTIFIED BY 'right'");
      await login(plain);
      await expect(login(plain, { ssl: trusting() })).rejects.toMatchObject({
        code: "HANDSHAKE_NO_SSL_SUPPORT",
      });
    });

    it("has no users except root and its own locked ones, and requires a password for each login", async () => {
      const users = await server.query("SELECT User, Host FROM mysql.user");
      expect(users.filter(({ User }) => !/^(mysql|mariadb)\.|^app$/.test(User))).toEqual([
        { User: "root", Host: "localhost" },
      ]);
      const { username: user, password } = server.superuser;
      await login(server, { ssl: trusting(), user, password });
      for (const guess of ["", "guessed"]) {
        await expect(login(server, { ssl: trusting(), user, password: guess })).rejects.toMatchObject({
          errno: 1045,
        });
        const socketPath = `${server.directory}/server.sock`;
        await expect(login(server, { socketPath, user, password: guess })).rejects.toMatchObject({
          errno: 1045,
        });
      }
      await expect(login(server, { ssl: trusting(), user: "", password: "" })).rejects.toMatchObject({
        errno: 1045,
      });
    });

    it("listens on loopback only, and keeps its data in a folder that only its owner can read", async () => {
      expect(await server.query("SELECT @@bind_address AS address, @@port AS port")).toEqual([
        { address: "127.0.0.1", port: server.port },
      ]);
      expect((await stat(server.directory)).mode & 0o777).toBe(0o700);
    });

    it("has the given settings, with any characters in their values", async () => {
      expect(
        await server.query("SELECT @@max_connections AS connections, @@init_connect AS statement"),
      ).toEqual([{ connections: 17, statement: 'SET @said = "it\'s # \\\\ quoted"' }]);
    });

    it("keeps passwords off every command line and out of its option file", async () => {
      const processes = await server.query("SELECT @@pid_file AS pid");
      const pid = (await readFile(processes[0]?.pid, "utf8")).trim();
      const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8");
      expect(commandLine).toContain(server.directory);
      expect(commandLine).not.toContain(server.superuser.password);
      expect(await readFile(`${server.directory}/server.cnf`, "utf8")).not.toContain(
        server.superuser.password,
      );
      expect(await server.log()).not.toContain(server.superuser.password);
    });

    it("logs the statements of users, and not those of root", async () => {
      const { host, port } = server;
      const session = await createConnection({ host, port, user: "app", password: "right", ssl: trusting() });
      await session.query("SELECT 'said by app'");
      await session.query("SELECT missing FROM nowhere").catch(() => {});
      await session.end();
      await server.query("SELECT 'said by root'");
      const log = await server.log();
      expect(log.match(/SELECT 'said by app'/g)).toHaveLength(2);
      expect(log).toContain("SELECT missing FROM nowhere");
      expect(log).not.toContain("said by root");
    });

    it("keeps data, users and port across a restart, and ends sessions", async () => {
      await using own = await start();
      await using session = await own.connect();
      await session.query("CREATE DATABASE kept");
      await session.query("CREATE TABLE kept.rows_ (value int)");
      await session.query("CREATE USER app IDENTIFIED BY 'right'");
      const { port } = own;
      await own.restart();
      await expect(session.query("SELECT 1")).rejects.toThrow();
      expect(await own.query("SELECT count(*) AS count FROM kept.rows_")).toEqual([{ count: 0 }]);
      expect(own.port).toBe(port);
      await login(own);
    });

    it("runs in two instances at the same time", async () => {
      const [one, other] = await Promise.all([start(), start()]);
      await using _one = one;
      await using _other = other;
      expect(one.port).not.toBe(other.port);
      await one.query("CREATE DATABASE mine");
      expect(await other.query("SHOW DATABASES LIKE 'mine'")).toEqual([]);
      expect(one.superuser.password).not.toBe(other.superuser.password);
    });

    it("stops and removes its folder when it is disposed of", async () => {
      const own = await start();
      await own[Symbol.asyncDispose]();
      await expect(stat(own.directory)).rejects.toMatchObject({ code: "ENOENT" });
      await expect(login(own)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    });

    it("reports why it does not start, and leaves nothing behind", async () => {
      await expect(start({ settings: { no_such_setting: "1" } })).rejects.toThrow(
        /unknown variable 'no_such_setting=1'/,
      );
    });
  });
}
