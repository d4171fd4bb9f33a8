import { Readable } from "node:stream";
import { DescribeSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterEach, expect, it, vi } from "vitest";
import { AS_BUILT } from "../../bench/fleet/assumptions.ts";
import { Throttled } from "../../bench/fleet/quotas.ts";
import { newSdk, send } from "../../bench/fleet/sdk.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** How often a call was made, and the pauses in between in milliseconds. */
interface Tried {
  readonly attempts: number;
  readonly pauses: readonly number[];
}

const CHANCE = 0.7;
/**
 * How often each call is throttled before it is answered. The first ones use up what a process may spend on trying
 * again, and the last ones show how much of it answers give back.
 */
const CALLS = [0, 1, 2, ...Array<number>(60).fill(9), 0, 1, ...Array<number>(7).fill(0), 9, 9, 1, 9];

async function bySdk(): Promise<Tried[]> {
  vi.spyOn(Math, "random").mockReturnValue(CHANCE);
  let pauses: number[] = [];
  vi.spyOn(globalThis, "setTimeout").mockImplementation((work, milliseconds) => {
    pauses.push(milliseconds ?? 0);
    return Object(setImmediate(work));
  });
  let [attempts, throttled] = [0, 0];
  const client = new SecretsManagerClient({
    region: "us-east-1",
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
    maxAttempts: AS_BUILT.attempts,
    requestHandler: {
      handle: async () => {
        const refused = attempts++ < throttled;
        const body = JSON.stringify(refused ? { __type: "ThrottlingException" } : {});
        return { response: { statusCode: refused ? 400 : 200, headers: {}, body: Readable.from([body]) } };
      },
    },
  });
  const tried: Tried[] = [];
  for (const often of CALLS) {
    [attempts, throttled, pauses] = [0, often, []];
    await client.send(new DescribeSecretCommand({ SecretId: "s" })).catch((error: Error) => {
      if (error.name !== "ThrottlingException") throw error;
    });
    tried.push({ attempts, pauses });
  }
  return tried;
}

async function byModel(): Promise<Tried[]> {
  const sdk = newSdk();
  const tried: Tried[] = [];
  for (const often of CALLS) {
    const pauses: number[] = [];
    const clock = {
      now: () => 0,
      run: async () => {},
      wait: async (pause: number) => void pauses.push(pause),
    };
    let attempts = 0;
    const call = async () => {
      if (attempts++ < often) throw new Throttled();
    };
    await send(call, { sdk, attempts: AS_BUILT.attempts, clock, random: () => CHANCE }).catch((error) => {
      if (!(error instanceof Throttled)) throw error;
    });
    tried.push({ attempts, pauses });
  }
  return tried;
}

it("behaves like its model: number of attempts, length of waits, and an empty retry quota", async () => {
  const real = await bySdk();
  expect(await byModel()).toEqual(real);
  expect(real.some(({ attempts }, call) => attempts === 1 && CALLS[call] === 9)).toBe(true);
});
