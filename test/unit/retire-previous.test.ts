import { UpdateSecretVersionStageCommand } from "@aws-sdk/client-secrets-manager";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { rotation } from "../../shared/rotation.ts";
import { singleUser } from "../../shared/strategies/single-user.ts";
import { fakeEngine, fakeSession } from "./fake-engine.ts";
import { CURRENT_VERSION, givenPending } from "./given.ts";
import { context } from "./invoke.ts";
import { logText } from "./log-lines.ts";
import { api, apiError } from "./secrets-manager.ts";

let discarded = 0;
let accepts = true;
/** Why the user may not turn an old password off, as the engine says it. */
let mayNot: string | undefined;

const engine = fakeEngine("", {
  connect: async (login) =>
    accepts
      ? fakeSession(login, {
          changeOwnPassword: async () => "kept",
          [Symbol.asyncDispose]: async () => {},
        })
      : undefined,
  secondPassword: {
    async discard(_session, whyNot) {
      const why = mayNot ?? (await whyNot?.());
      if (why === undefined) discarded++;
      return why;
    },
  },
});
const handler = rotation(engine, singleUser);

beforeEach(() => {
  [discarded, accepts, mayNot] = [0, true, undefined];
  vi.stubEnv("RETAIN_PREVIOUS", "false");
});
afterEach(() => vi.unstubAllEnvs());

/** With testSecret behind it, as in a normal rotation. */
async function givenTested() {
  const given = givenPending();
  await handler(given.event("setSecret"), context());
  await handler(given.event("testSecret"), context());
  return given;
}

/** Moves AWSCURRENT to the token's version, and does more. */
function onMove({ token, versions }: Awaited<ReturnType<typeof givenTested>>, then: () => void): void {
  api.on(UpdateSecretVersionStageCommand).callsFake(async () => {
    Object.assign(versions[CURRENT_VERSION] ?? {}, { labels: ["AWSPREVIOUS"] });
    versions[token]?.labels.push("AWSCURRENT");
    then();
    return {};
  });
}

describe("RETAIN_PREVIOUS=false", () => {
  it("turns the old password off when AWSCURRENT has moved", async () => {
    const given = await givenTested();

    await handler(given.event("finishSecret"), context());

    expect(discarded).toBe(1);
    expect(logText()).toContain("the old password is turned off");
  });

  it("turns the old password off if the answer to the move was lost and the retry of the SDK was refused", async () => {
    const given = await givenTested();
    onMove(given, () => {
      throw apiError("InvalidParameterException");
    });

    await handler(given.event("finishSecret"), context());

    expect(discarded).toBe(1);
  });

  it("logs the statement of the engine if the user may not turn it off, and succeeds", async () => {
    mayNot = "The user may not. Run as an administrator: GRANT it";
    const given = await givenTested();

    await handler(given.event("finishSecret"), context());

    expect(logText()).toContain("Run as an administrator: GRANT it");
    expect(logText()).toContain("no old password was turned off");
  });

  it("changes nothing for an engine without second passwords", async () => {
    const single = fakeEngine("pending-password");
    const { event } = givenPending();

    await rotation(single, singleUser)(event("finishSecret"), context());

    expect(single.calls).toEqual(["login pending-password", "close"]);
    expect(logText()).not.toContain("password is turned off");
  });

  it("fails if the login of the user is rejected", async () => {
    const given = await givenTested();
    onMove(given, () => {
      accepts = false;
    });

    const run = handler(given.event("finishSecret"), context());

    await expect(run).rejects.toMatchObject({
      reason: "login-rejected",
      message: expect.stringMatching(
        /AWSCURRENT has moved, but the old password may still work.*rescue -- discard/,
      ),
    });
  });

  it("does not fail if the login is rejected because another rotation has changed the password", async () => {
    const given = await givenTested();
    onMove(given, () => {
      accepts = false;
      Object.assign(given.versions[given.token] ?? {}, { labels: ["AWSCURRENT"] });
      given.versions["of-another-rotation"] = { labels: ["AWSPENDING"] };
    });

    await handler(given.event("finishSecret"), context());

    expect(logText()).toContain("Another rotation has started");
    expect(logText()).not.toContain("is turned off");
  });

  it.each([
    { what: "another rotation has begun", labels: ["AWSPENDING"], left: ["AWSCURRENT"] },
    { what: "another version is current", labels: ["AWSCURRENT", "AWSPENDING"], left: ["AWSPREVIOUS"] },
  ])("turns nothing off when $what: AWSCURRENT may be the old password now", async ({ labels, left }) => {
    const given = await givenTested();
    onMove(given, () => {
      Object.assign(given.versions[given.token] ?? {}, { labels: left });
      given.versions["of-another-rotation"] = { labels };
    });

    await handler(given.event("finishSecret"), context());

    expect(discarded).toBe(0);
    expect(logText()).toContain("Another rotation has started");
    expect(logText()).not.toContain("is turned off");
  });
});
