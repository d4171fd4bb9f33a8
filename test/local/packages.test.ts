import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Distribution, readDistribution, sourcesOf } from "../../local/servers/packages/distribution.ts";

/** The distribution of a machine that has these files below /etc. */
async function machine(release: string, files: Record<string, string>): Promise<Distribution | undefined> {
  const root = await mkdtemp(join(tmpdir(), "machine-"));
  try {
    for (const [name, content] of Object.entries({ "os-release": release, ...files })) {
      await mkdir(dirname(join(root, "etc", name)), { recursive: true });
      await writeFile(join(root, "etc", name), content);
    }
    return await readDistribution(root);
  } finally {
    await rm(root, { recursive: true });
  }
}

async function sources(release: string, files: Record<string, string>, suite: string): Promise<string> {
  const distribution = await machine(release, files);
  return distribution ? sourcesOf(distribution, suite) : expect.fail("There is a distribution.");
}

const BOOKWORM = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\n';
const NOBLE = "ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\n";

const DEBIAN_SOURCES = `# Modernised
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mDMEY
 -----END PGP PUBLIC KEY BLOCK-----

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Enabled: no
Types: deb
URIs: http://other.example/debian
Suites: bookworm
Components: main
`;

const OTHER_PUBLISHERS = {
  "apt/sources.list.d/a-publisher.list":
    "deb [arch=amd64 signed-by=/a.gpg] https://apt.example bookworm main\n",
  "apt/sources.list.d/docker.list": "deb https://docker.example/linux/debian bookworm stable\n",
  "apt/sources.list.d/node.sources":
    "Types: deb\nURIs: https://node.example\nSuites: nodistro\nComponents: main\n",
};

describe("the apt sources of a machine", () => {
  it("in deb822 style keep Debian's mirrors and signing key", async () => {
    const own = await sources(BOOKWORM, { "apt/sources.list.d/debian.sources": DEBIAN_SOURCES }, "bookworm");
    expect(own).toBe(`types: deb
uris: http://mirror.example/debian
suites: bookworm bookworm-updates
components: main
signed-by: 
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mDMEY
 -----END PGP PUBLIC KEY BLOCK-----

types: deb
uris: http://mirror.example/debian-security
suites: bookworm-security
components: main
signed-by: /usr/share/keyrings/debian-archive-keyring.gpg
`);
  });

  it("lead to another suite on the mirror of Debian, and not on that of another publisher", async () => {
    const files = { ...OTHER_PUBLISHERS, "apt/sources.list.d/debian.sources": DEBIAN_SOURCES };
    const sid = await sources(BOOKWORM, files, "sid");
    expect(sid).toContain(
      "uris: http://mirror.example/debian\nsuites: sid\ncomponents: main\nsigned-by: \n -----BEGIN",
    );
    expect(sid).not.toContain("security");
    expect(sid).not.toContain("apt.example");
  });

  it("in one-line style keep their options", async () => {
    const list = `# deb http://off.example/debian bookworm main
deb [arch=amd64,arm64 signed-by=/usr/share/keyrings/k.gpg trusted=yes] http://mirror.example/debian/ bookworm main # ours
deb-src http://mirror.example/debian/ bookworm main
deb http://mirror.example/debian/ bookworm-updates main non-free-firmware
deb http://security.example/debian-security bookworm-security main
`;
    const sid = await sources(BOOKWORM, { ...OTHER_PUBLISHERS, "apt/sources.list": list }, "sid");
    expect(sid).toBe(`types: deb
uris: http://mirror.example/debian/
suites: sid
components: main
architectures: amd64 arm64
signed-by: /usr/share/keyrings/k.gpg
trusted: yes
`);
    const own = await sources(BOOKWORM, { "apt/sources.list": list }, "bookworm");
    expect(own.match(/^suites: .*$/gm)).toEqual([
      "suites: bookworm",
      "suites: bookworm-updates",
      "suites: bookworm-security",
    ]);
  });

  it("of Ubuntu include universe", async () => {
    const list = `Types: deb
URIs: http://archive.example/ubuntu/
Suites: noble noble-updates noble-backports
Components: main universe restricted multiverse
Signed-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg
`;
    expect(await sources(NOBLE, { "apt/sources.list.d/ubuntu.sources": list }, "noble")).toBe(`types: deb
uris: http://archive.example/ubuntu/
suites: noble noble-updates noble-backports
components: main universe
signed-by: /usr/share/keyrings/ubuntu-archive-keyring.gpg
`);
  });

  it("may name the release by its role", async () => {
    const release = "ID=debian\nVERSION_CODENAME=forky\n";
    const list = "deb http://mirror.example/debian testing main\n";
    expect(await sources(release, { "apt/sources.list": list }, "sid")).toContain("suites: sid");
    expect(await sources(release, { "apt/sources.list": list }, "forky")).toContain("suites: testing");
  });

  it("of another release beside it are ignored", async () => {
    const list = "deb http://other.example/debian sid main\n";
    const files = { "apt/sources.list": list, "apt/sources.list.d/debian.sources": DEBIAN_SOURCES };
    expect(await sources(BOOKWORM, files, "bookworm")).not.toContain("other.example");
  });

  it("may be empty", async () => {
    expect(await sources(BOOKWORM, OTHER_PUBLISHERS, "sid")).toContain("apt.example");
    expect(await sources(BOOKWORM, {}, "sid")).toBe("");
    expect(await sources(BOOKWORM, {}, "bookworm")).toBe("");
  });

  it("are ignored on another system", async () => {
    expect(await machine("ID=fedora\nVERSION_CODENAME=\n", {})).toBeUndefined();
    expect(await machine("", {})).toBeUndefined();
  });
});
