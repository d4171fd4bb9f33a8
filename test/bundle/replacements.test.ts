import { createRequire } from "node:module";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { getDecoder, getEncoder } from "../../build/replacements/encodings.ts";
import type { Replacement } from "../../build/replacements/modules.ts";
import { replaceModules } from "../../build/replacements/plugin.ts";

const mysql2 = createRequire(createRequire(import.meta.url).resolve("mysql2"));
const iconv: {
  encode(text: string, encoding: string): Buffer;
  decode(bytes: Buffer, encoding: string): string;
} = mysql2("iconv-lite");
const ENCODINGS: string[] = [...new Set<string>(mysql2("./lib/constants/charset_encodings.js"))].filter(
  Boolean,
);

function bundled(source: string, replacement: Pick<Replacement, "module" | "importedBy">) {
  return build({
    stdin: { contents: source, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    logLevel: "silent",
    plugins: [replaceModules([{ ...replacement, why: "A test.", instead: "module.exports = 'left out';" }])],
  }).then(({ outputFiles: [output] }) => output?.text);
}

const CLIENT = 'import pg from "pg"; console.log(pg);';

test.each([
  ["pgpass", "usePgPass"],
  ["pg/lib/crypto/sasl.js", "function startSession"],
])("leaves %s out of a bundle with the plugin, and includes it without the plugin", async (module, inIt) => {
  const without = await bundled(CLIENT, { module, importedBy: "pg" });

  expect(without).toContain("left out");
  expect(without).not.toContain(inIt);
  expect(await bundled(CLIENT, { module: "other", importedBy: "other" })).toContain(inIt);
});

test.each(["pg-gone", "pg/lib/gone.js"])(
  "fails the build if no package imports %s any more",
  async (module) => {
    await expect(bundled(CLIENT, { module, importedBy: "pg" })).rejects.toThrow(
      `pg does not ask for ${module} any more`,
    );
  },
);

test("does not fail the build if the importing package is not bundled", async () => {
  expect(await bundled(CLIENT, { module: "mysql2/lib/gone.js", importedBy: "mysql2" })).toContain(
    "console.log",
  );
});

test.each(ENCODINGS.filter((encoding) => !/^(ucs|utf)-?(2|16|32)/.test(encoding)))(
  "decodes ASCII in %s",
  (encoding) => {
    const ascii = Buffer.from(Array.from({ length: 95 }, (_, index) => 32 + index));

    expect(getDecoder(encoding).write(ascii)).toBe(ascii.toString("ascii"));
  },
);

test.each([
  ["big5", "拒絕存取"],
  ["cp1250", "Přístup odepřen"],
  ["cp1251", "Доступ закрыт"],
  ["cp1256", "تم رفض الوصول"],
  ["cp1257", "Piekļuve liegta"],
  ["cp866", "Доступ закрыт"],
  ["cp932", "アクセスは拒否されました"],
  ["eucjp", "アクセスは拒否されました"],
  ["euckr", "액세스가 거부되었습니다"],
  ["gb18030", "拒绝访问"],
  ["gb2312", "拒绝访问"],
  ["gbk", "拒绝访问"],
  ["greek", "Δεν επιτρέπεται"],
  ["hebrew", "הגישה נדחתה"],
  ["koi8r", "Доступ закрыт"],
  ["koi8u", "Доступ заборонено"],
  ["latin2", "Přístup odepřen"],
  ["latin5", "Erişim engellendi"],
  ["macroman", "Accès refusé"],
  ["sjis", "アクセスは拒否されました"],
  ["tis620", "การเข้าถึงถูกปฏิเสธ"],
])("decodes %s as iconv-lite does", (encoding, text) => {
  const bytes = iconv.encode(text, encoding);

  expect(iconv.decode(bytes, encoding)).toBe(text);
  expect(getDecoder(encoding).write(bytes)).toBe(text);
});

test("reads the ASCII part of a message in an unknown encoding", () => {
  expect(getDecoder("keybcs2").write(Buffer.from("denied \x81", "latin1"))).toMatch(/^denied ./);
});

test("refuses to send text in an encoding other than UTF-8", () => {
  expect(() => getEncoder("gbk")).toThrow("gbk");
});
