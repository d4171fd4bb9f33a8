import { expect, test } from "vitest";
import type { Stack } from "../../local/stack.ts";
import { failedRotation } from "../support/failures.ts";
import { tryOut } from "../support/operator.ts";
import { newUser, type ServerAndFunctions, type User } from "./server-and-functions.ts";

/** Two secrets that contain the same user: each rotation of one ends the password in the other. */
export function twoSecrets(scene: () => ServerAndFunctions): void {
  /** Another secret with what a secret has now. */
  async function copyOf(stack: Stack, { arn, username }: User): Promise<string> {
    return await stack.createSecret(`other-${username}`, await stack.value(arn));
  }

  const WARNING = /The user (\S+) exists, and no rotation of this secret has prepared it/;

  test("secrets of the two users of a pair: preflight and the first rotation warn, the other secret's names the cause", async () => {
    const { stack } = scene().masterUser;
    const user = await newUser(scene(), stack);
    const other = await copyOf(stack, user);
    expect((await stack.rotate(user.arn)).succeeded).toBe(true);
    const ofClone = await copyOf(stack, { ...user, username: `${user.username}_clone` });
    const begun = stack.log.length;

    for (const [arn, alternate] of [
      [other, `${user.username}_clone`],
      [ofClone, user.username],
    ] as const) {
      expect(await tryOut(stack, arn), "Preflight wants a secret that names the function.").toBe(true);
      const report = JSON.stringify(await stack.rotationFunction.ask({ Step: "preflight", SecretId: arn }));
      expect(WARNING.exec(report)?.[1]).toBe(alternate);
    }
    expect(stack.log.slice(begun).join("\n")).not.toMatch(WARNING);
    expect((await stack.rotate(ofClone)).succeeded).toBe(true);
    expect(WARNING.exec(stack.log.slice(begun).join("\n"))?.[1]).toBe(user.username);

    expect((await stack.rotate(user.arn)).succeeded).toBe(true);
    const failure = await failedRotation(stack, ofClone);
    expect(failure).toMatchObject({ step: "setSecret", reason: "login-rejected" });
    expect(failure.message).toContain("one secret per user");
  });

  test("two secrets of one user: the other secret's rotation fails and names the cause", async () => {
    const { stack } = scene().singleUser;
    const user = await newUser(scene(), stack);
    const other = await copyOf(stack, user);
    expect((await stack.rotate(user.arn)).succeeded).toBe(true);

    const failure = await failedRotation(stack, other);

    expect(failure.reason).toMatch(/^(login-rejected|second-password)$/);
    expect(failure.message).toContain("one secret per user");
    const { username, password } = await stack.value(user.arn);
    expect(await scene().database.accepts(String(username), String(password))).toBe(true);
  });
}
