import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { explain } from "../../shared/aws/secrets-manager-errors.ts";
import type { RotationEvent } from "../../shared/protocol/event.ts";
import { howToGiveUp } from "../../shared/protocol/give-up.ts";
import { RotationError } from "../../shared/report/errors.ts";
import { inTurn, oneLine } from "../../shared/report/one-line.ts";
import { keepName, keepSecret, redact } from "../../shared/report/redact.ts";

describe("one line", () => {
  it("is what a text becomes that would look like several, or turn a terminal round", () => {
    expect(oneLine("a\nb\u001b[2J\u0085\u2028\u202ec")).toBe("a\\u{a}b\\u{1b}[2J\\u{85}\\u{2028}\\u{202e}c");
  });

  it("is bounded, and the remedy stays", () => {
    const error = new RotationError("database", "x".repeat(1_000_000), "Do this.");

    expect(error.message.length).toBeLessThan(11_000);
    expect(error.message).toMatch(/… Do this\.$/);
  });

  it("is what a text without any of it stays", () => {
    expect(oneLine("ünïcode 'é' $$ %s 👍")).toBe("ünïcode 'é' $$ %s 👍");
  });
});

describe("statements for a person to run", () => {
  it("stand one after the other", () => {
    expect(inTurn(["GRANT a", "GRANT b"])).toBe("GRANT a; GRANT b");
  });

  it("are whole in an error, however many they are", () => {
    const grants = Array.from({ length: 5000 }, (_, table) => `GRANT SELECT ON app.t${table} TO 'x'@'%'`);

    const { message } = new RotationError("missing-privilege", "It may not.", inTurn(grants));

    const [, list = "", more] = /^It may not\. (.*) - and (\d+) more statements/.exec(message) ?? [];
    expect(list.split("; ")).toEqual(grants.slice(0, 5000 - Number(more)));
    expect(message).toMatch(/have been run$/);
  });
});

describe("a secret that is kept", () => {
  it("is in no error, wherever a server may have repeated it", () => {
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

  it("is hidden in time, also where a megabyte is nothing else", () => {
    const [one, other] = ["y".repeat(40_000), `${"y".repeat(39_999)}z`];
    keepSecret(one);
    keepSecret(other);
    const began = performance.now();

    expect(redact("y".repeat(1_000_000))).toBe("(a secret)".repeat(25));
    expect(redact(`${"y".repeat(1_000_000)}z`)).not.toContain("yz");
    expect(performance.now() - began).toBeLessThan(2000);
  });

  it("is not taken for a word if it is as short as one", () => {
    keepSecret("the");

    expect(redact("the server")).toBe("the server");
  });

  it("is hidden before a text is cut off", () => {
    const secret = randomUUID();
    keepSecret(secret);
    const thrown = Object.assign(new Error(), { name: `${"x".repeat(70)}${secret}` });

    expect(() => explain("DescribeSecret")(thrown)).toThrow(`${"x".repeat(70)}(a secret)`);
  });

  it("is gone as a whole where another one is a part of it", () => {
    const short = randomUUID();
    keepSecret(short);
    keepSecret(`${short}-and-more`);

    expect(redact(`The server is ${short}-and-more.`)).toBe("The server is (a secret).");
  });

  it.each(["password", "postgres", "master", "secret", "database"])(
    "leaves our sentences whole if it is %s",
    (word) => {
      keepSecret(word);
      const sentence = `The ${word}s under AWSCURRENT: the ${word}.`;

      expect(redact(sentence)).toBe(sentence);
    },
  );

  it("leaves names whole that it is a part of, and is hidden elsewhere", () => {
    keepSecret("billing");
    keepName("arn:aws:secretsmanager:eu-west-1:1:secret:billing-AbCdEf");
    const command = "--secret-id arn:aws:secretsmanager:eu-west-1:1:secret:billing-AbCdEf";

    expect(redact(`The server is billing. Run ${command}`)).toBe(`The server is (a secret). Run ${command}`);
  });

  it("is hidden also where a name ends as it begins", () => {
    const secret = randomUUID();
    keepSecret(secret);
    keepName(`app${secret[0]}`);

    expect(redact(`app${secret}`)).toBe("app(a secret)");
  });

  it.each([".*.*.*", "a|b(c)[d]", "$&$&$&", "\\d\\d\\d"])("is taken as it is written: %s", (secret) => {
    keepSecret(secret);

    expect(redact(`no secret, ${secret}`)).toBe("no secret, (a secret)");
  });

  it("is forgotten after many others: an environment may live for days", () => {
    const first = randomUUID();
    keepSecret(first);
    for (let others = 0; others < 64; others++) keepSecret(randomUUID());

    expect(redact(first)).toBe(first);
  });
});

describe("a command that a person is told to run", () => {
  const event: RotationEvent = {
    Step: "setSecret",
    SecretId: "arn:aws:x:1:secret:a/b+c=d.e@f-g",
    ClientRequestToken: "",
  };

  it("holds a token that somebody chose to be a command as one word", () => {
    const ClientRequestToken = "$(touch /tmp/x); echo 'it's done'";

    expect(howToGiveUp({ ...event, ClientRequestToken })).toMatch(
      / --remove-from-version-id '\$\(touch \/tmp\/x\); echo '\\''it'\\''s done'\\'''$/,
    );
  });

  it("has no quotes where none are needed", () => {
    const ClientRequestToken = randomUUID();

    expect(howToGiveUp({ ...event, ClientRequestToken })).toContain(
      `--secret-id ${event.SecretId} --version-stage AWSPENDING --remove-from-version-id ${ClientRequestToken}`,
    );
  });
});
