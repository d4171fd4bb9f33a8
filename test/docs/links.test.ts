import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";
import { anchors, pages, prose, ROOT } from "./pages.ts";

const all = pages();

test.each(all)("each link of $path leads to an existing file and heading", ({ path, text }) => {
  const links = [...prose(text).matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)].map(([, link = ""]) => link);
  const broken = links.filter((link) => {
    const [file = "", anchor] = link.split("#");
    const target = file === "" ? path : normalize(join(dirname(path), file));
    if (!existsSync(join(ROOT, target))) return true;
    return anchor !== undefined && !anchors(readFileSync(join(ROOT, target), "utf8")).includes(anchor);
  });

  expect(broken).toEqual([]);
});

test.each(all)("each npm command of $path exists", ({ text }) => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const commands = [...text.matchAll(/npm run (?:--?\S+ )*([\w:-]+)/g)].map(([, name = ""]) => name);

  expect(commands.filter((name) => !(name in scripts))).toEqual([]);
});

test("each page of docs/ is linked from another page", () => {
  const targets = all.flatMap(({ path, text }) =>
    [...text.matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map(([, link = ""]) =>
      normalize(join(dirname(path), link)),
    ),
  );
  const orphans = all.filter(({ path }) => path.startsWith("docs/") && !targets.includes(path));

  expect(orphans.map(({ path }) => path)).toEqual([]);
});
