export type Engine = "postgres" | "mysql" | "mariadb";
export type Strategy = "single-user" | "master-user";

/** A function as it is built: its folder is dist/<name>. */
export interface RotationFunction {
  readonly name: string;
  readonly engine: Engine;
  readonly strategy: Strategy;
}

export const ENGINES: readonly Engine[] = ["postgres", "mysql", "mariadb"];

export const FUNCTIONS: readonly RotationFunction[] = ENGINES.flatMap((engine) =>
  (["single-user", "master-user"] as const).map((strategy) => ({
    name: `${engine}-${strategy}`,
    engine,
    strategy,
  })),
);

/** As people write it. */
export const PRODUCTS: Record<Engine, string> = {
  postgres: "PostgreSQL",
  mysql: "MySQL",
  mariadb: "MariaDB",
};
