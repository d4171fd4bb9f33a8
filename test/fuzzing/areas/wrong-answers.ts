import { SHORT } from "../area.ts";
import { type Call, respond } from "../secrets-manager-endpoint.ts";

/** What a case knows of its secret. */
interface Known {
  readonly arn: string;
  readonly token: string;
  /** Texts with everything in them that must be in no log. */
  readonly heard: string;
}

export interface Answer {
  readonly title: string;
  /** How long to wait for it. */
  readonly milliseconds?: number;
  speak(call: Call, known: Known): void;
}

const body = (title: string, status: number, make: (known: Known) => object | string): Answer => ({
  title,
  speak: ({ response }, known) => respond(response, status, make(known)),
});

/** Errors by what stands where the name of one should. */
const error = (name: string, message: (known: Known) => string = () => "no", status = 400) =>
  body(`the error ${JSON.stringify(name).slice(0, 40)} (${status})`, status, (known) => ({
    __type: name,
    Message: message(known),
  }));

/** A description that is right but for its labels. */
const labels = (what: string, VersionIdsToStages: unknown) =>
  body(`labels that are ${what}`, 200, ({ arn }) => ({
    ARN: arn,
    RotationEnabled: true,
    VersionIdsToStages,
  }));

/** A value that is right but for the text. */
const value = (what: string, SecretString: unknown) =>
  body(`a value that is ${what}`, 200, ({ arn, token }) => ({ ARN: arn, VersionId: token, SecretString }));

/** Words that go on, at a pace. */
const flow = (title: string, words: string, pause: number): Answer => ({
  title,
  milliseconds: SHORT,
  speak: ({ response }) => {
    response.writeHead(200, { "content-type": "application/x-amz-json-1.1" });
    const timer = setInterval(() => response.write(words), pause);
    response.on("close", () => clearInterval(timer)).on("error", () => {});
  },
});

const raw = (title: string, words: string): Answer => ({
  title,
  milliseconds: SHORT,
  speak: ({ request }) => void request.socket.end(words),
});

export const ANSWERS: readonly Answer[] = [
  body("HTML", 200, () => "<html><body>Please sign in to the guest network</body></html>"),
  body("HTML and 503", 503, ({ heard }) => `<html>${heard}</html>`),
  body("nothing", 200, () => ""),
  body("half an object", 200, ({ heard }) => `{"SecretString": ${JSON.stringify(heard)}`),
  body("null", 200, () => "null"),
  body("a list", 200, () => "[1,2]"),
  body("a number", 200, () => "0"),
  body("an empty object", 200, () => ({})),
  body("depth", 200, () => "[".repeat(100_000)),
  body("prototype keys", 200, () => '{"__proto__":{"RotationEnabled":true},"constructor":1}'),
  body("wrong types", 200, () => ({
    ARN: 1,
    Name: [],
    VersionId: {},
    SecretString: 7,
    RotationEnabled: "yes",
    DeletedDate: "tomorrow",
    CreatedDate: {},
    RandomPassword: ["x"],
    VersionStages: "AWSCURRENT",
  })),
  labels("a text", "AWSCURRENT"),
  labels("a list", ["AWSCURRENT"]),
  labels("numbers", { one: 1, two: null }),
  labels(
    "of a prototype",
    JSON.parse('{"__proto__":["AWSPENDING","AWSCURRENT"],"constructor":["AWSPENDING"]}'),
  ),
  labels("none", {}),
  value("a number", 7),
  value("a list with a text", ["{}"]),
  value("an object", { engine: "postgres" }),
  value("null", null),
  value("another secret", '{"engine":"postgres","host":"attacker.example","username":"a","password":"b"}'),
  body("the value of another version", 200, ({ arn, heard }) => ({
    ARN: arn,
    VersionId: "0".repeat(32),
    SecretString: heard,
  })),
  error("ThrottlingException"),
  error("TooManyRequestsException"),
  error("AccessDeniedException", ({ heard }) => `User is not authorized: ${heard}`),
  error("AccessDeniedException", ({ heard }) => `Access to KMS is not allowed: ${heard}`),
  error("DecryptionFailure", ({ heard }) => heard),
  error("ResourceExistsException"),
  error("InvalidParameterException", ({ heard }) => heard),
  error("InvalidRequestException", ({ heard }) => heard),
  error("Internal\nService\u001b[2JError\u202e", ({ heard }) => heard),
  error("x".repeat(200_000)),
  error(""),
  error("__proto__"),
  error("InternalServiceError", ({ heard }) => heard, 500),
  body("an error that is no object", 400, () => '"no"'),
  body("an error without a name", 400, ({ heard }) => ({ Message: heard })),
  body("teapot", 418, ({ heard }) => heard),
  {
    title: "a redirect",
    speak: ({ response }) => void response.writeHead(307, { location: "http://127.0.0.1:1/" }).end(),
  },
  { title: "a reset connection", speak: ({ request }) => void request.socket.resetAndDestroy() },
  { title: "silence", speak: () => {}, milliseconds: SHORT },
  raw("no HTTP", "SSH-2.0-OpenSSH_9.6\r\n"),
  raw("a length that is not there", "HTTP/1.1 200 OK\r\ncontent-length: 999999999\r\n\r\n{"),
  raw("two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}"),
  raw("an endless header", `HTTP/1.1 200 OK\r\nx: ${"x".repeat(100_000)}`),
  flow("words without end", "x".repeat(64 * 1024), 0),
  flow("a slow drip", " ", 30),
];
