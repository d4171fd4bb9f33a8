import type { Shipped } from "../../build/shipped.ts";

export interface Artifact {
  readonly name: string;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** SRI hashes of package-lock.json, by name@version. */
export type Integrity = Readonly<Record<string, string>>;

/**
 * Creates a software bill of materials: the packages with code in the released functions, and the released files. It has no
 * time and no serial number, which would differ in each build.
 *
 * @returns CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/)
 */
export function billOfMaterials(
  product: { name: string; version: string; license: string },
  packages: readonly Shipped[],
  artifacts: readonly Artifact[],
  integrity: Integrity,
): object {
  const root = `pkg:github/${product.name}@${product.version}`;
  const libraries = packages.map(({ name, version, license, bundles }) => ({
    type: "library",
    "bom-ref": purl(name, version),
    name,
    version,
    scope: "required",
    licenses: [/\s/.test(license) ? { expression: license } : { license: { id: license } }],
    purl: purl(name, version),
    hashes: hashesOf(integrity[`${name}@${version}`]),
    properties: bundles.map((bundle) => ({ name: "released-in", value: `${bundle}.zip` })),
  }));
  const files = artifacts.map(({ name, sha256 }) => ({
    type: "file",
    "bom-ref": name,
    name,
    version: product.version,
    hashes: [{ alg: "SHA-256", content: sha256 }],
  }));
  const inFile = (file: string) =>
    packages
      .filter(({ bundles }) => bundles.includes(file.replace(/\.zip$/, "")))
      .map(({ name, version }) => purl(name, version));
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: {
        type: "application",
        "bom-ref": root,
        name: product.name,
        version: product.version,
        licenses: [{ license: { id: product.license } }],
      },
    },
    components: [...libraries, ...files],
    dependencies: [
      { ref: root, dependsOn: artifacts.map(({ name }) => name) },
      ...artifacts.map(({ name }) => ({ ref: name, dependsOn: inFile(name) })),
      ...libraries.map((library) => ({ ref: library["bom-ref"], dependsOn: [] })),
    ],
  };
}

/** https://github.com/package-url/purl-spec */
function purl(name: string, version: string): string {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}

function hashesOf(sri: string | undefined): { alg: string; content: string }[] {
  const [, base64] = /^sha512-(.+)$/.exec(sri ?? "") ?? [];
  return base64 ? [{ alg: "SHA-512", content: Buffer.from(base64, "base64").toString("hex") }] : [];
}
