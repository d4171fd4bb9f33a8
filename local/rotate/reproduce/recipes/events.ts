import { randomUUID } from "node:crypto";
import type { Reproductions } from "../reproduction.ts";
import type { ReproductionSetup } from "../reproduction-setup.ts";

const POSTGRES = { engine: "postgres", strategy: "single-user" } as const;

/** Reasons that a wrong event causes. */
export const EVENTS = {
  "malformed-event": {
    ...POSTGRES,
    breaks: "the function is invoked with the step create_secret, which Secrets Manager never sends",
    attempt: (setup) => invoke(setup, "create_secret"),
    repairs: "Secrets Manager invokes the function",
  },
  "unknown-secret": {
    ...POSTGRES,
    breaks: "the function is invoked for a secret that does not exist",
    attempt: (setup) => invoke(setup, "createSecret", { SecretId: "no-such-secret" }),
    repairs: "the secret that exists is rotated",
  },
  "no-value": {
    ...POSTGRES,
    breaks: "setSecret is invoked before createSecret",
    break: async ({ interference }) => {
      interference.invocation = async (event) => ({ ...event, Step: "setSecret" });
    },
    repairs: "the steps come in their order",
  },
  "not-pending": {
    ...POSTGRES,
    breaks: "setSecret is invoked for the version that has become AWSPREVIOUS",
    attempt: async (setup) => {
      const [ClientRequestToken = ""] = Object.keys(await setup.stack.labels(setup.secretArn));
      const { error } = await setup.stack.rotate(setup.secretArn);
      return error ?? (await invoke(setup, "setSecret", { ClientRequestToken }));
    },
    repairs: "the next rotation has a version of its own",
  },
} satisfies Reproductions;

/** @returns what the function failed with. */
async function invoke(
  { stack, secretArn: SecretId }: ReproductionSetup,
  Step: string,
  keys: object = {},
): Promise<string | undefined> {
  const event = { Step, SecretId, ClientRequestToken: randomUUID(), ...keys };
  const failed = (error: unknown) => (error instanceof Error ? error.message : String(error));
  return await stack.rotationFunction.invoke(event).then(() => undefined, failed);
}
