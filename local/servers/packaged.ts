import type { Distribution } from "./packages/distribution.ts";
import type { Command } from "./run.ts";

/** A server's program and its packages in Debian and Ubuntu. */
export interface Packaged {
  /** Name of the product, such as MariaDB. */
  readonly name: string;
  /** File name of the program. */
  readonly program: string;
  /** Parameters that make the program print its version, and a pattern that finds the version in the output. */
  readonly version: { readonly parameters: readonly string[]; readonly pattern: RegExp };
  /** Whether the rotation functions support the version. */
  suits(version: string): boolean;
  readonly packages: {
    /** Extended regular expression for the name of the package with the program. The newest match is used. */
    readonly pattern: string;
    /** Further packages that are needed. `found` is the package with the program, whose dependencies are fetched too. */
    also?(found: string): readonly string[];
    /** The folder of the program in its package: "usr/bin". */
    readonly folder: string;
    /** Other folders that the program reads. Key: name in the cache. Value: places where packages may have the folder. */
    readonly others?: Readonly<Record<string, readonly string[]>>;
    /** The distribution's suite that has the packages. */
    suite(distribution: Distribution): string;
    /** Size of the download, for the progress line: "30 MB". */
    readonly size: string;
  };
  /** Other versions, by the value of the environment variable that chooses one, such as MYSQL_VERSION. */
  readonly versions?: Readonly<Record<string, OtherVersion>>;
}

/** Source of another version of a product: another suite of the distribution, or a Maven artifact. */
export type OtherVersion = { readonly suite: string } | { readonly artifact: Artifact };

/** A server in a JAR file, for Linux on x64. The system's libraries are not in the file. */
export interface Artifact {
  /** "group:name:version" */
  readonly coordinates: string;
  /** Archive with the server in the JAR file, if the server is packed twice. */
  readonly archive?: string;
  /** Folder with bin/ and share/, as a path in the JAR file or in the archive. */
  readonly folder: string;
  /** Folders of libraries, as paths below `folder`. */
  readonly libraries: readonly string[];
  /** Extended regular expressions for the names of the distribution's packages with the other libraries. */
  readonly needs: readonly string[];
  /** Size of the download: "150 MB". */
  readonly size: string;
}

/** A program that can be started on this machine. */
export interface Program {
  readonly version: string;
  /** The program's path, preceded by the loader and the library path if the program comes with its own. */
  readonly command: Command;
  /** Folder with bin/, lib/ and the other folders of the packages; undefined for an installed program. */
  readonly folder: string | undefined;
}
