/** "redis", "single-user" → "RedisSingleUser". */
function inCapitals(engine: string, strategy: string): string {
  const words = `${engine}-${strategy}`.split("-");
  return words.map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`).join("");
}

/** Logical id in template.yaml: "postgres", "single-user" → "PostgresSingleUserFunction". */
export const functionId = (engine: string, strategy: string): string =>
  `${inCapitals(engine, strategy)}Function`;
