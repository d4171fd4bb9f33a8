import fc from "fast-check";
import { type Area, canary, LONG, show } from "../area.ts";
import { invoke } from "../outcome.ts";
import { secretFor } from "../secrets.ts";
import { stageRotation } from "../staged-rotation.ts";

const FLAGS = [
  "EXCLUDE_NUMBERS",
  "EXCLUDE_PUNCTUATION",
  "EXCLUDE_UPPERCASE",
  "EXCLUDE_LOWERCASE",
  "RETAIN_PREVIOUS",
];
const flag = fc.constantFrom("true", "TRUE", "1", "yes", "y", "false", "0", "", " true", "nein", "\u001b[1m");

/** Variables of the environment cannot hold a NUL. */
const word = fc.string({ maxLength: 40 }).map((text) => text.replaceAll("\0", ""));
const length = fc.oneof(
  fc.integer({ min: 1, max: 4096 }).map(String),
  fc.constantFrom(
    "",
    "0",
    "-1",
    "4097",
    "1e3",
    "32.0",
    "０３２",
    "٣٢",
    "0x20",
    " 32",
    "9".repeat(400),
    "Infinity",
  ),
);
const environment = fc.record(
  {
    PASSWORD_LENGTH: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom("8", "16", "64") },
      { weight: 1, arbitrary: length },
    ),
    ...Object.fromEntries(FLAGS.map((name) => [name, flag])),
    REQUIRE_EACH_INCLUDED_TYPE: flag,
    PASSWORD_IN_SQL: fc.constantFrom("verifier", "plaintext", "", "verifier", "plaintext", "clear"),
    MASTER_SECRET_ARN: word,
    DATABASE_HOST: word,
    DATABASE_CA_FILE: fc.constantFrom("", "/dev/null", "/", "/nowhere.pem", "\n", "x".repeat(5000)),
    NODE_TLS_REJECT_UNAUTHORIZED: fc.constant("0"),
  },
  { requiredKeys: [] },
);

/** The function's configuration, as an administrator may have mistyped it. */
export const settings: Area = {
  name: "settings",
  share: 0.06,
  cases: (seed, count) =>
    fc.sample(fc.tuple(environment, fc.nat(5)), { seed, numRuns: count }).map(([chosen, which]) => ({
      title: `environment ${show(chosen)}`,
      run: async ({ endpoint, bundles }) => {
        const bundle = bundles[which % bundles.length];
        if (bundle === undefined) throw new Error("There are no functions.");
        const password = canary("current");
        using staged = await stageRotation(endpoint, {
          current: JSON.stringify(secretFor(bundle.engine, { password })),
        });
        const outcome = await invoke(bundle, staged.event("createSecret"), {
          milliseconds: LONG,
          environment: { EXCLUDE_CHARACTERS: staged.mark, ...chosen },
        });
        return { outcome, canaries: [password], operations: staged.operations };
      },
    })),
};
