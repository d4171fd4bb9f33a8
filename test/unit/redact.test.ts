import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { aroundEach, describe, expect, it, vi } from "vitest";
import { explain } from "../../shared/aws/secrets-manager-errors.ts";
import { RotationError } from "../../shared/report/errors.ts";
import { keepName, keepSecret, redact, redacting } from "../../shared/report/redact.ts";
import { rotation } from "../../shared/rotation.ts";
import { singleUser } from "../../shared/strategies/single-user.ts";
import { fakeEngine } from "./fake-engine.ts";
import { givenPending, value } from "./given.ts";
import { context } from "./invoke.ts";
import "./log-lines.ts";

describe("a secret that is kept", () => {
  aroundEach((test) => redacting(test));

  it("appears in no error, wherever a server repeats it", () => {
    const secret = randomUUID();
    keepSecret(secret);

    const error = new RotationError("database", `The server is ${secret}${secret}.`, `Not ${secret}.`);

    expect(`${error.message} ${error.stack}`).not.toContain(secret);
    expect(error.message).toBe("The server is (a secret)(a secret). Not (a secret).");
  });

  it("may be as long as a secret's value", () => {
    const secret = `${randomUUID()}${"x".repeat(65_000)}`;
    keepSecret(secret);
    keepName(secret.slice(0, -1));

    expect(redact(`The server is ${secret}${secret}, not ${"x".repeat(65_000)}.`)).toBe(
      `The server is (a secret)(a secret), not ${"x".repeat(65_000)}.`,
    );
  });

  it("is redacted quickly, also in a megabyte of repetitions", () => {
    const [one, other] = ["y".repeat(40_000), `${"y".repeat(39_999)}z`];
    keepSecret(one);
    keepSecret(other);
    const began = performance.now();

    expect(redact("y".repeat(1_000_000))).toBe("(a secret)".repeat(25));
    expect(redact(`${"y".repeat(1_000_000)}z`)).not.toContain("yz");
    expect(performance.now() - began).toBeLessThan(2000);
  });

  it("is not redacted if it is as short as a common word", () => {
    keepSecret("the");

    expect(redact("the server")).toBe("the server");
  });

  it("is redacted before a text is cut off", () => {
    const secret = randomUUID();
    keepSecret(secret);
    const thrown = Object.assign(new Error(), { name: `${"x".repeat(70)}${secret}` });

    expect(() => explain("DescribeSecret")(thrown)).toThrow(`${"x".repeat(70)}(a secret)`);
  });

  it("is redacted as a whole if another secret is a part of it", () => {
    const short = randomUUID();
    keepSecret(short);
    keepSecret(`${short}-and-more`);

    expect(redact(`The server is ${short}-and-more.`)).toBe("The server is (a secret).");
  });

  it.each(["password", "postgres", "master", "secret", "database"])(
    "does not change the function's own sentences if it is %s",
    (word) => {
      keepSecret(word);
      const sentence = `The ${word}s under AWSCURRENT: the ${word}.`;

      expect(redact(sentence)).toBe(sentence);
    },
  );

  it("does not change names that contain it, and is redacted elsewhere", () => {
    keepSecret("billing");
    keepName("arn:aws:secretsmanager:eu-west-1:1:secret:billing-AbCdEf");
    const command = "--secret-id arn:aws:secretsmanager:eu-west-1:1:secret:billing-AbCdEf";

    expect(redact(`The server is billing. Run ${command}`)).toBe(`The server is (a secret). Run ${command}`);
  });

  it("is redacted also where a name ends as the secret begins", () => {
    const secret = randomUUID();
    keepSecret(secret);
    keepName(`app${secret[0]}`);

    expect(redact(`app${secret}`)).toBe("app(a secret)");
  });

  it.each([".*.*.*", "a|b(c)[d]", "$&$&$&", "\\d\\d\\d"])("is matched literally: %s", (secret) => {
    keepSecret(secret);

    expect(redact(`no secret, ${secret}`)).toBe("no secret, (a secret)");
  });

  it("is redacted in a name of another secret document, which keeps only its own document's names", () => {
    keepSecret("first-secret", ["user_first-secret", "user_first-secret_second-secret"]);
    keepSecret("second-secret", ["user_second-secret"]);

    expect(redact("user_first-secret")).toBe("user_first-secret");
    expect(redact("user_second-secret")).toBe("user_second-secret");
    expect(redact("user_first-secret_second-secret")).toBe("user_first-secret_(a secret)");
  });

  it("does not change names in any document of which it is the password", () => {
    keepSecret("shared-secret", ["app_shared-secret"]);
    keepSecret("shared-secret", ["db_shared-secret"]);

    expect(redact("app_shared-secret, db_shared-secret")).toBe("app_shared-secret, db_shared-secret");
  });
});

describe("what an invocation keeps secret", () => {
  it("is forgotten at its end", () => {
    const secret = randomUUID();

    const during = redacting(() => {
      keepSecret(secret);
      keepName(`${secret}-name`);
      return redact(secret);
    });

    expect(during).toBe("(a secret)");
    expect(redact(secret)).toBe(secret);
    expect(redacting(() => redact(secret))).toBe(secret);
  });

  it("is not redacted in a concurrent invocation, and still is in its own", async () => {
    const [one, other] = [randomUUID(), randomUUID()];
    const meanwhile = Promise.withResolvers<void>();
    const first = redacting(async () => {
      keepSecret(one);
      await meanwhile.promise;
      return redact(`${one} ${other}`);
    });

    const second = await redacting(async () => {
      keepSecret(other);
      return redact(`${one} ${other}`);
    });
    meanwhile.resolve();

    expect(second).toBe(`${one} (a secret)`);
    expect(await first).toBe(`(a secret) ${other}`);
  });

  it("is redacted in what it starts, also after it has returned", async () => {
    const secret = randomUUID();
    let later: Promise<string> | undefined;
    await redacting(async () => {
      keepSecret(secret);
      later = wait(1).then(() => redact(secret));
    });

    expect(await later).toBe("(a secret)");
  });

  it("is nothing outside an invocation: the process keeps no values", () => {
    const secret = randomUUID();
    keepSecret(secret);
    keepName(secret);

    expect(redact(secret)).toBe(secret);
  });

  it("is each value of its own rotation, and no value of another rotation in the same process", async () => {
    const seen: Record<string, string> = {};
    const bothOpen = Promise.withResolvers<void>();
    let open = 0;
    const engine = fakeEngine("", {
      async connect({ username }) {
        if (++open === 2) bothOpen.resolve();
        await bothOpen.promise;
        seen[username] = redact("first-password second-password");
        return undefined;
      },
    });
    const run = (username: string, password: string) => {
      const { event } = givenPending({
        current: value({ username }),
        pending: value({ username, password }),
      });
      return rotation(engine, singleUser)(event("testSecret"), context());
    };

    const first = run("one", "first-password");
    await vi.waitUntil(() => open === 1);
    const second = run("two", "second-password");

    await expect(first).rejects.toMatchObject({ reason: "login-rejected" });
    await expect(second).rejects.toMatchObject({ reason: "login-rejected" });
    expect(seen).toEqual({ one: "(a secret) second-password", two: "first-password (a secret)" });
    expect(redact("first-password second-password")).toBe("first-password second-password");
  });
});
