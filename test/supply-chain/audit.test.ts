import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";

const ROOT = join(import.meta.dirname, "..", "..");

/** A registry that answers npm's question about advisories, and knows nothing else. */
async function registry(status: number, advisories: object): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    const asked = request.method === "POST" && request.url === "/-/npm/v1/security/advisories/bulk";
    response.writeHead(asked ? status : 404, { "content-type": "application/json" });
    response.end(JSON.stringify(asked ? advisories : {}));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" && address ? address.port : ""}/`;
}

async function audit(url: string, ...options: string[]) {
  const program = spawn(process.execPath, ["build/audit.ts", ...options], {
    cwd: ROOT,
    env: { ...process.env, npm_config_registry: url, npm_config_logs_max: "0" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr] = await Promise.all([
    text(program.stdout),
    text(program.stderr),
    once(program, "exit"),
  ]);
  return { exitCode: program.exitCode, stdout, stderr };
}

const advisory = (title: string) => [
  {
    id: 1,
    url: "https://example.com/advisory",
    title,
    severity: "high",
    vulnerable_versions: "*",
    cwe: [],
    cvss: { score: 0, vectorString: null },
  },
];

test("fails for a vulnerability of a package in a bundle, also of an indirect dependency", async () => {
  const url = await registry(200, {
    "pg-protocol": advisory("Reads too much"),
    vitest: advisory("Tests too much"),
  });

  const { exitCode, stdout, stderr } = await audit(url);

  expect(stderr).toMatch(/^pg-protocol@[\d.]+: high: Reads too much https:\/\/example\.com\/advisory\n$/);
  expect(stdout).toMatch(
    /^1 known vulnerabilities in \d+ packages in the bundles\n1 in packages that are not/,
  );
  expect(exitCode).toBe(1);
});

test("counts a vulnerability of a package for builds or tests, and does not fail", async () => {
  const url = await registry(200, { vitest: advisory("Tests too much") });

  const { exitCode, stdout } = await audit(url);

  expect(stdout).toMatch(
    /^0 known vulnerabilities in \d+ packages in the bundles\n1 in packages that are not/,
  );
  expect(exitCode).toBe(0);
});

test("reports that nothing was audited if the registry has no advisories", async () => {
  const { exitCode, stdout } = await audit(await registry(405, {}));

  expect(stdout).toBe("NOT AUDITED: the registry does not answer. It says 405.\n");
  expect(exitCode).toBe(0);
});

test("fails with --must-answer if the registry has no advisories, and succeeds if it has", async () => {
  const { exitCode } = await audit(await registry(405, {}), "--must-answer");
  const { exitCode: answered } = await audit(await registry(200, {}), "--must-answer");

  expect([exitCode, answered]).toEqual([1, 0]);
});

test("reports that nothing was audited if the registry cannot be reached", async () => {
  const { exitCode, stdout } = await audit("http://127.0.0.1:1/");

  expect(stdout).toMatch(/^NOT AUDITED: the registry does not answer\. .*ECONNREFUSED/);
  expect(exitCode).toBe(0);
});
