import { chown, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { copyFolder } from "../copy-folder.ts";
import type { Program } from "../packaged.ts";
import { cached } from "../packages/cache.ts";
import { runnableProgram } from "../program.ts";
import { runAs } from "../run.ts";
import { type Account, writeFor } from "../service-account.ts";
import { withPidFile, workFolder } from "../work-folder.ts";
import { filesOf } from "./files.ts";
import { optionFile } from "./option-file.ts";
import type { Product } from "./product.ts";
import { settingsOf } from "./settings.ts";

export type DataFolderOptions = {
  product: Product;
  program: Program;
  account: Account | undefined;
  folder: string;
};

/**
 * Creates the data folder `data` below `folder` as a copy of one in the cache: MySQL takes seconds to create a new one.
 * root@localhost has no password in the cache. The server sets a password before it accepts connections.
 */
export async function createDataFolder(options: DataFolderOptions): Promise<void> {
  const { product, program, account, folder } = options;
  const original = await cached(`${product.program}-data-${program.version}`, async (partial) => {
    await using work = await workFolder(account, product.program);
    const runnable = await runnableProgram(product, program, account, work.path);
    await initialize({ product, program: runnable, account, folder: work.path });
    copyFolder(undefined, join(work.path, "data"), partial);
  });
  copyFolder(account, original, join(folder, "data"));
}

async function initialize(options: DataFolderOptions): Promise<void> {
  const { product, program, account, folder } = options;
  const data = join(folder, "data");
  await mkdir(data, { mode: 0o700 });
  if (account) await chown(data, account.uid, account.gid);
  const optionsFile = join(folder, "server.cnf");
  await writeFor(account, optionsFile, optionFile(await settingsOf(options)));
  await runAs(
    account,
    withPidFile(folder, [...program.command, `--defaults-file=${optionsFile}`, product.creation.parameter]),
    await product.creation.sql(filesOf(program).share),
  );
}
