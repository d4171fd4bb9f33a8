import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { type Zippable, zipSync } from "fflate";

/** The earliest time that a zip file can have. Its fields are local time, and the same in every time zone. */
const NO_TIME = new Date(1980, 0, 1);
/** Unix attributes: all users can read the files, because Lambda runs as another user. */
const UNIX = 3;
const READABLE = 0o100644 << 16;

/** Creates a zip file of some files and folders. The same files give the same bytes at any time and on any machine. */
export function zipOf(folders: Readonly<Record<string, string>>): Uint8Array {
  const files = Object.entries(folders).flatMap(([place, folder]) =>
    filesBelow(folder).map((file) => [join(place, relative(folder, file)), file] as const),
  );
  const entries: Zippable = {};
  for (const [name, file] of files.toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    entries[name.replaceAll(sep, "/")] = readFileSync(file);
  }
  return zipSync(entries, { level: 9, mtime: NO_TIME, os: UNIX, attrs: READABLE });
}

function filesBelow(folder: string): string[] {
  if (statSync(folder).isFile()) return [folder];
  return (
    readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      // Files of tools, such as .terraform/, are left out.
      .filter(
        (file) =>
          !relative(folder, file)
            .split(sep)
            .some((part) => part.startsWith(".")),
      )
  );
}
