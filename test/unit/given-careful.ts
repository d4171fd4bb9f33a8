import { beforeEach, vi } from "vitest";
import { careful } from "../../shared/engine/careful-engine.ts";
import type { Engine, Invocation, Login, Session } from "../../shared/engine/engine.ts";
import type { Wire } from "../../shared/engine/wire.ts";
import { type Deadline, deadlineOf } from "../../shared/protocol/deadline.ts";
import { RotationError } from "../../shared/report/errors.ts";
import { readSettings } from "../../shared/secret/settings.ts";
import { fakeEngine, fakeSession } from "./fake-engine.ts";
import { context } from "./invoke.ts";

// The tests of each file share an engine whose answers the test gives, and what it was given.

export const login: Login = {
  host: "db.example",
  port: 5432,
  database: "orders",
  username: "app",
  password: "current-password",
  tls: { serverName: undefined },
};
export const plaintext: Login = { ...login, tls: false };

export const ours = new RotationError("account-locked", "It is locked.", "Unlock it.");
export const explained = new RotationError("missing-privilege", "It may not.", "GRANT it.");
export const fromServer = Object.assign(new Error("current-password"), { code: "42501" });

export const explain = vi.fn<Engine["explain"]>();

export let deadline: Deadline;
export let wires: Wire[];

beforeEach(() => {
  explain.mockReset().mockReturnValue(explained);
  wires = [];
  deadline = deadlineOf(context());
  return () => deadline[Symbol.dispose]();
});

export function invocation(environment: Record<string, string> = {}): Invocation {
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  return { deadline, settings: readSettings(environment), log };
}

/** An engine whose `connect` does this with the login, and has nothing else that a test does not give. */
export function engineOf(
  connect: (login: Login, wire: Wire) => Promise<Session | undefined>,
  more: Partial<Engine> = {},
) {
  const engine = fakeEngine("", {
    explain,
    connect: (given, _invocation, wire) => {
      wires.push(wire);
      return connect(given, wire);
    },
    ...more,
  });
  return careful(engine);
}

export const admitting = async (given: Login) => fakeSession(given, {});
