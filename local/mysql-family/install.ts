import { findPrograms, NoServer } from "./find-programs.ts";
import type { Product } from "./product.ts";

/** Fetches a server ahead of time, so that no test has to wait for it, and says where it is. */
export async function installFromCommandLine(product: Product): Promise<void> {
  try {
    const { version, command } = await findPrograms(product);
    console.log(`${product.name} ${version}: ${command.at(-1)}`);
  } catch (error) {
    if (!(error instanceof NoServer)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
