import { randomBytes, randomUUID } from "node:crypto";
import { cp, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RotationFunction } from "../../bench/functions.ts";
import { codeSize } from "../../bench/measures/bundle.ts";
import { countRoundTrips } from "../../bench/measures/round-trips.ts";
import { peakMemory } from "../../bench/stage/peak-memory.ts";
import { rotationIn, totalOf } from "../../bench/stage/rotation.ts";
import { type Stage, startStage } from "../../bench/stage/stage.ts";
import { temporaryFolder } from "../../bench/stage/temporary-folder.ts";
import { type Subjects, subjectsFor } from "../../bench/subjects/builds.ts";
import { type Subject, startSubject } from "../../bench/subjects/subject.ts";

// What is measured is made worse by a known amount: a measurement that does not show it measures nothing.

const ROTATION: RotationFunction = {
  name: "postgres-single-user",
  engine: "postgres",
  strategy: "single-user",
};

let stage: Stage;
let subjects: Subjects;
const cleanUp = new AsyncDisposableStack();

beforeAll(async () => {
  stage = cleanUp.use(await startStage("postgres"));
  subjects = cleanUp.use(await subjectsFor());
});
afterAll(() => cleanUp.disposeAsync());

/** The function of a folder, with something before its handler; `inner` is the handler itself. */
async function worsened(source: string): Promise<Subject> {
  const { folder } = await subjects.ours(ROTATION);
  await rename(join(folder, "index.mjs"), join(folder, "inner.mjs"));
  await writeFile(
    join(folder, "index.mjs"),
    `import { createRequire } from "node:module";
     import { handler as inner } from "./inner.mjs";
     const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
     const secretsManager = (operation, input) => fetch(process.env.SECRETS_MANAGER_ENDPOINT, {
       method: "POST",
       headers: {
         authorization: "AWS4-HMAC-SHA256 Credential=" + process.env.AWS_ACCESS_KEY_ID + "/x",
         "x-amz-target": "secretsmanager." + operation,
       },
       body: JSON.stringify(input),
     });
     const call = (SecretId) => secretsManager("DescribeSecret", { SecretId });
     const logIn = async (SecretId, password, ...statements) => {
       const answer = await secretsManager("GetSecretValue", { SecretId });
       const { host, port, username: user, ...secret } = JSON.parse((await answer.json()).SecretString);
       const { Client } = createRequire(${JSON.stringify(import.meta.filename)})("pg");
       const ssl = { rejectUnauthorized: false };
       const client = new Client({ host, port, user, ssl, database: "postgres", password: password ?? secret.password });
       await client.connect();
       for (const statement of statements) await client.query(statement);
       await client.end();
     };
     ${source}`,
  );
  return { folder };
}

async function startOf(subject: Subject): Promise<{ init: number; handled: number; peak: number }> {
  const environment = await startSubject(subject, stage);
  const init = await environment.init;
  const began = performance.now();
  await environment.invoke(randomUUID(), {});
  const handled = performance.now() - began;
  const peak = process.platform === "linux" ? await peakMemory(environment.pid) : 0;
  await environment.kill();
  return { init, handled, peak };
}

describe("starts", () => {
  it("show a module that is slow to load in the init, and a slow handler in the step", async () => {
    const none = await startOf(await subjects.empty());
    const lateStart = await startOf(
      await worsened("await wait(1000); export const handler = async () => {};"),
    );
    const slowStep = await startOf(await worsened("export const handler = () => wait(1000);"));
    expect(lateStart.init - none.init).toBeGreaterThan(500);
    expect(lateStart.handled).toBeLessThan(500);
    expect(slowStep.handled - none.handled).toBeGreaterThan(500);
  });

  it.runIf(process.platform === "linux")("show memory that was given back since", async () => {
    const none = await startOf(await subjects.empty());
    const fat = await startOf(
      await worsened("export const handler = async () => { Buffer.alloc(64 * 1024 * 1024, 1); };"),
    );
    expect(fat.peak - none.peak).toBeGreaterThan(60 * 1024 * 1024);
  });
});

describe("round trips", () => {
  const handlers = {
    plain: "export const handler = inner;",
    before: `export const handler = async (event, context) => {
      if (event.Step === "setSecret") await call(event.SecretId);
      return inner(event, context);
    };`,
    beside: `export const handler = async (event, context) => {
      if (event.Step === "setSecret") void call(event.SecretId);
      return inner(event, context);
    };`,
  };
  const counted = async (source: string) =>
    (await countRoundTrips(stage, await worsened(source), ROTATION)).first;

  it("show one call more that is waited for, and one that is not", async () => {
    const plain = await counted(handlers.plain);
    const before = await counted(handlers.before);
    const beside = await counted(handlers.beside);
    expect(before.apiCalls).toBe(plain.apiCalls + 1);
    expect(before.perStep.setSecret.sequential).toBe(plain.perStep.setSecret.sequential + 1);
    expect(before.sequentialApiRoundTrips).toBe(plain.sequentialApiRoundTrips + 1);
    expect(beside.apiCalls).toBe(plain.apiCalls + 1);
    expect(beside.sequentialApiRoundTrips).toBe(plain.sequentialApiRoundTrips);
  });

  const firstly = (work: string) => `export const handler = async (event, context) => {
    if (event.Step === "createSecret") await ${work};
    return inner(event, context);
  };`;

  it("show a call that fails, a login more with its statements, and one that is rejected", async () => {
    const plain = await counted(handlers.plain);
    const failed = await counted(firstly('call("no-such-secret")'));
    expect(failed).toMatchObject({ apiCalls: plain.apiCalls + 1, failedApiCalls: plain.failedApiCalls + 1 });
    const login = await counted(
      firstly('logIn(event.SecretId, undefined, "SELECT 1", "SELECT 2; SELECT 3")'),
    );
    expect(login).toMatchObject({
      failedApiCalls: plain.failedApiCalls,
      logins: plain.logins + 1,
      rejectedLogins: plain.rejectedLogins,
      sqlStatements: plain.sqlStatements + 2,
    });
    const rejected = await counted(firstly('logIn(event.SecretId, "wrong").catch(() => {})'));
    expect(rejected).toMatchObject({
      logins: plain.logins,
      rejectedLogins: plain.rejectedLogins + 1,
      sqlStatements: plain.sqlStatements,
    });
  });
});

describe("latency", () => {
  it("makes a rotation longer by at least what its round trips take", async () => {
    const user = await stage.newUser("single-user");
    const environment = await startSubject(await subjects.ours(ROTATION), stage);
    const rotation = (isNew: boolean) => rotationIn({ environment, isNew }, stage, user).then(totalOf);
    await rotation(true);
    const near = await rotation(false);
    stage.setLatency(50);
    const far = await rotation(false);
    stage.setLatency(0);
    await environment.kill();
    // Six for Secrets Manager; two logins with TCP, TLS and SCRAM, and the statements, for the database.
    expect(far).toBeGreaterThan(15 * 50);
    expect(far).toBeGreaterThan(near);
  });
});

describe("sizes", () => {
  it("show 100 KB of noise, in code but not in certificates", async () => {
    await using folder = await temporaryFolder();
    const built = join(import.meta.dirname, "../../dist", ROTATION.name);
    await cp(built, folder.path, { recursive: true });
    const before = await codeSize(folder.path);
    await writeFile(join(folder.path, "noise.pem"), randomBytes(100 * 1024));
    expect(await codeSize(folder.path)).toEqual(before);
    // As text, of which three quarters are noise.
    const noise = randomBytes(100 * 1024);
    const code = await readFile(join(folder.path, "index.mjs"), "utf8");
    await writeFile(join(folder.path, "index.mjs"), `${code}\n//${noise.toString("base64")}`);
    const after = await codeSize(folder.path);
    expect(after.zipped - before.zipped).toBeGreaterThan(100 * 1024);
    expect(after.zipped - before.zipped).toBeLessThan(104 * 1024);
  });
});
