import { afterEach, describe, expect, it, vi } from "vitest";
import { rotation } from "../../shared/rotation.ts";
import type { Settings } from "../../shared/secret/settings.ts";
import { readSettings } from "../../shared/secret/settings.ts";
import { singleUser } from "../../shared/strategies/single-user.ts";
import { fakeEngine } from "./fake-engine.ts";
import { givenPending, givenRotation } from "./given.ts";
import { context, STEPS } from "./invoke.ts";
import "./log-lines.ts";
import { calls, inputs } from "./secrets-manager.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

async function passwordRulesWith(environment: Record<string, string | undefined>, longestPassword = 4096) {
  for (const [name, text] of Object.entries(environment)) {
    vi.stubEnv(name, text);
  }
  const { event } = givenRotation();
  await rotation(fakeEngine("", { longestPassword }), singleUser)(event("createSecret"), context());
  return inputs("GetRandomPassword")[0];
}

describe("the password rules", () => {
  it("are those of AWS's templates by default", async () => {
    const rules = await passwordRulesWith({});

    expect(rules).toEqual({
      PasswordLength: 32,
      ExcludeCharacters: "/@",
      ExcludeNumbers: false,
      ExcludePunctuation: false,
      ExcludeUppercase: false,
      ExcludeLowercase: false,
      RequireEachIncludedType: true,
    });
  });

  it.each([
    { name: "EXCLUDE_CHARACTERS", text: "%$", rules: { ExcludeCharacters: "%$" } },
    { name: "EXCLUDE_CHARACTERS", text: "", rules: { ExcludeCharacters: "" } },
    { name: "PASSWORD_LENGTH", text: "4", rules: { PasswordLength: 4 } },
    { name: "PASSWORD_LENGTH", text: "", rules: { PasswordLength: 32 } },
    { name: "PASSWORD_LENGTH", text: " 40\n", rules: { PasswordLength: 40 } },
    { name: "PASSWORD_LENGTH", text: "+40", rules: { PasswordLength: 40 } },
    { name: "PASSWORD_LENGTH", text: "4096", rules: { PasswordLength: 4096 } },
    { name: "EXCLUDE_NUMBERS", text: "true", rules: { ExcludeNumbers: true } },
    { name: "EXCLUDE_PUNCTUATION", text: "1", rules: { ExcludePunctuation: true } },
    { name: "EXCLUDE_UPPERCASE", text: "Yes", rules: { ExcludeUppercase: true } },
    { name: "EXCLUDE_LOWERCASE", text: "Y", rules: { ExcludeLowercase: true } },
    { name: "EXCLUDE_LOWERCASE", text: "on", rules: { ExcludeLowercase: false } },
    { name: "REQUIRE_EACH_INCLUDED_TYPE", text: "false", rules: { RequireEachIncludedType: false } },
    { name: "REQUIRE_EACH_INCLUDED_TYPE", text: "", rules: { RequireEachIncludedType: true } },
  ])('follow $name="$text"', async ({ name, text, rules: expected }) => {
    const rules = await passwordRulesWith({ [name]: text });

    expect(rules).toMatchObject(expected);
  });
});

const PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
const DIGITS = "0123456789";
const LOWERCASE = "abcdefghijklmnopqrstuvwxyz";
const OTHERS = { EXCLUDE_NUMBERS: "true", EXCLUDE_UPPERCASE: "true", EXCLUDE_LOWERCASE: "true" };

describe("password rules that no password can follow", () => {
  it.each([
    { set: { PASSWORD_LENGTH: "3" }, named: ["PASSWORD_LENGTH", "4 types"] },
    { set: { PASSWORD_LENGTH: "2", EXCLUDE_NUMBERS: "true" }, named: ["PASSWORD_LENGTH", "3 types"] },
    { set: { EXCLUDE_PUNCTUATION: "true", ...OTHERS }, named: ["EXCLUDE_ variables"] },
    { set: { EXCLUDE_CHARACTERS: PUNCTUATION, ...OTHERS }, named: ["EXCLUDE_ variables"] },
    { set: { EXCLUDE_CHARACTERS: PUNCTUATION }, named: ["EXCLUDE_CHARACTERS", "EXCLUDE_PUNCTUATION"] },
    { set: { EXCLUDE_CHARACTERS: DIGITS }, named: ["EXCLUDE_CHARACTERS", "EXCLUDE_NUMBERS"] },
    { set: { EXCLUDE_CHARACTERS: LOWERCASE }, named: ["EXCLUDE_CHARACTERS", "EXCLUDE_LOWERCASE"] },
    {
      set: { EXCLUDE_CHARACTERS: LOWERCASE.toUpperCase() },
      named: ["EXCLUDE_CHARACTERS", "EXCLUDE_UPPERCASE"],
    },
    {
      set: { EXCLUDE_CHARACTERS: LOWERCASE + LOWERCASE.toUpperCase() + DIGITS + PUNCTUATION },
      named: ["EXCLUDE_ variables"],
    },
    { set: { PASSWORD_LENGTH: "257" }, longest: 256, named: ["PASSWORD_LENGTH is 257", "256 characters"] },
  ])("are refused before any call, by the variable's name: $set", async ({ set, longest, named }) => {
    const run = passwordRulesWith(set, longest);

    await expect(run).rejects.toMatchObject({ reason: "malformed-settings" });
    for (const words of named) {
      await expect(run).rejects.toThrow(words);
    }
    expect(calls()).toEqual([]);
  });

  it("may leave one character, where not every type is required", async () => {
    const all = LOWERCASE + LOWERCASE.toUpperCase() + DIGITS + PUNCTUATION;
    const rules = await passwordRulesWith({
      PASSWORD_LENGTH: "1",
      REQUIRE_EACH_INCLUDED_TYPE: "false",
      EXCLUDE_CHARACTERS: all.replace("x", ""),
    });

    expect(rules).toMatchObject({ PasswordLength: 1 });
  });

  it("may exclude all characters of a type that the type's own variable excludes", async () => {
    const rules = await passwordRulesWith({ EXCLUDE_CHARACTERS: DIGITS, EXCLUDE_NUMBERS: "true" });

    expect(rules).toMatchObject({ ExcludeNumbers: true });
  });

  it("may be as long as the database takes", async () => {
    expect(await passwordRulesWith({ PASSWORD_LENGTH: "256" }, 256)).toMatchObject({ PasswordLength: 256 });
  });
});

describe("the settings are refused before any call", () => {
  it.each([
    { name: "EXCLUDE_CHARACTERS", text: "x".repeat(4097), expected: "at most 4096 characters" },
    { name: "PASSWORD_LENGTH", text: "0", expected: "a whole number from 1 to 4096" },
    { name: "PASSWORD_LENGTH", text: "4097", expected: "a whole number from 1 to 4096" },
    { name: "PASSWORD_LENGTH", text: "1e3", expected: "a whole number from 1 to 4096" },
    { name: "PASSWORD_LENGTH", text: "3 2", expected: "a whole number from 1 to 4096" },
    { name: "PASSWORD_LENGTH", text: "-32", expected: "a whole number from 1 to 4096" },
    { name: "PASSWORD_IN_SQL", text: "yes", expected: '"verifier" or "plaintext"' },
    { name: "PASSWORD_IN_SQL", text: "Plaintext", expected: '"verifier" or "plaintext"' },
    ...["enabled", "disabled", "yes", "no", "1", "0", "True", "FALSE", " true", "false\n"].map((text) => ({
      name: "RETAIN_PREVIOUS",
      text,
      expected: '"true" or "false"',
    })),
  ])('when $name is "$text"', async ({ name, text, expected }) => {
    vi.stubEnv(name, text);
    const engine = fakeEngine("pending-password");
    const { event } = givenPending();

    for (const step of STEPS) {
      const run = rotation(engine, singleUser)(event(step), context());

      await expect(run).rejects.toMatchObject({
        reason: "malformed-settings",
        message: expect.stringContaining(`${name} must be ${expected}`),
      });
    }
    expect([...calls(), ...engine.calls]).toEqual([]);
  });
});

describe("RETAIN_PREVIOUS", () => {
  it.each([
    { text: undefined, retains: true },
    { text: "", retains: true },
    { text: "true", retains: true },
    { text: "false", retains: false },
  ])("of $text is $retains", ({ text, retains }) => {
    expect(readSettings({ RETAIN_PREVIOUS: text }).RETAIN_PREVIOUS).toBe(retains);
  });
});

describe("a variable of AWS's templates", () => {
  const FLAGS = ["EXCLUDE_NUMBERS", "EXCLUDE_PUNCTUATION", "EXCLUDE_UPPERCASE", "EXCLUDE_LOWERCASE"] as const;

  it.each([
    ...["true", "TRUE", "True", "1", "y", "Y", "yes", "Yes"].map((text) => ({ text, means: true })),
    ...["false", "0", "no", "on", "enabled", "tru", " true"].map((text) => ({ text, means: false })),
  ])("reads $text as $means, as AWS's templates do", ({ text, means }) => {
    for (const name of [...FLAGS, "REQUIRE_EACH_INCLUDED_TYPE"] as const) {
      expect(readSettings({ [name]: text })[name]).toBe(means);
    }
  });
});

describe("the engine's settings", () => {
  it("default to a verifier in SQL and no CA file", () => {
    const settings = readSettings({});

    expect(settings.PASSWORD_IN_SQL).toBe("verifier");
    expect(settings.DATABASE_CA_FILE).toBeUndefined();
  });

  it("reach the engine as configured", async () => {
    vi.stubEnv("PASSWORD_IN_SQL", "plaintext");
    vi.stubEnv("DATABASE_CA_FILE", "/opt/ca.pem");
    const seen: Settings[] = [];
    const { event } = givenPending();
    const engine = fakeEngine("", {
      async connect(_login, { settings }) {
        seen.push(settings);
        return undefined;
      },
    });

    const run = rotation(engine, singleUser)(event("testSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "login-rejected" });
    expect(seen).toMatchObject([{ PASSWORD_IN_SQL: "plaintext", DATABASE_CA_FILE: "/opt/ca.pem" }]);
  });
});
