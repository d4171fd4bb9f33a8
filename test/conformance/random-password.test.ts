import {
  GetRandomPasswordCommand,
  type GetRandomPasswordCommandInput,
} from "@aws-sdk/client-secrets-manager";
import { expect } from "vitest";
import { refusal } from "./given.ts";
import { client, conform } from "./subject.ts";

const PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
const ALL = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index)).join("");
const CLASSES = [/[a-z]/, /[A-Z]/, /[0-9]/, /[!-/:-@[-`{-~]/];

async function random(options: GetRandomPasswordCommandInput = {}): Promise<string> {
  const { RandomPassword = "" } = await client.send(new GetRandomPasswordCommand(options));
  return RandomPassword;
}

/** In small groups: AWS allows 50 of these requests in a second. */
async function many(count: number, options?: GetRandomPasswordCommandInput): Promise<string[]> {
  const passwords: string[] = [];
  while (passwords.length < count) {
    passwords.push(...(await Promise.all(Array.from({ length: 10 }, () => random(options)))));
  }
  return passwords;
}

conform("R1 a password has 32 characters of four classes and no space", async () => {
  const passwords = await many(200);
  for (const password of passwords) {
    expect(password).toMatch(/^[!-~]{32}$/);
    for (const one of CLASSES) expect(password).toMatch(one);
  }
  expect(new Set(passwords).size).toBe(200);
});

conform("R2 an excluded character never appears", async () => {
  for (const ExcludeCharacters of [...PUNCTUATION, "/@\"'\\]^-"]) {
    const password = await random({ ExcludeCharacters, PasswordLength: 2000 });
    expect([...password].filter((character) => ExcludeCharacters.includes(character))).toEqual([]);
    const kept = [...PUNCTUATION].filter((character) => !ExcludeCharacters.includes(character));
    expect(kept.some((character) => password.includes(character))).toBe(true);
  }
});

conform("R3 a password shorter than the number of required classes is refused", async () => {
  const refused = await refusal(random({ PasswordLength: 3, RequireEachIncludedType: true }));
  expect(refused).toMatchObject({
    name: "InvalidParameterException",
    status: 400,
    message: expect.stringContaining("Password length is too short based on the required types"),
  });
  expect(await random({ PasswordLength: 4 })).toHaveLength(4);
});

conform("R4 one character is enough when no class is required", async () => {
  expect(await random({ PasswordLength: 1, RequireEachIncludedType: false })).toMatch(/^[!-~]$/);
});

conform("R5 a length of 4097 is refused", async () => {
  expect((await refusal(random({ PasswordLength: 4097 }))).status).toBe(400);
  expect(await random({ PasswordLength: 4096 })).toHaveLength(4096);
});

conform("R6 excluding all classes is refused", async () => {
  const nothing = {
    ExcludeLowercase: true,
    ExcludeUppercase: true,
    ExcludeNumbers: true,
    ExcludePunctuation: true,
  };
  const refused = {
    name: "InvalidParameterException",
    message: expect.stringContaining("All characters have been excluded from selection"),
  };
  expect(await refusal(random(nothing))).toMatchObject(refused);
  expect(await refusal(random({ ...nothing, RequireEachIncludedType: false }))).toMatchObject(refused);
  const everything = { ExcludeCharacters: ALL, RequireEachIncludedType: false };
  expect(await refusal(random(everything))).toMatchObject(refused);
});

conform("R8 a required class whose characters are all excluded is refused", async () => {
  for (const ExcludeCharacters of [PUNCTUATION, "0123456789", ALL]) {
    expect(await refusal(random({ ExcludeCharacters }))).toMatchObject({
      name: "InvalidParameterException",
      message: expect.stringContaining("All characters of the desired type have been excluded"),
    });
  }
  const optional = { ExcludeCharacters: PUNCTUATION, RequireEachIncludedType: false };
  expect(await random(optional)).toMatch(/^[A-Za-z0-9]{32}$/);
  expect(await random({ ExcludeCharacters: PUNCTUATION, ExcludePunctuation: true })).toHaveLength(32);
});

conform("R7 the required classes have no fixed position", async () => {
  const passwords = await many(200, { PasswordLength: 4 });
  for (const one of CLASSES) {
    const positions = new Set(passwords.map((password) => [...password].findIndex((c) => one.test(c))));
    expect([...positions].sort()).toEqual([0, 1, 2, 3]);
  }
});
