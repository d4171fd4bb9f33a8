import { expect, test } from "vitest";
import type { Stack } from "../../local/stack.ts";
import { followCommands, followRescue } from "../support/remedies.ts";
import { rescue } from "../support/rescue.ts";
import {
  abandonedAfter,
  expectToRotate,
  newUser,
  type ServerAndFunctions,
  type User,
} from "./server-and-functions.ts";

/** Statements of one product about an account, as its server's administrator writes them. */
export interface Administration {
  dropUser(account: string): string;
  setPassword(account: string, password: string): string;
  /** What a user that was created anew, or the master user for it, needs besides. */
  regrant(account: string, master: string): string;
}

/** A database that was restored from a snapshot, or cloned: users, passwords and roles are older than the secret. */
export function restored(
  scene: () => ServerAndFunctions,
  { dropUser, setPassword, regrant }: Administration,
): void {
  const stack = () => scene().masterUser.stack;
  const options = () => ({ caFile: scene().database.caFile });
  const explain = ({ arn }: User) => rescue(stack(), ["--secret-id", arn], options());
  const administer = (...statements: string[]) => scene().administer(...statements);
  const cloneOf = ({ username }: User) => scene().account(`${username}_clone`);

  const masterOf = ({ username }: User) => scene().account(username.replace("app_", "master_"));

  const reset = async ({ arn }: User, of: Stack) =>
    await rescue(of, ["reset", "--secret-id", arn, "--yes"], options());

  /** Follows what reset prints for a user that does not exist. */
  async function createAndReset(user: User, of: Stack): Promise<void> {
    const refused = await reset(user, of);
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/There is no (user|role)/) });
    const [, statements = ""] = /administrator: (CREATE (?:USER|ROLE) .+?) - /.exec(refused.stderr) ?? [];
    await administer(...statements.split("; "), regrant(scene().account(user.username), masterOf(user)));
    expect(await reset(user, of)).toMatchObject({ exitCode: 0 });
  }

  /** Runs what explain prints, line by line. */
  async function follow(user: User, lines: readonly string[], baseIsMissing: boolean): Promise<void> {
    for (const line of lines) {
      await Promise.all(followCommands(stack(), line));
      if (baseIsMissing && line.includes("rescue -- reset")) await createAndReset(user, stack());
      else await followRescue(stack(), line, scene().database.caFile);
      await stack().secretsManager.settled(user.arn);
    }
  }

  const STATES: [what: string, make: (user: User) => Promise<unknown>][] = [
    ["lacks the user of AWSCURRENT", (user) => administer(dropUser(cloneOf(user)))],
    [
      "lacks the user of AWSCURRENT, and the other user has an older password",
      (user) =>
        administer(dropUser(cloneOf(user)), setPassword(scene().account(user.username), "of the snapshot")),
    ],
    [
      "lacks both users",
      (user) => administer(dropUser(cloneOf(user)), dropUser(scene().account(user.username))),
    ],
    [
      "has the user of AWSCURRENT with an older password",
      (user) => administer(setPassword(cloneOf(user), "of the snapshot")),
    ],
    [
      "lacks the user of AWSCURRENT in the middle of a rotation",
      async (user) => {
        await abandonedAfter(scene().masterUser, user, "createSecret");
        await administer(dropUser(cloneOf(user)));
      },
    ],
  ];

  test.each(STATES)(
    "a restored database %s: explain and unstick print the way back, and it works",
    async (what, make) => {
      const user = await newUser(scene(), stack());
      expect((await stack().rotate(user.arn)).succeeded).toBe(true);
      await make(user);

      const explained = await explain(user);
      const unstuck = await rescue(stack(), ["unstick", "--secret-id", user.arn, "--yes"], options());

      expect(explained.exitCode).toBe(1);
      expect(explained.stdout).toContain(`The user ${user.username}, which takes turns with`);
      const way = /Make AWSPREVIOUS current:[\s\S]+?Then rotate.*/.exec(explained.stdout)?.[0] ?? "";
      expect(unstuck.exitCode).toBe(1);
      for (const line of way.split("\n")) expect(unstuck.stdout).toContain(line.trim());
      await follow(user, way.split("\n"), what.includes("both"));
      expect(await stack().value(user.arn)).toMatchObject({ username: `${user.username}_clone` });
      expect(await explain(user)).toMatchObject({ exitCode: 0 });
      await expectToRotate(scene(), stack(), user);
    },
  );

  test("a restored database lacks the only user of a secret: reset prints how to create it, and sets its password", async () => {
    const { stack } = scene().singleUser;
    const user = await newUser(scene(), stack);
    await administer(dropUser(scene().account(user.username)));
    const unstuck = await rescue(stack, ["unstick", "--secret-id", user.arn, "--yes"], options());
    expect(unstuck.stdout).toMatch(
      /if the user does not exist, this says how to create it: npm run rescue -- reset/,
    );

    await createAndReset(user, stack);
    await expectToRotate(scene(), stack, user);
  });
}
