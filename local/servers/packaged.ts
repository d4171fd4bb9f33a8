import type { Distribution } from "./packages/distribution.ts";
import type { Command } from "./run.ts";

/** A server's program, as the packages of a Debian or an Ubuntu have it. */
export interface Packaged {
  /** As people call the product. */
  readonly name: string;
  /** File name of the program. */
  readonly program: string;
  /** What makes the program print its version, and where the version is in that. */
  readonly version: { readonly parameters: readonly string[]; readonly pattern: RegExp };
  /** Whether the rotation functions are made for this version, as the program prints it. */
  suits(version: string): boolean;
  readonly packages: {
    /** Extended regular expression for the name of the package with the program. The newest one is taken. */
    readonly pattern: string;
    /** Packages that are needed beside that one and those that it depends on. */
    also?(found: string): readonly string[];
    /** The folder of the program in its package: "usr/bin". */
    readonly folder: string;
    /** Other folders that the program reads, by their names in the cache: the places where a package may have them. */
    readonly others?: Readonly<Record<string, readonly string[]>>;
    /** The distribution's suite that has the packages. */
    suite(distribution: Distribution): string;
    /** What has to be fetched, for people who wait for it: "30 MB". */
    readonly size: string;
  };
  /** Other versions, by the value of the environment variable that chooses one, such as MYSQL_VERSION. */
  readonly versions?: Readonly<Record<string, OtherVersion>>;
}

/** Where another version of a product comes from: another suite of the distribution, or an artifact of Maven's. */
export type OtherVersion = { readonly suite: string } | { readonly artifact: Artifact };

/** A server inside a JAR file, for Linux on x64. It comes without the system's libraries. */
export interface Artifact {
  /** "group:name:version" */
  readonly coordinates: string;
  /** The archive inside the JAR file that has the server, if it is packed twice. */
  readonly archive?: string;
  /** The folder that has bin/ and share/, as a path in the JAR file or in the archive. */
  readonly folder: string;
  /** Folders of libraries, as paths below `folder`. */
  readonly libraries: readonly string[];
  /** Extended regular expressions for the names of the distribution's packages with the other libraries. */
  readonly needs: readonly string[];
  /** What has to be fetched: "150 MB". */
  readonly size: string;
}

/** A program that can be started. */
export interface Program {
  readonly version: string;
  /** The program's path; before it, the loader and the libraries that it is to run with. */
  readonly command: Command;
  /** Holds bin/, lib/ and the other folders of the packages; undefined if the program is installed on this machine. */
  readonly folder: string | undefined;
}
