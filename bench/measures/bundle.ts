import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import type { Metafile } from "esbuild";
import { bundle } from "../../build/bundle.ts";
import type { RotationFunction } from "../functions.ts";
import { temporaryFolder } from "../stage/temporary-folder.ts";
import { buildPlain } from "../subjects/builds.ts";

/** Sizes in bytes. */
export interface Size {
  readonly raw: number;
  /** Deflated at level 6, the default of zip and of the Python that sam packs with. */
  readonly zipped: number;
}

export interface BundleSizes {
  /** Size of the JavaScript. */
  readonly code: Size;
  /** Size of the license texts of the bundled packages. */
  readonly texts: Size;
  /** Size of a bundle with esbuild's defaults and the whole SDK. */
  readonly plain: Size;
  /** `plain`, minified. */
  readonly plainMinified: Size;
  /** `plainMinified` from the packages' ES modules where they exist: esbuild removes more unused code from these. */
  readonly plainModules: Size;
  /** Bytes of each package in the code, the largest first. */
  readonly packages: readonly { readonly name: string; readonly bytes: number }[];
}

const ROOT = join(import.meta.dirname, "../..");
const CODE = /\.m?js$/;

/** Measures a function in dist/, and plain esbuild bundles of its source. */
export async function measureBundle(rotation: RotationFunction): Promise<BundleSizes> {
  await using folder = await temporaryFolder();
  const unminified = join(folder.path, "plain.mjs");
  const minified = join(folder.path, "minified.mjs");
  const small = join(folder.path, "small.mjs");
  await buildPlain(rotation, unminified);
  await buildPlain(rotation, minified, { minify: true });
  await buildPlain(rotation, small, { minify: true, mainFields: ["module", "main"] });
  const source = join(ROOT, "functions", rotation.engine, `${rotation.strategy}.ts`);
  const metafile = await bundle(source, join(folder.path, "ours", "index.mjs"));
  const built = join(ROOT, "dist", rotation.name);
  return {
    code: await codeSize(built),
    texts: await sizeOf(built, (name) => !CODE.test(name)),
    plain: sizeOfBytes(await readFile(unminified)),
    plainMinified: sizeOfBytes(await readFile(minified)),
    plainModules: sizeOfBytes(await readFile(small)),
    packages: byPackage(metafile),
  };
}

/** Measures the JavaScript in a function's folder. */
export function codeSize(folder: string): Promise<Size> {
  return sizeOf(folder, (name) => CODE.test(name));
}

async function sizeOf(folder: string, counts: (name: string) => boolean): Promise<Size> {
  const total = { raw: 0, zipped: 0 };
  for (const name of await readdir(folder, { recursive: true })) {
    const path = join(folder, name);
    if (!counts(name) || !(await stat(path)).isFile()) continue;
    const { raw, zipped } = sizeOfBytes(await readFile(path));
    total.raw += raw;
    total.zipped += zipped;
  }
  return total;
}

function sizeOfBytes(bytes: Buffer): Size {
  return { raw: bytes.length, zipped: deflateRawSync(bytes, { level: 6 }).length };
}

/** Sums the bytes of each package. Files outside of node_modules count as this repository's. */
export function byPackage({ outputs }: Pick<Metafile, "outputs">): { name: string; bytes: number }[] {
  const packages = new Map<string, number>();
  for (const { inputs } of Object.values(outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const name = /^.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? "this repository";
      packages.set(name, (packages.get(name) ?? 0) + bytesInOutput);
    }
  }
  return [...packages]
    .map(([name, bytes]) => ({ name, bytes }))
    .filter(({ bytes }) => bytes > 0)
    .toSorted((one, other) => other.bytes - one.bytes);
}
