import { once } from "node:events";
import { connect } from "node:net";
import type { EngineName } from "../../../local/engines.ts";
import { putPendingValue, readVersion } from "../../../shared/aws/secrets-manager.ts";
import { deadlineOf } from "../../../shared/protocol/deadline.ts";
import { parseEvent } from "../../../shared/protocol/event.ts";
import { RotationError } from "../../../shared/report/errors.ts";
import { spoilt } from "../areas/secrets.ts";
import type { Mutant } from "../mutant.ts";
import { mistaken } from "./mistaken.ts";

const setSecret = (engine: EngineName) =>
  spoilt(
    { engine, strategy: "single-user", step: "setSecret" },
    { title: "nothing wrong", apply: (good) => JSON.stringify(good) },
  );

const withoutPassword = (step: "createSecret" | "setSecret") =>
  spoilt(
    { engine: "postgres", strategy: "single-user", step },
    { title: "no password", apply: ({ password, ...others }) => JSON.stringify(others) },
  );

/** For what is judged of every case, and of the process. */
export const MUTANTS: readonly Mutant[] = [
  {
    mistake: "logs a password",
    bundle: mistaken("postgres", "single-user", {
      strategy: (right) => ({
        setSecret: (job) => {
          const line = { secret: job.event.SecretId, message: `It is ${job.current.login.password}` };
          process.stdout.write(`${JSON.stringify(line)}\n`);
          return right.setSecret(job);
        },
      }),
    }),
    case: setSecret("postgres"),
    findings: [/^the log has "current-/],
  },
  {
    mistake: "says a password in an error",
    bundle: mistaken("postgres", "single-user", {
      strategy: () => ({
        setSecret: async ({ current }) => {
          const message = `The server refuses ${current.login.password}. Choose another one.`;
          throw Object.assign(new RotationError("login-rejected", "", ""), { message });
        },
      }),
    }),
    case: setSecret("postgres"),
    findings: [/^the error has "current-/],
  },
  {
    mistake: "writes past the logger",
    bundle: mistaken("postgres", "single-user", {
      strategy: (right) => ({
        setSecret: (job) => {
          process.stderr.write(`Logging in with ${job.current.login.password}\n`);
          return right.setSecret(job);
        },
      }),
    }),
    case: setSecret("postgres"),
    findings: [/^written by no logger: Logging in with current-/],
  },
  {
    mistake: "lets a driver's error out",
    bundle: mistaken("postgres", "single-user", {
      handler: () => async () => {
        throw new TypeError("Cannot read properties of undefined");
      },
    }),
    case: setSecret("postgres"),
    findings: [/^threw no RotationError: TypeError/],
  },
  {
    mistake: "never ends",
    bundle: mistaken("mysql", "single-user", { handler: () => () => new Promise(() => {}) }),
    case: setSecret("mysql"),
    findings: [/^took [\d.]+ of 700 ms$/],
  },
  {
    mistake: "fails where nobody listens",
    bundle: mistaken("postgres", "single-user", {
      strategy: (right) => ({
        setSecret: (job) => {
          setImmediate(() => {
            throw new Error("a lost connection");
          });
          return right.setSecret(job);
        },
      }),
    }),
    case: setSecret("postgres"),
    findings: [/^the process would have ended \(Error: a lost connection/],
  },
  {
    mistake: "writes before it has checked what it got",
    bundle: mistaken("postgres", "single-user", {
      handler: (right) => async (event, context) => {
        using deadline = deadlineOf(context);
        await putPendingValue(parseEvent(event), "{}", deadline);
        return right(event, context);
      },
    }),
    case: withoutPassword("createSecret"),
    findings: [/^malformed-secret, but after PutSecretValue$/],
  },
  {
    mistake: "goes to the server before it has checked what it got",
    bundle: mistaken("postgres", "single-user", {
      handler: (right) => async (event, context) => {
        using deadline = deadlineOf(context);
        const current = { VersionStage: "AWSCURRENT" };
        const version = await readVersion(parseEvent(event).SecretId, current, deadline);
        const socket = connect(JSON.parse(version?.text ?? "").port, "127.0.0.1");
        await once(socket, "connect");
        socket.end("hello");
        return right(event, context);
      },
    }),
    case: withoutPassword("setSecret"),
    findings: [/^malformed-secret, but after a login was tried$/],
  },
];
