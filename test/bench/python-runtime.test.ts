import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { temporaryFolder } from "../../bench/stage/temporary-folder.ts";
import { awsTemplate, findAwsTemplates } from "../../bench/subjects/aws-template.ts";
import { startSubject } from "../../bench/subjects/subject.ts";
import type { ExecutionEnvironment } from "../../local/lambda/environment.ts";

// The files stand for a template of AWS and for the packages that it imports, so that Python's standard library suffices.
const FILES = {
  "lambda_function.py": `
import os, pgdb, pymysql

invocations = []

def lambda_handler(event, context):
    invocations.append(event)
    if "error" in event:
        raise ValueError(event["error"])
    if "answer" in event:
        return event["answer"]
    if "context" in event:
        return [context.aws_request_id, context.invoked_function_arn, context.get_remaining_time_in_millis()]
    if "process" in event:
        return [os.getpid(), len(invocations)]
    if "drivers" in event:
        return [pgdb.connect(sslrootcert="/etc/ca.pem", host="a"), pymysql.connect(ssl={"ca": "/etc/ca.pem"}, host="a")]
`,
  "boto3.py": '__version__ = "1"',
  "pgdb.py": 'version = "2"\ndef connect(**parameters): return parameters',
  "pymysql.py": '__version__ = "3"\ndef connect(**parameters): return parameters',
};

const STAGE = { secretsManagerUrl: "https://localhost", caFile: "/ca.pem", trusted: "/trusted.pem" };

let environment: ExecutionEnvironment;
const cleanUp = new AsyncDisposableStack();
const invoke = (event: object) => environment.invoke("the-request", event);

beforeAll(async () => {
  const { path } = cleanUp.use(await temporaryFolder());
  const folder = join(path, "SecretsManagerRDSPostgreSQLRotationSingleUser");
  await mkdir(folder);
  for (const [name, text] of Object.entries(FILES)) await writeFile(join(folder, name), text);
  vi.stubEnv("PYTHONPATH", folder);
  const templates = await findAwsTemplates(path, "python3");
  vi.unstubAllEnvs();
  expect(templates.versions).toMatch(/^Python 3\.\S+, boto3 1, PyGreSQL 2, PyMySQL 3$/);
  const rotation = { name: "postgres-single-user", engine: "postgres", strategy: "single-user" } as const;
  const subject = awsTemplate(templates, rotation) ?? expect.fail("There is a template.");
  environment = await startSubject(subject, STAGE);
  cleanUp.defer(() => environment.kill());
});
afterAll(() => cleanUp.disposeAsync());

it("returns null for a handler that returns nothing, as AWS's templates do", async () => {
  expect(await invoke({ Step: "createSecret" })).toBeNull();
});

it("returns the value of the handler, which gets the event", async () => {
  for (const answer of [{ text: "naïve" }, [1, "two"], "", 0, false]) {
    expect(await invoke({ answer })).toEqual(answer);
  }
});

it("passes the context of the invocation", async () => {
  const [id, arn, remaining] = Object(await invoke({ context: true }));
  expect([id, arn]).toEqual(["the-request", expect.stringMatching(/^arn:aws:lambda:/)]);
  expect(remaining).toBeGreaterThan(0);
  expect(remaining).toBeLessThanOrEqual(30_000);
});

it("rejects the invocation with the type and the message of the error, and handles the next one", async () => {
  const error = await invoke({ error: "(1064, 'syntax')" }).catch((error: unknown) => error);
  expect(error).toMatchObject({
    message: expect.stringMatching(/^\(1064, 'syntax'\)/),
    cause: { name: "ValueError" },
  });
  expect(await invoke({ answer: "next" })).toBe("next");
});

it("handles all invocations in one process", async () => {
  const [process, before] = Object(await invoke({ process: true }));
  await invoke({});
  await invoke({ error: "failed" }).catch(() => {});
  expect(await invoke({ process: true })).toEqual([process, before + 3]);
  expect(process).toBe(environment.pid);
});

it("lets both drivers trust the local CA, and changes no other parameter", async () => {
  expect(await invoke({ drivers: true })).toEqual([
    { sslrootcert: STAGE.caFile, host: "a" },
    { ssl: { ca: STAGE.caFile }, host: "a" },
  ]);
});
