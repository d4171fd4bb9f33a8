import fc from "fast-check";
import { STEPS } from "../../../local/secrets-manager/events.ts";
import { type Area, canary, LONG, show } from "../area.ts";
import { invoke } from "../outcome.ts";

const odd = fc.oneof(
  fc.string({ unit: "binary", maxLength: 70 }),
  fc.constantFrom(
    null,
    undefined,
    0,
    -1,
    true,
    [],
    {},
    "",
    "\0",
    "\ud800",
    "a\nb",
    "\u001b[2J",
    "x".repeat(100_000),
  ),
  fc.anything({ withNullPrototype: true, withBigInt: true, withTypedArray: true }),
);

const TEXTS = [
  "\u0085",
  "\u202e",
  "$(reboot)",
  "'; DROP TABLE x; --",
  "`id`",
  "%s%n",
  "{{x}}",
  "../../x",
  "__proto__",
];
const secretId = fc.oneof(
  fc.constantFrom(...TEXTS, "arn:aws:secretsmanager:us-east-1:123456789012:secret:nobody-AbCdEf"),
  fc.string({ unit: "binary", minLength: 1, maxLength: 2100 }),
);
const token = fc.oneof(
  fc.uuid(),
  fc.string({ unit: "binary", minLength: 32, maxLength: 64 }),
  fc.constantFrom(...TEXTS).map((text) => text.padEnd(32, "x")),
);
const right = fc.record({ Step: fc.constantFrom(...STEPS), SecretId: secretId, ClientRequestToken: token });
const KEYS = [
  "Step",
  "SecretId",
  "ClientRequestToken",
  "RotationToken",
  "__proto__",
  "constructor",
  "toString",
];
const spoilt = fc
  .tuple(right, fc.constantFrom(...KEYS), odd)
  .map(([event, key, value]) => Object.defineProperty({ ...event }, key, { value, enumerable: true }));

const event = fc.oneof(
  { weight: 6, arbitrary: right },
  { weight: 3, arbitrary: spoilt },
  { weight: 1, arbitrary: odd },
);

/** What somebody may invoke a function with who is not Secrets Manager. No secret is there to be found. */
export const events: Area = {
  name: "events",
  share: 0.3,
  cases: (seed, count) =>
    fc.sample(fc.tuple(event, fc.nat(5)), { seed, numRuns: count }).map(([input, which]) => ({
      title: `event ${show(input)}`,
      run: async ({ bundles }) => {
        const RotationToken = canary("rotation-token");
        const plain = typeof input === "object" && input !== null && !Object.hasOwn(input, "RotationToken");
        if (plain && Object.isExtensible(input)) Object.assign(input, { RotationToken });
        const bundle = bundles[which % bundles.length];
        if (bundle === undefined) throw new Error("There are no functions.");
        const outcome = await invoke(bundle, input, { milliseconds: LONG, environment: {} });
        return { outcome, canaries: [RotationToken], operations: [] };
      },
    })),
};
