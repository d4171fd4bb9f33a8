import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that take a minute or more. If one of them starts last, the other workers have nothing left to do. */
const LONG = [
  "contract/postgres.test.ts",
  "faults/matrix.test.ts",
  "contract/mysql.test.ts",
  "contract/mariadb.test.ts",
  "contract/broken/broken.test.ts",
  "mysql/variable-sweep.test.ts",
  "fuzzing/sample.test.ts",
  "contract/minimal/minimal.test.ts",
  "rotate/reproduce.test.ts",
];

/** Starts the long files first, also in a fresh clone, where Vitest knows no durations and starts the largest files first. */
export class LongFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const index = LONG.findIndex((file) => moduleId.endsWith(`/test/${file}`));
      return index < 0 ? LONG.length : index;
    };
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
  }
}
