import { options } from "./command.ts";
import { objection } from "./permissive.ts";
import { shipped } from "./shipped.ts";

const HELP = `Lists the packages in the bundles, with their licenses.

  npm run licenses [-- options]

  --json   prints a JSON array; for JSON alone on standard output: npm run --silent licenses -- --json
  --help   prints this text

The packages are those of which the bundler wrote code into the bundles. The texts of the licenses are in
dist/<function>/THIRD-PARTY-LICENSES.txt.

Exit status: 0 all licenses are permissive; 1 a license is not permissive, or its text is missing; 2 wrong options.`;

const chosen = options(HELP);
if (chosen) {
  const packages = shipped();
  const objections = packages.flatMap((one) => {
    const problem = objection(one);
    return problem === undefined ? [] : [`${one.name} ${one.version} ${problem}.`];
  });
  if (chosen.has("json")) {
    console.log(JSON.stringify(packages, undefined, 2));
  } else {
    const everywhere = Math.max(...packages.map(({ bundles }) => bundles.length));
    for (const { name, version, license, bundles } of packages) {
      const where = bundles.length === everywhere ? "all" : bundles.join(", ");
      console.log(name.padEnd(36), version.padEnd(12), license.padEnd(12), where);
    }
    if (objections.length === 0) console.log(`${packages.length} packages, all under permissive licenses`);
  }
  for (const line of objections) console.error(line);
  process.exitCode = objections.length > 0 ? 1 : 0;
}
