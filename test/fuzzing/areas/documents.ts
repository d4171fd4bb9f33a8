import fc from "fast-check";

/** Makes the text of a secret from a good one. */
export interface Spoil {
  readonly title: string;
  apply(good: Readonly<Record<string, unknown>>): string;
}

const LARGEST = 65_536;

/** Texts for every key that takes one. */
const TEXTS = [
  "",
  " ",
  "\0",
  "a\0b",
  "\ud800",
  "a\udc00",
  "line\nbreak",
  "\u001b[2J",
  "\u202e",
  "'; DROP ROLE app; --",
  'a"b\\c',
  "%s%n",
  "$1",
  "{{jndi:x}}",
  "ünïcode",
  "𝒳",
  `${"x".repeat(62)}é`,
  "x".repeat(63),
  "x".repeat(64),
  "x".repeat(40_000),
  "_clone",
  "app_clone",
  "app_clone_clone",
  "md5d41d8cd98f00b204e9800998ecf8427e",
  "SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy",
  "*2470C0C06DEE42FD1618BBB99005ADCA2EC9D1E0",
  "__proto__",
];

/** Texts that Secrets Manager would store, and some database would not. */
const UNSTORABLE = TEXTS.filter((text) => text.length > 0 && text.isWellFormed() && !text.includes("\0"));

const HOSTS = [
  "127.0.0.1",
  "::1",
  "[::1]",
  "0",
  "0.0.0.0",
  "127.1",
  "4294967295",
  "99999999999999999999",
  "localhost.",
  "LOCALHOST",
  "db.example",
  "xn--80ak6aa92e.example",
  "bücher.example",
  "/var/run/postgresql",
  "/tmp",
  "@abstract",
  "\0abstract",
  "http://localhost/",
  "postgres://app:x@localhost",
  "localhost:5432",
  "user@localhost",
  "local host",
  "localhost\n",
  "a,b",
  "..",
  "-",
  "x".repeat(300),
  `${"a.".repeat(126)}a`,
  "app.proxy-abc123.eu-west-1.rds.amazonaws.com",
  "APP.PROXY-ABC123.EU-WEST-1.RDS.AMAZONAWS.COM.",
  "app.proxy-abc123.cn-north-1.rds.amazonaws.com.cn",
];

const PORTS: unknown[] = [
  0,
  -1,
  65_536,
  1.5,
  Number.POSITIVE_INFINITY,
  "0",
  "65536",
  "5432 ",
  "0x50",
  "５４３２",
  "",
  null,
  true,
  [5432],
  { port: 1 },
  "00001",
];
const SSLS: unknown[] = [
  true,
  "true",
  "TRUE",
  false,
  "False",
  "require",
  "verify-full",
  "",
  0,
  1,
  null,
  [],
  {},
  "no",
  "FALSE\n",
];
const ODD: unknown[] = [null, 0, 1, true, [], {}, ["app"], { toString: "x" }, Number.MAX_SAFE_INTEGER];

const text: fc.Arbitrary<unknown> = fc.oneof<fc.Arbitrary<unknown>[]>(
  fc.constantFrom(...TEXTS),
  fc.string({ unit: "binary", maxLength: 80 }),
  fc.constantFrom(...ODD),
);

const key: fc.Arbitrary<[string, unknown]> = fc.oneof(
  fc.tuple(fc.constant("host"), fc.constantFrom(...HOSTS)),
  fc.tuple(fc.constant("port"), fc.constantFrom(...PORTS)),
  fc.tuple(fc.constant("ssl"), fc.constantFrom(...SSLS)),
  fc.tuple(fc.constantFrom("username", "password", "dbname", "alternateUsername"), text),
  fc.tuple(fc.constantFrom("sslServerName", "masterarn", "engine"), text),
);

/** Keys that no function knows: they survive. JSON text, since a program could not even make some of them. */
const UNKNOWN = [
  '"__proto__":{"ssl":false,"masterarn":"arn:x","host":"attacker.example"}',
  '"constructor":{"prototype":{"host":"attacker.example"}}',
  '"toString":1,"hasOwnProperty":0,"":"empty"',
  '"n":12345678901234567890,"m":1e400,"z":-0,"e":1.0E+2',
  '"half":"\\ud800","zero":"\\u0000","\\u0000":1',
  `"${"k".repeat(30_000)}":1`,
  `"deep":${"[".repeat(90)}${"]".repeat(90)}`,
  '"list":[1,"two",{"three":[]}],"note":"é\\u2028"',
  '"host ":"attacker.example","Host":"attacker.example","HOST":"attacker.example"',
];

/** Not a secret at all, or only just. `…` stands for the good one's keys. */
const WHOLE = [
  "…",
  "[]",
  "null",
  "0",
  '"text"',
  "{",
  "{}",
  "\ufeff{…}",
  "{…",
  "{…}{…}",
  "[{…}]",
  "{…,}",
  "{…}\0",
  "\n\t{…}\r\n",
  `{…,"x":${"[".repeat(31_000)}${"]".repeat(31_000)}}`,
  `{…,"x":${'{"a":'.repeat(5000)}1${"}".repeat(5000)}}`,
  `${"[".repeat(65_000)}`,
  '{…,"username":"app","username":"app"}',
  '{"password":"first one wins?",…}',
];

const keysOf = (good: object) => JSON.stringify(good).slice(1, -1);

export const documents: fc.Arbitrary<Spoil> = fc.oneof(
  { weight: 6, arbitrary: key.map(replaced) },
  { weight: 4, arbitrary: fc.constantFrom(...UNKNOWN).map((keys) => written(`{…,${keys}}`)) },
  { weight: 2, arbitrary: fc.constantFrom(...WHOLE).map(written) },
  { weight: 1, arbitrary: fc.constantFrom("engine", "host", "username", "password").map(missing) },
  { weight: 2, arbitrary: fc.integer({ min: -60, max: 0 }).map(padded) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom("username", "password"), fc.constantFrom(...UNSTORABLE))
      .map(replaced),
  },
);

function replaced([name, value]: readonly [string, unknown]): Spoil {
  return {
    title: `${name}: ${JSON.stringify(value)?.slice(0, 80)}`,
    apply: (good) => fitting(JSON.stringify({ ...good, [name]: value }), good),
  };
}

function missing(name: string): Spoil {
  return { title: `no ${name}`, apply: (good) => JSON.stringify({ ...good, [name]: undefined }) };
}

function written(pattern: string): Spoil {
  return {
    title: pattern.slice(0, 80),
    apply: (good) =>
      fitting(
        pattern.replaceAll("…", () => keysOf(good)),
        good,
      ),
  };
}

/** As large as a secret may be, or a little less. */
function padded(less: number): Spoil {
  return {
    title: `of ${LARGEST + less} bytes`,
    apply: (good) => {
      const short = { ...good, password: "short" };
      const size = Buffer.byteLength(JSON.stringify({ ...short, padding: "" }));
      return JSON.stringify({ ...short, padding: "p".repeat(LARGEST + less - size) });
    },
  };
}

function fitting(text: string, good: object): string {
  return Buffer.byteLength(text) <= LARGEST && text !== "" ? text : JSON.stringify(good);
}
