import { describe, expect, it, vi } from "vitest";
import { preparePair } from "../../shared/strategies/prepare-pair.ts";
import { fakePair } from "./fake-engine.ts";
import { MARK, owned, planOf } from "./fake-server.ts";
import {
  applied,
  by,
  confirm,
  finding,
  GRANT,
  isPossessed,
  journal,
  messages,
  PASSWORD,
  pair,
  prepare,
  prepareFirst,
  REVOKE,
  type Round,
  replan,
  takings,
  warnings,
} from "./pair-rounds.ts";

describe("preparePair", () => {
  it("applies one plan, with the password, inside the lock and after the labels were confirmed", async () => {
    await prepare({ plan: planOf([GRANT, REVOKE, PASSWORD]) });

    expect(journal).toEqual(["lock", "confirm", "read", "apply", "unlock"]);
    expect(applied).toEqual([{ changes: [GRANT, REVOKE, PASSWORD], password: "pending-password" }]);
  });

  it("warns in a secret's first rotation if the other user is prepared: another secret may have the same users", async () => {
    await prepareFirst({ plan: replan(GRANT) }, {});

    expect(warnings).toEqual([expect.stringMatching(/^The user app_clone exists, .*one secret per user$/)]);
  });

  it.each([{ exists: false }, { marker: undefined }])(
    "does not warn of a user with %o",
    async (ownership) => {
      await prepareFirst({ ownership });

      expect(warnings).toEqual([]);
    },
  );

  it("does not warn of the pair in a later rotation", async () => {
    await prepare({});

    expect(warnings).toEqual([]);
  });

  it("sets the password only in the round that has nothing else left to change", async () => {
    await prepare({ plan: replan(GRANT) }, { plan: replan(REVOKE) }, { plan: planOf([PASSWORD]) });

    expect(applied.map(({ changes }) => changes)).toEqual([[GRANT], [REVOKE], [PASSWORD]]);
  });

  it("confirms the labels in each round, before it reads the facts", async () => {
    await prepare({ plan: replan(GRANT) }, {});

    const round = ["lock", "confirm", "read", "apply", "unlock"];
    expect(journal).toEqual([...round, ...round]);
  });

  it("gives up after four rounds, without setting the password", async () => {
    const run = prepare({ plan: replan(GRANT) });

    await expect(run).rejects.toMatchObject({
      reason: "privilege-mismatch",
      message: expect.stringContaining("app_clone still differs from app after 4 rounds"),
    });
    expect(applied.map(({ changes }) => changes)).toEqual([[GRANT], [GRANT], [GRANT], [GRANT]]);
  });

  it("succeeds if the fourth round is the last one that is needed", async () => {
    const more = { plan: replan(GRANT) };

    await prepare(more, more, more, {});

    expect(applied.at(-1)?.changes).toEqual([PASSWORD]);
    expect(applied).toHaveLength(4);
  });

  it("logs each statement that it ran, but not the one that sets the password", async () => {
    await prepare({ plan: replan(GRANT) }, { plan: planOf([REVOKE, PASSWORD]) });

    expect(messages).toEqual([
      `Ran as the master user: ${GRANT.statement}`,
      `Ran as the master user: ${REVOKE.statement}`,
    ]);
    expect(messages.join()).not.toContain("pending-password");
  });

  it("logs no statement that was not run", async () => {
    const failure = new Error("the server is gone");
    const capability = fakePair({
      read: async () => ({
        ownership: owned(pair),
        differences: [],
        unseen: [],
        plan: () => planOf([GRANT, PASSWORD]),
      }),
      apply: () => Promise.reject(failure),
    });
    const info = vi.fn();
    const log = { info, warn: () => {}, error: () => {} };

    const run = preparePair(capability, by, pair, "pending-password", { confirm, isPossessed, log });

    await expect(run).rejects.toBe(failure);
    expect(info).not.toHaveBeenCalled();
  });

  it("logs the warnings of the first round, once", async () => {
    const warning = "DISCARD ALL resets the role.";
    const plan = { ...replan(GRANT), warnings: [warning] };

    await prepare({ plan }, { plan }, { plan: planOf([PASSWORD], { warnings: [warning] }) });

    expect(warnings).toEqual([warning]);
  });
});

describe("preparePair applies nothing", () => {
  const cases: { why: string; round: Round; reason: string; says: string }[] = [
    {
      why: "the facts cannot be read completely",
      round: { unseen: ["the large objects", "the settings of app"] },
      reason: "privilege-mismatch",
      says: "The master user cannot read the large objects; the settings of app.",
    },
    {
      why: "the rule of take-over refuses",
      round: { ownership: { outsiders: [finding] } },
      reason: "user-not-owned",
      says: finding.remedy,
    },
    {
      why: "the plan is a refusal",
      round: {
        plan: { refusal: { reason: "second-password", cause: "It has two.", remedy: "DISCARD it." } },
      },
      reason: "second-password",
      says: "It has two. DISCARD it.",
    },
    {
      why: "a user taken by possession would lose something",
      round: { ownership: { marker: undefined }, plan: planOf([GRANT, REVOKE, PASSWORD]) },
      reason: "user-not-owned",
      says: `${REVOKE.statement}. If the user belongs to this secret, run as an administrator: ${MARK}`,
    },
  ];

  it.each(cases)("if $why", async ({ round, reason, says }) => {
    const run = prepare(round);

    await expect(run).rejects.toMatchObject({ reason, message: expect.stringContaining(says) });
    expect(applied).toEqual([]);
    expect(journal.at(-1)).toBe("unlock");
  });

  it("if the labels have moved, and reads nothing either", async () => {
    confirm.mockRejectedValue(new Error("moved"));

    await expect(prepare({})).rejects.toThrow("moved");

    expect(journal).toEqual(["lock", "unlock"]);
  });

  it.each(cases)("more if, in the second round, $why", async ({ round, reason }) => {
    isPossessed.mockResolvedValue(true);

    const run = prepare({ plan: replan(GRANT) }, round);

    await expect(run).rejects.toMatchObject({ reason });
    expect(applied.map(({ changes }) => changes)).toEqual([[GRANT]]);
  });

  it("more if the labels move between two rounds", async () => {
    confirm.mockResolvedValueOnce().mockRejectedValueOnce(new Error("moved"));

    await expect(prepare({ plan: replan(GRANT) }, {})).rejects.toThrow("moved");

    expect(applied.map(({ changes }) => changes)).toEqual([[GRANT]]);
  });
});

describe("the reason for which preparePair takes a user over", () => {
  it("is asked of the database only if the facts do not decide", async () => {
    await prepare({ ownership: { exists: false } });
    await prepare({ ownership: { marker: "clone" } });

    expect(takings.mock.calls).toEqual([["created"], ["marked"]]);
    expect(isPossessed).not.toHaveBeenCalled();
  });

  it("is possession if the user logs in with a password of the secret, asked inside the lock", async () => {
    await prepare({ ownership: { marker: undefined } });

    expect(journal).toEqual(["lock", "confirm", "read", "isPossessed", "apply", "unlock"]);
    expect(takings.mock.calls).toEqual([["possessed"]]);
  });

  it("stays possession, which only adds, though the first round has set the ownership marker", async () => {
    const first = { ownership: { marker: undefined }, plan: replan(GRANT) };

    const run = prepare(first, { ownership: { marker: "clone" }, plan: planOf([REVOKE, PASSWORD]) });

    await expect(run).rejects.toMatchObject({ reason: "user-not-owned" });
    expect(takings.mock.calls).toEqual([["possessed"], ["possessed"]]);
    expect(applied.map(({ changes }) => changes)).toEqual([[GRANT]]);
  });

  it("becomes that of the marker after the first round has created the user", async () => {
    await prepare(
      { ownership: { exists: false, marker: undefined }, plan: replan(GRANT) },
      { plan: planOf([REVOKE, PASSWORD]) },
    );

    expect(takings.mock.calls).toEqual([["created"], ["marked"]]);
    expect(applied.at(-1)?.changes).toEqual([REVOKE, PASSWORD]);
  });

  it("allows revoking excess privileges from a user with an ownership marker", async () => {
    await prepare({ plan: planOf([REVOKE, PASSWORD]) });

    expect(applied[0]?.changes).toEqual([REVOKE, PASSWORD]);
  });
});
